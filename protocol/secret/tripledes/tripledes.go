// Package tripledes deciphers passwords that clients of the original connector
// send: DESede/CBC/PKCS#7, Base64 [C23]. Triple-DES is obsolete; it is here
// because installed clients speak it, and it protects nothing else.
package tripledes

import (
	"crypto/cipher"
	"crypto/des"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gcbridge/protocol/secret"
)

// Cipher deciphers with one key. Safe for concurrent use.
type Cipher struct {
	block cipher.Block
	iv    []byte
}

// ErrNotDeciphered is a value that this key does not decipher to a password.
// It says nothing about where it failed.
var ErrNotDeciphered = errors.New("tripledes: the value does not decipher")

// New takes key and initialisation vector in hex or Base64: 24 bytes of key,
// or 16, whose first 8 are then used again as the last; 8 bytes of vector.
func New(key, iv secret.Secret) (*Cipher, error) {
	k, err := decode(key, 24, 16)
	if err != nil {
		return nil, fmt.Errorf("tripledes: key: %w", err)
	}
	if len(k) == 16 {
		k = append(k, k[:8]...)
	}
	v, err := decode(iv, des.BlockSize)
	if err != nil {
		return nil, fmt.Errorf("tripledes: initialisation vector: %w", err)
	}
	block, err := des.NewTripleDESCipher(k)
	if err != nil {
		return nil, fmt.Errorf("tripledes: %w", err)
	}
	return &Cipher{block: block, iv: v}, nil
}

// decode reads hex or, failing that, Base64 of one of the sizes.
func decode(s secret.Secret, sizes ...int) ([]byte, error) {
	text := strings.TrimSpace(s.Reveal())
	for _, read := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString} {
		b, err := read(text)
		if err != nil {
			continue
		}
		if slices.Contains(sizes, len(b)) {
			return b, nil
		}
	}
	return nil, fmt.Errorf("neither hex nor Base64 of %v bytes", sizes)
}

// Decipher makes a password of what a client sent in its place. It fails with
// [ErrNotDeciphered] for everything that is not the Base64 of a properly
// padded cipher text of a printable password.
func (c *Cipher) Decipher(s secret.Secret) (secret.Secret, error) {
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s.Reveal()))
	if err != nil || len(text) == 0 || len(text)%des.BlockSize != 0 {
		return secret.Secret{}, ErrNotDeciphered
	}
	plain := make([]byte, len(text))
	cipher.NewCBCDecrypter(c.block, c.iv).CryptBlocks(plain, text)
	plain, ok := unpad(plain)
	if !ok || len(plain) == 0 || !utf8.Valid(plain) || strings.ContainsFunc(string(plain), unicode.IsControl) {
		return secret.Secret{}, ErrNotDeciphered
	}
	return secret.New(string(plain)), nil
}

// unpad takes the padding of PKCS#7 off.
func unpad(b []byte) ([]byte, bool) {
	n := int(b[len(b)-1])
	if n == 0 || n > des.BlockSize {
		return nil, false
	}
	for _, x := range b[len(b)-n:] {
		if int(x) != n {
			return nil, false
		}
	}
	return b[:len(b)-n], true
}
