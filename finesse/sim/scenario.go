package sim

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"gcbridge/finesse/sim/callcontrol"
)

// scenario is the YAML of a contact centre; a section that is absent is the
// fixture's.
type scenario struct {
	Flavor        string         `yaml:"flavor"`
	Teams         []team         `yaml:"teams"`
	Agents        []person       `yaml:"agents"`
	ReasonCodes   []reasonCode   `yaml:"reasonCodes"`
	WrapUpReasons []string       `yaml:"wrapUpReasons"`
	Numbers       []number       `yaml:"numbers"`
	Devices       []string       `yaml:"devices"`
	Admin         *administrator `yaml:"admin"`
	Queues        []queue        `yaml:"queues"`
	PhoneBooks    []phoneBook    `yaml:"phoneBooks"`
}

type team struct {
	ID          string   `yaml:"id"`
	Name        string   `yaml:"name"`
	Supervisors []string `yaml:"supervisors"`
}

type person struct {
	ID             string `yaml:"id"`
	LoginName      string `yaml:"loginName"`
	FirstName      string `yaml:"firstName"`
	LastName       string `yaml:"lastName"`
	Password       string `yaml:"password"`
	Token          string `yaml:"token"`
	Extension      string `yaml:"extension"`
	Team           string `yaml:"team"`
	WrapUpIncoming string `yaml:"wrapUpOnIncoming"`
	WrapUpOutgoing string `yaml:"wrapUpOnOutgoing"`
	WrapUpTimer    *int   `yaml:"wrapUpTimer"` // seconds
	MobileAgent    bool   `yaml:"mobileAgent"`
}

type reasonCode struct {
	ID       string `yaml:"id"`
	Code     int    `yaml:"code"`
	Label    string `yaml:"label"`
	Category string `yaml:"category"`
}

type number struct {
	Pattern   string `yaml:"pattern"`
	Behaviour string `yaml:"behaviour"`
	AfterMs   int    `yaml:"afterMs"`
}

type administrator struct {
	ID       string `yaml:"id"`
	Password string `yaml:"password"`
}

// queue is a number that callers dial to reach the agents of some teams.
type queue struct {
	ID     string   `yaml:"id"`
	Name   string   `yaml:"name"`
	Number string   `yaml:"number"`
	Teams  []string `yaml:"teams"`
}

// phoneBook is for everybody (GLOBAL) or for some teams (TEAM).
type phoneBook struct {
	ID       string    `yaml:"id"`
	Name     string    `yaml:"name"`
	Type     string    `yaml:"type"`
	Teams    []string  `yaml:"teams"`
	Contacts []contact `yaml:"contacts"`
}

type contact struct {
	FirstName   string `yaml:"firstName"`
	LastName    string `yaml:"lastName"`
	Number      string `yaml:"phoneNumber"`
	Description string `yaml:"description"`
}

const (
	globalBook = "GLOBAL"
	teamBook   = "TEAM"
)

const defaultWrapUpSeconds = 10

// readScenario merges the configured scenario into the fixture.
func readScenario(cfg *Config) (*scenario, error) {
	text := cfg.Scenario
	if cfg.ScenarioPath != "" {
		if len(text) > 0 {
			return nil, errors.New("sim: both a scenario and a scenario path are given")
		}
		var err error
		if text, err = os.ReadFile(cfg.ScenarioPath); err != nil {
			return nil, fmt.Errorf("sim: scenario: %w", err)
		}
	}
	var s scenario
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&s); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("sim: scenario: %w", err)
	}
	s.fill(fixture(cfg.AnswerAfter))
	s.grow(cfg.Scale)
	s.Flavor = cmp.Or(cfg.Flavor, s.Flavor, string(callcontrol.CCE))
	return &s, s.check()
}

func (s *scenario) fill(f scenario) {
	if s.Teams == nil {
		s.Teams = f.Teams
	}
	if s.Agents == nil {
		s.Agents = f.Agents
	}
	if s.ReasonCodes == nil {
		s.ReasonCodes = f.ReasonCodes
	}
	if s.WrapUpReasons == nil {
		s.WrapUpReasons = f.WrapUpReasons
	}
	if s.Numbers == nil {
		s.Numbers = f.Numbers
	}
	if s.Admin == nil {
		s.Admin = f.Admin
	}
	if s.Queues == nil {
		s.Queues = slices.DeleteFunc(f.Queues, func(q queue) bool { return !s.hasTeams(q.Teams) || s.taken(q.Number) })
	}
	if s.PhoneBooks == nil {
		s.PhoneBooks = slices.DeleteFunc(f.PhoneBooks, func(b phoneBook) bool { return !s.hasTeams(b.Teams) })
	}
	for i := range s.Agents {
		a := &s.Agents[i]
		a.LoginName = cmp.Or(a.LoginName, "agent"+a.ID)
		a.Password = cmp.Or(a.Password, "pw"+a.ID)
		a.Token = cmp.Or(a.Token, "token"+a.ID)
		a.WrapUpIncoming = cmp.Or(a.WrapUpIncoming, string(callcontrol.WrapUpRequired))
		a.WrapUpOutgoing = cmp.Or(a.WrapUpOutgoing, string(callcontrol.WrapUpNotAllowed))
		if a.WrapUpTimer == nil {
			a.WrapUpTimer = new(defaultWrapUpSeconds)
		}
	}
}

// hasTeams reports whether every team exists.
func (s *scenario) hasTeams(ids []string) bool {
	for _, id := range ids {
		if !slices.ContainsFunc(s.Teams, func(t team) bool { return t.ID == id }) {
			return false
		}
	}
	return true
}

