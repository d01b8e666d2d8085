package finesse

// WithDecode replaces the decoder of payloads.
func (cfg StreamConfig) WithDecode(decode func([]byte) ([]Notification, error)) StreamConfig {
	cfg.decode = decode
	return cfg
}
