package tripledes_test

import (
	"bytes"
	"crypto/cipher"
	"crypto/des"
	"encoding/base64"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"gcbridge/protocol/secret"
	"gcbridge/protocol/secret/tripledes"
)

const (
	keyHex = "0123456789abcdeffedcba98765432100011223344556677"
	ivHex  = "0102030405060708"
	// fromOpenSSL is what `openssl enc -des-ede3-cbc -a -K ... -iv ...` makes of secretPassword1.
	fromOpenSSL = "l873tiqLNUyH3hc1MYC+yQ=="
)

// encipher is a client's side.
func encipher(t require.TestingT, key, iv, plain []byte) string {
	block, err := des.NewTripleDESCipher(key)
	require.NoError(t, err)
	n := des.BlockSize - len(plain)%des.BlockSize
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(n)}, n)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(padded, padded)
	return base64.StdEncoding.EncodeToString(padded)
}

func raw(t require.TestingT, s string) []byte {
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func newCipher(t require.TestingT, key, iv string) *tripledes.Cipher {
	c, err := tripledes.New(secret.New(key), secret.New(iv))
	require.NoError(t, err)
	return c
}

func TestDeciphersWhatAnotherProgramEnciphered(t *testing.T) {
	p, err := newCipher(t, keyHex, ivHex).Decipher(secret.New(fromOpenSSL))
	require.NoError(t, err)
	require.Equal(t, "secretPassword1", p.Reveal())
}

func TestKeyForms(t *testing.T) {
	key, iv := raw(t, keyHex), raw(t, ivHex)
	two := append(bytes.Clone(key[:16]), key[:8]...)
	for _, c := range []struct {
		key, iv string
		real    []byte
	}{
		{keyHex, ivHex, key},
		{base64.StdEncoding.EncodeToString(key), base64.StdEncoding.EncodeToString(iv), key},
		{keyHex[:32], ivHex, two},
		{base64.StdEncoding.EncodeToString(key[:16]), " " + ivHex + "\n", two},
	} {
		p, err := newCipher(t, c.key, c.iv).Decipher(secret.New(encipher(t, c.real, iv, []byte("pw1001"))))
		require.NoError(t, err)
		require.Equal(t, "pw1001", p.Reveal())
	}
	for _, c := range [][2]string{{"", ivHex}, {keyHex, ""}, {keyHex[:46], ivHex}, {keyHex, ivHex[:14]}, {"not a key", ivHex}} {
		_, err := tripledes.New(secret.New(c[0]), secret.New(c[1]))
		require.Error(t, err)
		if c[0] != "" {
			require.NotContains(t, err.Error(), c[0])
		}
	}
}

func TestWhatDoesNotDecipherIsNoPassword(t *testing.T) {
	c := newCipher(t, keyHex, ivHex)
	key, iv := raw(t, keyHex), raw(t, ivHex)
	for name, v := range map[string]string{
		"a plain password": "pw1001", "nothing": "", "Base64 of a broken block": base64.StdEncoding.EncodeToString([]byte("1234567")),
		"another key":         encipher(t, bytes.Repeat([]byte{7}, 24), iv, []byte("pw1001")),
		"an empty password":   encipher(t, key, iv, nil),
		"a control character": encipher(t, key, iv, []byte("pw\x00evil")),
		"no UTF-8":            encipher(t, key, iv, []byte{0xff, 0xfe}),
	} {
		t.Run(name, func(t *testing.T) {
			p, err := c.Decipher(secret.New(v))
			require.ErrorIs(t, err, tripledes.ErrNotDeciphered)
			require.True(t, p.IsZero())
		})
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 24, 24).Draw(t, "key")
		iv := rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "iv")
		plain := rapid.StringMatching(`[!-~äß€]{1,40}`).Draw(t, "password")
		p, err := newCipher(t, hex.EncodeToString(key), hex.EncodeToString(iv)).Decipher(secret.New(encipher(t, key, iv, []byte(plain))))
		require.NoError(t, err)
		require.Equal(t, plain, p.Reveal())
	})
}
