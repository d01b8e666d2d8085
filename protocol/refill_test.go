package protocol_test

import (
	"reflect"

	"gcbridge/protocol"
)

// keptFields hold words that choose a layout, or empty where "there is none".
var keptFields = map[string]bool{"State": true, "Member": true, "Status": true, "Category": true}

// refill returns a copy of o with s in every string but those of keptFields;
// an empty string stays empty.
func refill(o protocol.Output, s string) protocol.Output {
	v := reflect.New(reflect.TypeOf(o)).Elem()
	v.Set(reflect.ValueOf(o))
	fill(v, s)
	return v.Interface().(protocol.Output)
}

func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		if v.String() != "" && s != "" {
			v.SetString(s)
		}
	case reflect.Slice:
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(fresh, v)
		for i := range fresh.Len() {
			fill(fresh.Index(i), s)
		}
		v.Set(fresh)
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && !keptFields[field.Name] {
				fill(v.Field(i), s)
			}
		}
	}
}
