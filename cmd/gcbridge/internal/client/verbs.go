package client

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

// request is a command about to be sent.
type request struct {
	jmsType string
	body    string
	shown   string // body as printed, "" = as it is
}

// verb is a row of the prompt's commands that become GC commands.
type verb struct {
	name string
	args string // as help prints them
	help string
	min  int // arguments
	max  int
	make func(s scene, args []string) (request, error)
}

// scene is what a verb may use.
type scene struct {
	cfg    Config
	dialog string // last seen
}

// expand replaces {agent} and its like.
func (s scene) expand(text string) string {
	return strings.NewReplacer(
		"{agent}", s.cfg.Agent, "{extension}", s.cfg.Extension,
		"{destination}", s.cfg.Destination, "{dialog}", s.dialog,
	).Replace(text)
}

var errNoDialog = errors.New("no dialog seen yet; give its id")

func verbs() []verb {
	return []verb{
		{"hello", "", "ask whether the connector is in service", 0, 0, toDestination(protocol.Hello)},
		{"beat", "", "send a heartbeat for this destination", 0, 0, toDestination(protocol.Beat)},
		{"connect", "", "bind the agent to this destination", 0, 0, connect},
		{"login", "", "log the agent in at its extension", 0, 0, login},
		{"ready", "", "take calls", 0, 0, plain(protocol.MakeReady)},
		{"notready", "[CODE]", "take no calls, with a reason", 0, 1, withReason(protocol.MakeNotReady, protocol.MakeNotReadyWithReason)},
		{"answer", "[DIALOG]", "answer a ringing call", 0, 1, onDialog(protocol.AnswerCall)},
		{"hold", "[DIALOG]", "put a call on hold", 0, 1, onDialog(protocol.HoldCall)},
		{"retrieve", "[DIALOG]", "take a call back from hold", 0, 1, onDialog(protocol.RetrieveCall)},
		{"release", "[DIALOG]", "hang up", 0, 1, onDialog(protocol.ReleaseCall)},
		{"call", "NUMBER", "make a call", 1, 1, argument(protocol.MakeCall)},
		{"state", "", "ask for the agent's state", 0, 0, plain(protocol.GetState)},
		{"dialog", "[DIALOG]", "ask for a dialog's state", 0, 1, onDialog(protocol.GetDialogState)},
		{"reasons", "notready|logout|wrapup", "ask for the reason codes", 1, 1, reasons},
		{"logout", "[CODE]", "log the agent out, with a reason", 0, 1, withReason(protocol.Logout, protocol.LogoutWithReason)},
		{"refresh", "", "read state and dialogs again from Finesse", 0, 0, plain(protocol.Refresh)},
		{"force_logout", "", "end the agent's session, in any state", 0, 0, plain(protocol.ForceLogout)},
		{"raw", "WORD[#ID] [BODY]", "send any command unchanged", 1, 2, raw},
	}
}

func findVerb(name string) (verb, bool) {
	all := verbs()
	i := slices.IndexFunc(all, func(v verb) bool { return v.name == name })
	if i < 0 {
		return verb{}, false
	}
	return all[i], true
}

func (s scene) forAgent(word protocol.Word, body string) request {
	return request{jmsType: string(word) + "#" + s.cfg.Agent, body: body}
}

func toDestination(word protocol.Word) func(scene, []string) (request, error) {
	return func(s scene, _ []string) (request, error) {
		return request{jmsType: string(word) + "#" + s.cfg.Destination}, nil
	}
}

func plain(word protocol.Word) func(scene, []string) (request, error) {
	return func(s scene, _ []string) (request, error) { return s.forAgent(word, ""), nil }
}

func argument(word protocol.Word) func(scene, []string) (request, error) {
	return func(s scene, args []string) (request, error) { return s.forAgent(word, args[0]), nil }
}

func withReason(without, with protocol.Word) func(scene, []string) (request, error) {
	return func(s scene, args []string) (request, error) {
		if len(args) == 0 {
			return s.forAgent(without, ""), nil
		}
		return s.forAgent(with, args[0]), nil
	}
}

func onDialog(word protocol.Word) func(scene, []string) (request, error) {
	return func(s scene, args []string) (request, error) {
		if len(args) == 1 {
			return s.forAgent(word, args[0]), nil
		}
		if s.dialog == "" {
			return request{}, errNoDialog
		}
		return s.forAgent(word, s.dialog), nil
	}
}

func connect(s scene, _ []string) (request, error) {
	r := s.forAgent(protocol.Connect, s.cfg.Destination+","+s.cfg.Password.Reveal())
	r.shown = s.cfg.Destination + "," + secret.Redacted
	return r, nil
}

func login(s scene, _ []string) (request, error) {
	r := s.forAgent(protocol.Login, s.cfg.Password.Reveal()+","+s.cfg.Extension)
	r.shown = secret.Redacted + "," + s.cfg.Extension
	return r, nil
}

func reasons(s scene, args []string) (request, error) {
	words := map[string]protocol.Word{
		"notready": protocol.ReasonCodeNotReady,
		"logout":   protocol.ReasonCodeLogout,
		"wrapup":   protocol.WrapUpReasonCode,
	}
	word, ok := words[strings.ToLower(args[0])]
	if !ok {
		return request{}, fmt.Errorf("reasons of %q: want notready, logout or wrapup", args[0])
	}
	return s.forAgent(word, ""), nil
}

// raw sends the word as it stands; without '#' it is addressed to the agent.
func raw(s scene, args []string) (request, error) {
	r := request{jmsType: args[0]}
	if !strings.Contains(r.jmsType, "#") {
		r.jmsType += "#" + s.cfg.Agent
	}
	if len(args) == 2 {
		r.body = args[1]
	}
	if s.cfg.Password.IsZero() {
		return r, nil
	}
	r.shown = strings.ReplaceAll(r.body, s.cfg.Password.Reveal(), secret.Redacted)
	return r, nil
}
