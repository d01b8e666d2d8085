package tries

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol/secret"
)

// finesse is a Finesse that knows one password of each user.
type finesse struct {
	t     *testing.T
	book  *Book
	now   time.Time
	right string
	asked []string
}

func newFinesse(t *testing.T, strangers int) *finesse {
	t.Helper()
	b, err := New([]byte("salt"), strangers)
	require.NoError(t, err)
	return &finesse{t: t, book: b, now: time.Unix(1_000_000, 0), right: "pw"}
}

// try is a client's password on its way: "accepted", "refused" by Finesse,
// "known" or "spent" without asking.
func (f *finesse) try(user, password string) string {
	t, err := f.book.Begin(user, secret.New(password), f.now)
	var r *Refusal
	switch {
	case errors.As(err, &r) && r.Known:
		return "known"
	case errors.As(err, &r):
		return "spent"
	}
	require.NoError(f.t, err)
	f.asked = append(f.asked, user+" "+password)
	if password == f.right {
		f.book.End(t, Accepted, f.now)
		return "accepted"
	}
	f.book.End(t, Refused, f.now)
	return "refused"
}

func TestTries(t *testing.T) {
	type step struct {
		what string // a password, "wait <duration>", "change <new>" at Finesse, "restart"
		want string
	}
	for name, steps := range map[string][]step{
		"a right one is never refused": {
			{"pw", "accepted"}, {"pw", "accepted"}, {"pw", "accepted"},
		},
		"two wrong ones, then a refusal without asking": {
			{"a", "refused"}, {"b", "refused"}, {"c", "spent"}, {"d", "spent"}, {"pw", "spent"},
		},
		"a wrong one that comes again spends no try": {
			{"a", "refused"}, {"a", "known"}, {"a", "known"}, {"pw", "accepted"},
		},
		"wrong ones do not block a proven one": {
			{"pw", "accepted"}, {"a", "refused"}, {"b", "refused"}, {"c", "spent"}, {"pw", "accepted"},
		},
		"what is right does not make wrong ones free": {
			{"a", "refused"}, {"pw", "accepted"}, {"b", "refused"}, {"pw", "accepted"}, {"c", "spent"},
		},
		"each try comes back after five minutes": {
			{"a", "refused"},
			{"wait 1m", ""},
			{"b", "refused"},
			{"wait 3m59s", ""},
			{"c", "spent"},
			{"a", "known"},
			{"wait 1s", ""},
			{"c", "refused"},
			{"d", "spent"},
			{"wait 59s", ""},
			{"d", "spent"},
			{"wait 1s", ""},
			{"d", "refused"},
		},
		"a new right one, while there are tries": {
			{"pw", "accepted"}, {"change new", ""}, {"a", "refused"}, {"new", "accepted"}, {"new", "accepted"}, {"pw", "refused"},
		},
		"a new right one, when the tries are used up: once the old one is refused": {
			{"pw", "accepted"},
			{"a", "refused"},
			{"b", "refused"},
			{"change new", ""},
			{"new", "spent"},
			{"pw", "refused"},
			{"new", "accepted"},
			{"new", "accepted"},
			{"c", "spent"},
		},
		"and that is one password, not a new account of tries": {
			{"pw", "accepted"},
			{"a", "refused"},
			{"b", "refused"},
			{"change new", ""},
			{"pw", "refused"},
			{"pw", "spent"},
			{"c", "refused"},
			{"d", "spent"},
			{"new", "spent"},
			{"pw", "spent"},
		},
		"the accepted one gets a second chance": {
			{"pw", "accepted"}, {"change sick", ""}, {"pw", "refused"}, {"change pw", ""}, {"pw", "accepted"}, {"a", "refused"}, {"b", "refused"},
		},
		"and no third one": {
			{"pw", "accepted"}, {"change sick", ""}, {"pw", "refused"}, {"pw", "refused"}, {"pw", "known"}, {"wait 5m", ""}, {"pw", "refused"},
		},
		"another Finesse counts anew": {
			{"a", "refused"},
			{"b", "refused"},
			{"restart", ""},
			{"a", "refused"},
			{"pw", "accepted"},
			{"c", "refused"},
			{"d", "spent"},
			{"restart", ""},
			{"d", "refused"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFinesse(t, 10)
			for i, s := range steps {
				var d time.Duration
				var pw string
				if _, err := fmt.Sscanf(s.what, "change %s", &pw); err == nil {
					f.right = pw
					continue
				}
				if _, err := fmt.Sscanf(s.what, "wait %v", &pw); err == nil {
					d, err = time.ParseDuration(pw)
					require.NoError(t, err)
					f.now = f.now.Add(d)
					continue
				}
				if s.what == "restart" {
					f.book.Restart()
					continue
				}
				require.Equal(t, s.want, f.try("1001", s.what), "step %d: %s", i+1, s.what)
			}
		})
	}
}

