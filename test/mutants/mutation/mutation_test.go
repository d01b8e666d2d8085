package mutation

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestFind(t *testing.T) {
	tests := map[string]struct {
		code string   // declarations
		want []string // kind: from → to
	}{
		"conditions": {
			"func f(ok bool, n int) {\n\tif ok {\n\t}\n\tfor n < 2 {\n\t}\n\tfor {\n\t}\n}",
			[]string{"negated condition: ok → !(ok)", "negated condition: n < 2 → !(n < 2)", "swapped operator: n < 2 → n <= 2", "off by one: 2 → 3"},
		},
		"a switch without a tag decides by conditions": {
			"func f(ok bool, n int) {\n\tswitch {\n\tcase ok:\n\tdefault:\n\t}\n\tswitch n {\n\tcase 1:\n\t}\n}",
			[]string{"negated condition: ok → !(ok)", "off by one: 1 → 2"},
		},
		"equality is negated by its operator alone": {
			"func f(n int) {\n\tif (n == m) {\n\t}\n}",
			[]string{"swapped operator: n == m → n != m"},
		},
		"operators": {
			"var x = a != b || a <= b && a > b || a >= b",
			[]string{
				"swapped operator: a != b → a == b",
				"swapped operator: a != b || a <= b && a > b → a != b && a <= b && a > b",
				"swapped operator: a <= b → a < b",
				"swapped operator: a <= b && a > b → a <= b || a > b",
				"swapped operator: a > b → a >= b",
				"swapped operator: a != b || a <= b && a > b || a >= b → a != b || a <= b && a > b && a >= b",
				"swapped operator: a >= b → a > b",
			},
		},
		"sums": {
			"var x = a + b - c\n\nvar y = a + \"\"\n\nvar z = a * b",
			[]string{"swapped operator: a + b → a - b", "swapped operator: a + b - c → a + b + c"},
		},
		"true and false": {
			"var x, y = true, false",
			[]string{"swapped true and false: true → false", "swapped true and false: false → true"},
		},
		"statements": {
			"func f() {\n\tg(\n\t\tx,\n\t)\n\tx = y\n\tx := y\n\tvar z int\n\tc <- x\n\tgo g()\n\tx++\n\tx -= y\n}",
			[]string{
				"removed statement: g( x, ) → (removed)",
				"removed statement: x = y → (removed)",
				"removed statement: c <- x → (removed)",
				"removed statement: go g() → (removed)",
				"removed statement: x++ → (removed)", "swapped operator: x++ → x--",
				"removed statement: x -= y → (removed)", "swapped operator: x -= y → x += y",
			},
		},
		"statements of cases": {
			"func f() {\n\tswitch x {\n\tcase y:\n\t\tg()\n\t}\n\tselect {\n\tcase <-c:\n\t\tx = y\n\t}\n}",
			[]string{"removed statement: g() → (removed)", "removed statement: x = y → (removed)"},
		},
		"closing at the end and discarded values stay": {
			"func f() {\n\tdefer c.Close()\n\tdefer mu.Unlock()\n\t_ = x\n\t_ = c.Close()\n}",
			[]string{"removed statement: defer mu.Unlock() → (removed)", "removed statement: _ = c.Close() → (removed)"},
		},
		"returned errors": {
			"func f() (int, error) {\n\tfunc() { return }()\n\tif x {\n\t\treturn g()\n\t}\n\tif x {\n\t\treturn n, nil\n\t}\n\treturn n, err\n}\n\nfunc g() int { return n }",
			[]string{
				"removed statement: func() { return }() → (removed)",
				"negated condition: x → !(x)", "negated condition: x → !(x)",
				"error not returned: return n, err → return n, nil",
			},
		},
		"errors of function values": {
			"var f = func() error { return err }",
			[]string{"error not returned: return err → return nil"},
		},
		"ignored errors": {
			"func f() {\n\tif err := g(); err != nil {\n\t\treturn\n\t}\n\tif err != nil {\n\t\tfor {\n\t\t}\n\t}\n\tif err != nil {\n\t\treturn\n\t} else {\n\t}\n\tif x != nil {\n\t\treturn\n\t}\n}",
			[]string{
				"swapped operator: err != nil → err == nil", "error ignored: if err := g(); err != nil { return } → if err := g(); err != nil {}",
				"swapped operator: err != nil → err == nil", "swapped operator: err != nil → err == nil", "swapped operator: x != nil → x == nil",
			},
		},
		"numbers": {
			"var x = []int{0, 0x10, 010, 1_000, 99999999999999999999}",
			[]string{"off by one: 0 → 1", "off by one: 0x10 → 17", "off by one: 010 → 9", "off by one: 1_000 → 1001"},
		},
		"texts": {
			"var x = []string{\"a\", `b`, \"\", ``}",
			[]string{"emptied text: \"a\" → \"\"", "emptied text: `b` → \"\""},
		},
		"what people read is not looked at": {
			"import \"fmt\"\n\ntype t struct {\n\ta int `json:\"a\"`\n}\n\n" +
				"func (t) String() string { return \"t\" }\n\n" +
				"func f() {\n\tlog.Info().Str(\"key\", x).Int(\"n\", 1+n).Msg(\"text\")\n\tlog.Debug().Bool(\"b\", true).Send()\n\tl := log.With().Str(\"a\", b).Logger()\n" +
				"\ty := errors.New(\"text\")\n\tz := fmt.Errorf(\"text: %w\", g(1))\n\tpanic(\"text\")\n\tq.Send(1)\n}",
			[]string{"off by one: 1 → 2", "removed statement: panic(\"text\") → (removed)", "removed statement: q.Send(1) → (removed)", "off by one: 1 → 2"},
		},
		"whether a log line is written": {
			"func f() {\n\tif err := g(); err != nil {\n\t\tlog.Warn().Err(err).Msg(\"text\")\n\t}\n\tif n == 1 {\n\t\tt.Say(log, 1, \"a\", err, \"text\")\n\t}\n" +
				"\tif n > 1 {\n\t\tlog.Info().Msg(\"text\")\n\t\tn++\n\t}\n\tif g(n) {\n\t\tlog.Info().Msg(\"text\")\n\t}\n\tif x {\n\t} else {\n\t\tlog.Info().Msg(\"text\")\n\t}\n}",
			[]string{
				"negated condition: n > 1 → !(n > 1)", "swapped operator: n > 1 → n >= 1", "off by one: 1 → 2",
				"removed statement: n++ → (removed)", "swapped operator: n++ → n--",
				"negated condition: g(n) → !(g(n))", "negated condition: x → !(x)",
			},
		},
		"sizes and times are matters of tuning": {
			"var x = f(5*time.Second, 16<<10, make(chan int, 1), make([]int, 2, 3), make(map[int]int), 7*n)",
			[]string{"off by one: 2 → 3", "off by one: 7 → 8"},
		},
		"long texts are cut": {
			"var x = \"" + strings.Repeat("ä", 100) + "\"",
			[]string{"emptied text: \"" + strings.Repeat("ä", 70) + "… → \"\""},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			found, err := Find("p", "p.go", []byte("package p\n\n"+tt.code+"\n"))
			require.NoError(t, err)
			var got []string
			for _, m := range found {
				require.Equal(t, "p", m.Package)
				require.Equal(t, "p.go", m.File)
				got = append(got, m.Kind+": "+m.From+" → "+m.To)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("mutations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryKindIsFound(t *testing.T) {
	found, err := Find("p", "p.go", []byte("package p\n\nfunc f(ok bool) error {\n\tif ok {\n\t\tx = true\n\t}\n"+
		"\tif err != nil {\n\t\treturn err\n\t}\n\treturn g(1, \"a\")\n}\n"))
	require.NoError(t, err)
	for _, kind := range Kinds() {
		require.True(t, slices.ContainsFunc(found, func(m Mutation) bool { return m.Kind == kind }), kind)
	}
}

func TestApplyChangesOneLineOnly(t *testing.T) {
	source := []byte("package p\n\n// ä\nvar x = a < b // why\n\nvar y = 1\n")
	found, err := Find("p", "p.go", source)
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, 4, found[0].Line)
	require.Equal(t, "package p\n\n// ä\nvar x = a <= b // why\n\nvar y = 1\n", string(found[0].Apply(source)))
	require.Equal(t, 6, found[1].Line)
	require.Equal(t, "package p\n\n// ä\nvar x = a < b // why\n\nvar y = 2\n", string(found[1].Apply(source)))
}

func TestGeneratedFilesAreLeftAlone(t *testing.T) {
	found, err := Find("p", "p.go", []byte("// Code generated by x. DO NOT EDIT.\n\npackage p\n\nvar y = 1\n"))
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestFindRefusesWhatDoesNotParse(t *testing.T) {
	_, err := Find("p", "p.go", []byte("package"))
	require.ErrorContains(t, err, "p.go")
}
