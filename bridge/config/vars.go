package config

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"gcbridge/protocol/secret"
)

// Var is one variable as the struct tags describe it.
type Var struct {
	Name    string // GC_...
	Default string
	Desc    string
	Secret  bool // also as NAME_FILE
	field   reflect.Value
}

// Vars lists the variables of c in declaration order.
func Vars(c *Config) []Var {
	v := reflect.ValueOf(c).Elem()
	var out []Var
	for i := range v.NumField() {
		f := v.Type().Field(i)
		_, isSecret := v.Field(i).Interface().(secret.Secret)
		out = append(out, Var{
			Name:    f.Tag.Get("envconfig"),
			Default: f.Tag.Get("default"),
			Desc:    f.Tag.Get("desc"),
			Secret:  isSecret,
			field:   v.Field(i),
		})
	}
	return out
}

// Value prints the variable's value; a secret prints as [redacted].
func (v Var) Value() string {
	switch x := v.field.Interface().(type) {
	case []string:
		return strings.Join(x, ",")
	case time.Duration:
		return x.String()
	case secret.Secret:
		if x.IsZero() {
			return ""
		}
		return x.String()
	case bool:
		return strconv.FormatBool(x)
	case int:
		return strconv.Itoa(x)
	case string:
		return x
	}
	return ""
}

func (v Var) setSecret(s string) { v.field.Set(reflect.ValueOf(secret.New(s))) }

// setDefault parses the default tag. The tags are constants: a test holds that
// every one of them parses.
func (v Var) setDefault() {
	if v.Default == "" {
		return
	}
	switch v.field.Interface().(type) {
	case []string:
		v.field.Set(reflect.ValueOf(strings.Split(v.Default, ",")))
	case time.Duration:
		d, _ := time.ParseDuration(v.Default)
		v.field.Set(reflect.ValueOf(d))
	case bool:
		v.field.SetBool(v.Default == "true")
	case int:
		n, _ := strconv.Atoi(v.Default)
		v.field.SetInt(int64(n))
	case string:
		v.field.SetString(v.Default)
	}
}
