package sim

import (
	"net/http"
)

// apiError is a synchronous refusal.
type apiError struct {
	status  int
	kind    string // ErrorType
	data    string
	message string
}

func (e apiError) write(w http.ResponseWriter) {
	if e.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="Cisco Finesse"`)
	}
	w.Header().Set("Content-Type", "application/xml;charset=UTF-8")
	w.WriteHeader(e.status)
	_, _ = w.Write([]byte("<ApiErrors><ApiError><ErrorType>" + escape(e.kind) + "</ErrorType><ErrorData>" + escape(e.data) +
		"</ErrorData><ErrorMessage>" + escape(e.message) + "</ErrorMessage></ApiError></ApiErrors>"))
}

var errOutOfService = apiError{http.StatusServiceUnavailable, "Service Unavailable", "", "SERVER_OUT_OF_SERVICE"}

func errUnauthorized(user string) apiError {
	return apiError{http.StatusUnauthorized, "Authorization Failure", user, "UNAUTHORIZED"}
}

func errOtherUser(user string) apiError {
	return apiError{
		http.StatusUnauthorized, "Invalid Authorization User Specified", user,
		"The user specified in the authentication credentials and the uri don't match",
	}
}

func errNotSupervisor(user string) apiError {
	return apiError{http.StatusUnauthorized, "Invalid Supervisor", user, "The supervisor does not supervise the agent's team"}
}

func errNoUser(id string) apiError {
	return apiError{http.StatusNotFound, "User Not Found", id, "The user does not exist"}
}

func errNoDialog(id string) apiError {
	return apiError{http.StatusNotFound, "Dialog Not Found", id, "The dialog does not exist"}
}

func errSecondary() apiError {
	return apiError{http.StatusForbidden, "Forbidden", "", "Configuration APIs do not run on the secondary server"}
}

func errNotFound(id, what string) apiError {
	return apiError{http.StatusNotFound, "Not Found", id, "The " + what + " does not exist"}
}

func errDestination(address, why string) apiError {
	return apiError{http.StatusBadRequest, "Invalid Destination", address, why}
}

func errBadBody(why string) apiError {
	return apiError{http.StatusBadRequest, "Bad Request", "", why}
}

func errMissing(field string) apiError {
	return apiError{http.StatusBadRequest, "Parameter Missing", field, capital(field) + " Parameter missing"}
}

func errInvalid(field, why string) apiError {
	return apiError{http.StatusBadRequest, "Invalid Input", field, why}
}

func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
