package sim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
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
	s.Flavor = or(or(cfg.Flavor, s.Flavor), string(callcontrol.CCE))
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
	for i := range s.Agents {
		a := &s.Agents[i]
		a.LoginName = or(a.LoginName, "agent"+a.ID)
		a.Password = or(a.Password, "pw"+a.ID)
		a.WrapUpIncoming = or(a.WrapUpIncoming, string(callcontrol.WrapUpRequired))
		a.WrapUpOutgoing = or(a.WrapUpOutgoing, string(callcontrol.WrapUpNotAllowed))
		if a.WrapUpTimer == nil {
			a.WrapUpTimer = new(defaultWrapUpSeconds)
		}
	}
}

func fixture(answerAfter time.Duration) scenario {
	ms := int(answerAfter / time.Millisecond)
	f := scenario{
		Teams: []team{
			{ID: "1", Name: "Sales", Supervisors: []string{"1005"}},
			{ID: "2", Name: "Support", Supervisors: []string{"1010"}},
		},
		ReasonCodes: []reasonCode{
			{ID: "102", Code: 12, Label: "Lunch", Category: "NOT_READY"},
			{ID: "103", Code: 13, Label: "Break", Category: "NOT_READY"},
			{ID: "121", Code: 21, Label: "End of shift", Category: "LOGOUT"},
			{ID: "122", Code: 22, Label: "System", Category: "LOGOUT"},
		},
		WrapUpReasons: []string{"Sales", "Complaint", "Other"},
		Numbers: []number{
			{Pattern: "7000", Behaviour: "busy"},
			{Pattern: "7001", Behaviour: "ring"},
			{Pattern: "9*", Behaviour: "answer", AfterMs: ms},
		},
		Admin: &administrator{ID: "admin", Password: "pwadmin"},
	}
	for _, short := range []string{"?", "??", "???", "????", "?????"} {
		f.Numbers = append(f.Numbers, number{Pattern: short, Behaviour: "bad_destination"})
	}
	f.Numbers = append(f.Numbers, number{Pattern: "*", Behaviour: "answer", AfterMs: ms})
	names := []string{"Ada", "Bo", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ivo", "Jo"}
	for i, name := range names {
		team := "1"
		if i >= len(names)/2 {
			team = "2"
		}
		f.Agents = append(f.Agents, person{
			ID: strconv.Itoa(1001 + i), FirstName: name, LastName: "Agent", Extension: strconv.Itoa(2001 + i), Team: team,
		})
	}
	return f
}

// grow adds n agents to the first team.
func (s *scenario) grow(n int) {
	for i := 1; i <= n; i++ {
		id := strconv.Itoa(100000 + i)
		s.Agents = append(s.Agents, person{
			ID: id, LoginName: "agent" + id, FirstName: "Agent", LastName: id, Password: "pw" + id,
			Extension: strconv.Itoa(500000 + i), Team: s.Teams[0].ID,
			WrapUpIncoming: string(callcontrol.WrapUpRequired), WrapUpOutgoing: string(callcontrol.WrapUpNotAllowed),
			WrapUpTimer: new(defaultWrapUpSeconds),
		})
	}
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
	return nil
}

// callControl is the engine's part of the scenario.
func (s *scenario) callControl(cfg *Config) callcontrol.Config {
	f := callcontrol.Flavor(s.Flavor)
	out := callcontrol.Config{
		Flavor: f, Devices: s.Devices, Reasons: callcontrol.SystemReasons(f),
		RingTimeout: cfg.RingTimeout, PresenceGrace: cfg.PresenceGrace,
		LogoutOnDisconnect: cfg.LogoutOnDisconnect, ReasonRequired: cfg.ReasonRequired,
		FirstDialogID: firstDialogID,
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
	for _, n := range s.Numbers {
		out.Numbers = append(out.Numbers, callcontrol.NumberRule{
			Pattern: n.Pattern, Behaviour: callcontrol.Behaviour(n.Behaviour), After: time.Duration(n.AfterMs) * time.Millisecond,
		})
	}
	return out
}

// firstDialogID looks like a real one.
const firstDialogID = 16804377
