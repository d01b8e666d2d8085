package finesse

// Merge returns u with the elements that p carries. An absent element (nil)
// leaves u as it is: older Finesse releases send events with few fields. An
// empty element empties the field. Reason belongs to State: a patch with
// State and no Reason clears the reason code block. u and p are not changed;
// the result shares p's slices.
func (u User) Merge(p UserPatch) User {
	set(&u.ID, p.ID)
	set(&u.LoginName, p.LoginName)
	set(&u.FirstName, p.FirstName)
	set(&u.LastName, p.LastName)
	set(&u.Extension, p.Extension)
	set(&u.State, p.State)
	set(&u.PendingState, p.PendingState)
	set(&u.StateChangeTime, p.StateChangeTime)
	set(&u.ReasonCodeID, p.ReasonCodeID)
	set(&u.WrapUpOnIncome, p.WrapUpOnIncome)
	set(&u.WrapUpOnOut, p.WrapUpOnOut)
	set(&u.WrapUpTimer, p.WrapUpTimer)
	set(&u.TeamID, p.TeamID)
	set(&u.TeamName, p.TeamName)
	if p.State != nil || p.Reason != nil {
		u.Reason = p.Reason
	}
	if p.Roles != nil {
		u.Roles = p.Roles
	}
	if p.Teams != nil {
		u.Teams = p.Teams
	}
	return u
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}
