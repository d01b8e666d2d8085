package callcontrol

import "fmt"

// Failure is an asynchronous refusal: what the CTI server answers after the
// web service took the request.
type Failure struct {
	Type    string // errorType
	Message string // a CF_ constant or a text
	Data    string // the constant's number, or an extension
	// OnUser is true for state requests: node and source are the User's.
	OnUser   bool
	DialogID string // "" for a call that was never made
	// Extras that only CCE adds, and not always.
	PeripheralCode, PeripheralText, PeripheralMessage string
}

// Refusal is why a command of the simulator's own control side (an inbound
// call, a hang-up) is impossible now.
type Refusal struct {
	NotFound bool // the thing named does not exist
	Reason   string
}

func (r *Refusal) Error() string { return r.Reason }

func refuse(format string, args ...any) error { return &Refusal{Reason: fmt.Sprintf(format, args...)} }

func notFound(format string, args ...any) error {
	return &Refusal{NotFound: true, Reason: fmt.Sprintf(format, args...)}
}

// The refusals of state requests, by CTI code.
func invalidState() Failure {
	return Failure{Type: "Invalid State", Message: "CF_INVALID_OBJECT_STATE", Data: "22"}
}

func invalidWorkMode() Failure {
	return Failure{Type: "Invalid State", Message: "CF_INVALID_AGENT_WORKMODE", Data: "265"}
}

func resourceBusy() Failure {
	return Failure{Type: "Invalid State", Message: "CF_RESOURCE_BUSY", Data: "33"}
}

func internalError() Failure {
	return Failure{Type: "Internal Server Error", Message: "CF_GENERIC_OPERATION", Data: "1"}
}

func reasonRequired() Failure {
	return Failure{Type: "Invalid State", Message: "CF_REASON_CODE_REQUIRED", Data: "281"}
}

func wrapUpDataRequired() Failure {
	return Failure{Type: "Invalid State", Message: "CF_WRAPUP_DATA_REQUIRED", Data: "280"}
}

func notSignedIn(f Flavor) Failure {
	if f == CCX {
		return Failure{Type: "Invalid State", Message: "CF_INVALID_PARAMETER", Data: "1010"}
	}
	return Failure{Type: "Invalid State", Message: "CF_INVALID_PASSWORD_SPECIFIED", Data: "257"}
}

func invalidDevice(f Flavor) Failure {
	x := Failure{Type: "Invalid Device", Message: "CF_INVALID_LOGON_DEVICE_SPECIFIED", Data: "260"}
	if f == CCE {
		x.PeripheralCode = "10125"
		x.PeripheralText = "A device target with the network target ID specified cannot be found."
		x.PeripheralMessage = "PERERR_TELDRIVE_NODEVICETARGETFORNETTARGETID"
	}
	return x
}

func extensionInUse() Failure {
	return Failure{Type: "Invalid Device", Message: "CF_SPECIFIED_EXTENSION_ALREADY_IN_USE", Data: "283"}
}

func alreadySignedOn() Failure {
	return Failure{Type: "Invalid State", Message: "CF_SPECIFIED_AGENT_ALREADY_SIGNED_ON", Data: "259"}
}

// invalidAction is the captured form: the text names the action, the data is
// the extension and no CTI number.
func invalidAction(action, extension string) Failure {
	return Failure{Type: "Generic Error", Message: "INVALID_ACTION " + action + " on extension " + extension, Data: extension}
}
