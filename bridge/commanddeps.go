package bridge

import (
	"gcbridge/bridge/config"
	"gcbridge/bridge/session"
	"gcbridge/finesse"
	"gcbridge/protocol/secret"
)

// commandDeps is what single commands need beyond Finesse.
type commandDeps struct {
	admin    finesse.Credentials // [C21]
	decipher func(secret.Secret) (secret.Secret, error)
	recorder *recorder
	cfg      config.Config
}

func newCommandDeps(c config.Config) (*commandDeps, error) {
	d := &commandDeps{
		admin:    finesse.Credentials{User: c.FinesseAdminUser, Password: c.FinesseAdminPassword},
		recorder: newRecorder(c), cfg: c,
	}
	cipher, err := c.PasswordDecipherer()
	if cipher != nil {
		d.decipher = cipher.Decipher
	}
	return d, err
}

// give fills in a session's dependencies.
func (c *commandDeps) give(d *session.Deps) {
	d.Admin, d.Decipher, d.Recorder = c.admin, c.decipher, c.recorder.command
	d.SendControls, d.ListLoggedOut = c.cfg.SendControls, c.cfg.IncludeLoggedOutAgents
}

func (c *commandDeps) close() { c.recorder.close() }
