package session

import (
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// credentials are the agent's own, made of the password that a command
// carries. With GC_PASSWORD_CIPHER it is deciphered first; what does not
// decipher is never tried as it came [C23]. bearer: it is an SSO user's access
// token.
func (s *Session) credentials(r *Request, bearer bool) (finesse.Credentials, error) {
	cred := finesse.Credentials{User: s.agent, Password: r.Command.Secret(protocol.ParamPassword), Bearer: bearer}
	if s.deps.Decipher == nil {
		return cred, nil
	}
	var err error
	if cred.Password, err = s.deps.Decipher(cred.Password); err != nil {
		return finesse.Credentials{}, refuse(protocol.ErrSubscriptionFailed, errclass.Client, err)
	}
	return cred, nil
}

// forMe are the credentials and the REST side for a request in the agent's name.
func (s *Session) forMe() (API, finesse.Credentials, error) {
	api, err := s.api()
	return api, s.link.cred, err
}

// hasAdmin reports whether GC_FINESSE_ADMIN_USER is configured [C21].
func (s *Session) hasAdmin() bool { return s.deps.Admin.User != "" }