// taken reports whether number is a phone, or the id of an agent, which may
// be called like one.
func (s *scenario) taken(number string) bool {
	return slices.Contains(s.Devices, number) || slices.ContainsFunc(s.Agents, func(a person) bool {
		return a.Extension == number || a.ID == number
	})
}

// checkLists checks what only the lists of the newer sections can get wrong.
func (s *scenario) checkLists() error {
	ids, numbers := map[string]bool{}, map[string]bool{}
	for _, q := range s.Queues {
		switch {
		case q.ID == "" || ids[q.ID]:
			return fmt.Errorf("sim: scenario: queue id %q is missing or not unique", q.ID)
		case q.Number == "" || numbers[q.Number] || s.taken(q.Number):
			return fmt.Errorf("sim: scenario: queue %s: number %q is missing or taken", q.ID, q.Number)
		case !s.hasTeams(q.Teams):
			return fmt.Errorf("sim: scenario: queue %s: unknown team in %q", q.ID, q.Teams)
		}
		ids[q.ID], numbers[q.Number] = true, true
	}
	books := map[string]bool{}
	for _, b := range s.PhoneBooks {
		switch {
		case b.ID == "" || books[b.ID]:
			return fmt.Errorf("sim: scenario: phone book id %q is missing or not unique", b.ID)
		case b.Type != globalBook && b.Type != teamBook:
			return fmt.Errorf("sim: scenario: phone book %s: type %q is neither GLOBAL nor TEAM", b.ID, b.Type)
		case !s.hasTeams(b.Teams):
			return fmt.Errorf("sim: scenario: phone book %s: unknown team in %q", b.ID, b.Teams)
		}
		books[b.ID] = true
	}
	return nil
}

func (s *scenario) check() error {
	if !slices.Contains([]string{"ucce", "uccx"}, s.Flavor) {
		return fmt.Errorf("sim: flavor %q is neither ucce nor uccx", s.Flavor)
	}
	if len(s.Teams) == 0 {
		return errors.New("sim: scenario: no teams")
	}
	ids, exts := map[string]bool{}, map[string]bool{}
	for _, a := range s.Agents {
		switch {
		case a.ID == "" || ids[a.ID]:
			return fmt.Errorf("sim: scenario: agent id %q is missing or not unique", a.ID)
		case a.Extension == "" || exts[a.Extension]:
			return fmt.Errorf("sim: scenario: agent %s: extension %q is missing or not unique", a.ID, a.Extension)
		case !slices.ContainsFunc(s.Teams, func(t team) bool { return t.ID == a.Team }):
			return fmt.Errorf("sim: scenario: agent %s: no team %q", a.ID, a.Team)
		}
		for _, w := range []string{a.WrapUpIncoming, a.WrapUpOutgoing} {
			if !slices.Contains([]string{"REQUIRED", "OPTIONAL", "NOT_ALLOWED", "REQUIRED_WITH_WRAP_UP_DATA"}, w) {
				return fmt.Errorf("sim: scenario: agent %s: unknown wrap-up setting %q", a.ID, w)
			}
		}
		ids[a.ID], exts[a.Extension] = true, true
	}
	for _, r := range s.ReasonCodes {
		if r.ID == "" || r.Category != "NOT_READY" && r.Category != "LOGOUT" {
			return fmt.Errorf("sim: scenario: reason code %d needs an id and category NOT_READY or LOGOUT", r.Code)
		}
	}
	for _, n := range s.Numbers {
		if !slices.Contains([]string{"answer", "ring", "busy", "bad_destination"}, n.Behaviour) {
			return fmt.Errorf("sim: scenario: number %s: unknown behaviour %q", n.Pattern, n.Behaviour)
		}
	}
	return s.checkLists()
}

// callControl is the engine's part of the scenario.
func (s *scenario) callControl(cfg *Config) callcontrol.Config {
	f := callcontrol.Flavor(s.Flavor)
	out := callcontrol.Config{
		Flavor: f, Devices: s.Devices, Reasons: callcontrol.SystemReasons(f),
		RingTimeout: cfg.RingTimeout, PresenceGrace: cfg.PresenceGrace,
		LogoutOnDisconnect: cfg.LogoutOnDisconnect, ReasonRequired: cfg.ReasonRequired,
		FirstDialogID: firstDialogID, MaxConference: cfg.MaxConference,
	}
	for _, a := range s.Agents {
		out.Agents = append(out.Agents, callcontrol.Profile{
			ID: a.ID, Extension: a.Extension, MobileAgent: a.MobileAgent,
			WrapUpIncoming: callcontrol.WrapUpRule(a.WrapUpIncoming),
			WrapUpOutgoing: callcontrol.WrapUpRule(a.WrapUpOutgoing),
			WrapUpTime:     time.Duration(*a.WrapUpTimer) * time.Second,
		})
	}
	for _, r := range s.ReasonCodes {
		out.Reasons = append(out.Reasons, callcontrol.Reason{
			ID: r.ID, Code: r.Code, Label: r.Label, Category: callcontrol.State(r.Category),
		})
	}
	for _, q := range s.Queues {
		x := callcontrol.Queue{ID: q.ID, Name: q.Name, Number: q.Number}
		for _, a := range s.Agents {
			if slices.Contains(q.Teams, a.Team) {
				x.Agents = append(x.Agents, a.ID)
			}
		}
		out.Queues = append(out.Queues, x)
	}
	for _, n := range s.Numbers {
		out.Numbers = append(out.Numbers, callcontrol.NumberRule{
			Pattern: n.Pattern, Behaviour: callcontrol.Behaviour(n.Behaviour), After: time.Duration(n.AfterMs) * time.Millisecond,
		})
	}
	return out
}

// firstDialogID looks like a real one.
const firstDialogID = 16804377