// What has no answer yet counts, too: many at once are no way around the limit.
func TestPendingTriesCount(t *testing.T) {
	f := newFinesse(t, 10)
	begin := func(password string) Try {
		t.Helper()
		try, err := f.book.Begin("1001", secret.New(password), f.now)
		require.NoError(t, err)
		return try
	}
	a, b := begin("a"), begin("b")
	require.Equal(t, "spent", f.try("1001", "c"))
	f.book.End(a, Unknown, f.now)
	require.Equal(t, "refused", f.try("1001", "c"), "a Finesse that does not answer costs no try")
	f.book.End(b, Refused, f.now)
	require.Equal(t, "spent", f.try("1001", "d"))
	f.book.Restart()
	a = begin("a")
	f.book.Restart()
	f.book.End(a, Refused, f.now)
	require.Equal(t, "refused", f.try("1001", "b"))
	require.Equal(t, "spent", f.try("1001", "d"), "an answer that comes late counts")
}

func TestUsersDoNotShareTries(t *testing.T) {
	f := newFinesse(t, 10)
	for _, user := range []string{"1001", "1002"} {
		require.Equal(t, "refused", f.try(user, "a"))
		require.Equal(t, "refused", f.try(user, "b"))
		require.Equal(t, "spent", f.try(user, "c"))
	}
	require.NotEqual(t, f.book.digest("1", secret.New("2 3")), f.book.digest("1 2", secret.New("3")))
}

func TestInventedUsersPushNobodyOutWhoWasAccepted(t *testing.T) {
	f := newFinesse(t, 3)
	f.right = "pw"
	require.Equal(t, "accepted", f.try("1001", "pw"))
	require.Equal(t, "refused", f.try("1001", "a"))
	require.Equal(t, "refused", f.try("1001", "b"))
	for i := range 100 {
		require.Equal(t, "refused", f.try(fmt.Sprint("invented", i), "a"))
	}
	require.Equal(t, 4, f.book.Len())
	require.Equal(t, "spent", f.try("1001", "c"))
	require.Equal(t, "known", f.try("invented99", "a"))
	require.Equal(t, "refused", f.try("invented0", "a"), "forgotten")
}

func TestAPeerHasFoundItRight(t *testing.T) {
	f := newFinesse(t, 3)
	f.book.Accept("1001", secret.New("pw"), f.now)
	require.Equal(t, "refused", f.try("1001", "a"))
	require.Equal(t, "refused", f.try("1001", "b"))
	require.Equal(t, "accepted", f.try("1001", "pw"))
	require.Equal(t, []string{"1001 a", "1001 b", "1001 pw"}, f.asked)
}

func TestRefusalsSayHowLong(t *testing.T) {
	f := newFinesse(t, 3)
	f.try("1001", "a")
	f.now = f.now.Add(time.Minute)
	f.try("1001", "b")
	f.now = f.now.Add(time.Second)
	_, err := f.book.Begin("1001", secret.New("b"), f.now)
	require.EqualError(t, err, "this password was refused before; Finesse is not asked again for 4m59s")
	_, err = f.book.Begin("1001", secret.New("c"), f.now)
	require.EqualError(t, err, "too many wrong passwords; Finesse is not asked again for 3m59s")
}

func TestABookNeedsRoom(t *testing.T) {
	_, err := New(nil, 0)
	require.ErrorContains(t, err, "tries: ")
}
