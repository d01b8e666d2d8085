package bridge

import (
	"errors"
	"fmt"

	"gcbridge/bridge/agentstates"
	"gcbridge/bridge/config"
	"gcbridge/bridge/stomp"
	"gcbridge/connectorsync"
)

// Check finds what is wrong with the files, keys and names of a configuration,
// all of it together: [New] stops at the first. What [config.Config.Validate]
// finds is left to it. Nothing is contacted.
func Check(cfg config.Config) error {
	_, finesseTLS := cfg.FinesseTLS()
	_, brokerTLS := cfg.BrokerTLS()
	_, names := stomp.Own(cfg.CommandQueue, cfg.RejectQueue, cfg.SyncTopic, agentstates.Topic)
	errs := []error{finesseTLS, brokerTLS, names}
	if cfg.Paired() {
		if _, err := connectorsync.NewCodec(cfg.SyncKey, cfg.SyncPlaintext); err != nil {
			errs = append(errs, fmt.Errorf("cluster: GC_SYNC_KEY: %w", err))
		}
	}
	return errors.Join(errs...)
}
