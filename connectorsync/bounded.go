package connectorsync

// bounded is a map that forgets its oldest keys. Keys are not deleted: a value is
// replaced by a later one, or forgotten when the map is full.
type bounded[V any] struct {
	values map[string]V
	order  []string
	limit  int
}

func newBounded[V any](limit int) bounded[V] { return bounded[V]{values: map[string]V{}, limit: limit} }

func (b *bounded[V]) get(key string) (V, bool) {
	v, ok := b.values[key]
	return v, ok
}

// put sets a value; a key that is known keeps its age.
func (b *bounded[V]) put(key string, v V) {
	if _, known := b.values[key]; !known {
		if len(b.order) >= b.limit {
			delete(b.values, b.order[0])
			b.order = b.order[1:]
		}
		b.order = append(b.order, key)
	}
	b.values[key] = v
}
