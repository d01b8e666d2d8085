package callcontrol

// SystemReasons are the codes that the system sets by itself. Their labels
// and numbers are those of the product's tables where these are known; the
// database ids are ours.
func SystemReasons(f Flavor) []Reason {
	if f == CCX {
		return []Reason{
			{ID: "901", Code: 33, Label: "Supervisor", Category: NotReady, System: true},
			{ID: "902", Code: 22, Label: "Supervisor", Category: Logout, System: true},
			{ID: "903", Code: 255, Label: "Connection Failure", Category: Logout, System: true},
			{ID: "905", Code: 32763, Label: "Call Not Answered", Category: NotReady, System: true},
			{ID: "906", Code: 32761, Label: "Non ACD Busy", Category: NotReady, System: true},
		}
	}
	return []Reason{
		{ID: "901", Code: 999, Label: "Supervisor Initiated", Category: NotReady, System: true},
		{ID: "902", Code: 999, Label: "Supervisor Initiated", Category: Logout, System: true},
		{ID: "903", Code: 50002, Label: "System Failure", Category: Logout, System: true},
		{ID: "904", Code: 50002, Label: "Connection Failure", Category: NotReady, System: true},
		{ID: "905", Code: 32767, Label: "Call Not Answered", Category: NotReady, System: true},
		{ID: "906", Code: 50006, Label: "Off-hook From Ready", Category: NotReady, System: true},
	}
}

// The database ids of the system codes, the same on both flavours.
const (
	sysForcedNotReady = "901"
	sysForcedLogout   = "902"
	sysLostLogout     = "903"
	sysLostNotReady   = "904" // CCE only
	sysNoAnswer       = "905"
	sysCallFromReady  = "906"
)

func (e *Engine) forcedReason(s State) *Reason {
	if s == Logout {
		return e.reasons[sysForcedLogout]
	}
	return e.reasons[sysForcedNotReady]
}

// system is the base for a state that the system sets.
func (e *Engine) system(s State, id string) base {
	b := base{state: s}
	b.setReason(e.reasons[id])
	return b
}
