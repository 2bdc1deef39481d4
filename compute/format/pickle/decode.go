package pickle

import (
	"fmt"
	"io"
)

// DefaultMaxValues is the number of values a pickle may hold when Decoder.MaxValues is 0. The
// largest state dicts have some ten thousand.
const DefaultMaxValues = 1 << 21

// Decoder reads pickles that lie one behind another.
type Decoder struct {
	// Persistent, if set, turns persistent ids into values; otherwise they become *Persistent.
	Persistent func(id Value) (Value, error)
	// Global, if set, sees every name that the pickle asks to import; its error ends the decoding.
	Global func(Global) error
	// MaxValues limits the values of one pickle; 0 is DefaultMaxValues.
	MaxValues int

	src    source
	stack  []Value
	marks  []int // heights of the stack at the open marks
	memo   map[int64]Value
	values int
}

// NewDecoder reads from byte offset of r; size bytes follow there at most.
func NewDecoder(r io.ReaderAt, offset, size int64) *Decoder {
	size = max(size, 0)
	return &Decoder{src: source{r: r, pos: offset, end: offset + size, buf: make([]byte, 0, bufferSize)}}
}

// Offset is the place of the next byte that Decode would read.
func (d *Decoder) Offset() int64 { return d.src.pos }

// Decode reads one pickle, up to and with its STOP. Errors name the opcode and the offset in r.
func (d *Decoder) Decode() (Value, error) {
	d.stack, d.marks, d.memo, d.values = nil, nil, map[int64]Value{}, 0
	d.src.frameEnd = 0
	defer func() { d.stack, d.marks, d.memo = nil, nil, nil }()
	for {
		at := d.src.pos
		op, err := d.src.byte()
		if err != nil {
			return nil, fmt.Errorf("pickle at offset %d: %w", at, err)
		}
		if op == '.' {
			v, err := d.pop()
			if err != nil {
				return nil, opError("STOP", at, err)
			}
			return v, nil
		}
		o, ok := opcodes[op]
		if !ok {
			return nil, fmt.Errorf("pickle at offset %d: unknown opcode 0x%02x: the file is no pickle of protocol 0 to 5, or is damaged", at, op)
		}
		if err := o.run(d); err != nil {
			return nil, opError(o.name, at, err)
		}
	}
}

func opError(name string, at int64, err error) error {
	return fmt.Errorf("pickle opcode %s at offset %d: %w", name, at, err)
}

func (d *Decoder) push(v Value) error {
	d.stack = append(d.stack, v)
	return d.count()
}

// count holds values and marks to the limit.
func (d *Decoder) count() error {
	limit := d.MaxValues
	if limit <= 0 {
		limit = DefaultMaxValues
	}
	if d.values++; d.values > limit {
		return fmt.Errorf("more than %d values in one pickle", limit)
	}
	return nil
}

// floor is the height below which the stack belongs to an open mark.
func (d *Decoder) floor() int {
	if len(d.marks) == 0 {
		return 0
	}
	return d.marks[len(d.marks)-1]
}

func (d *Decoder) pop() (Value, error) {
	if len(d.stack) <= d.floor() {
		return nil, fmt.Errorf("the stack is empty: the pickle is damaged")
	}
	v := d.stack[len(d.stack)-1]
	d.stack[len(d.stack)-1] = nil
	d.stack = d.stack[:len(d.stack)-1]
	return v, nil
}

// top is the value that an opcode would change in place.
func (d *Decoder) top() (Value, error) {
	if len(d.stack) <= d.floor() {
		return nil, fmt.Errorf("the stack is empty: the pickle is damaged")
	}
	return d.stack[len(d.stack)-1], nil
}

// popN takes the n uppermost values, lowest first.
func (d *Decoder) popN(n int) ([]Value, error) {
	if len(d.stack)-d.floor() < n {
		return nil, fmt.Errorf("the stack has fewer than %d values: the pickle is damaged", n)
	}
	return d.cut(len(d.stack) - n), nil
}

// popMark takes everything above the uppermost mark, and the mark.
func (d *Decoder) popMark() ([]Value, error) {
	if len(d.marks) == 0 {
		return nil, fmt.Errorf("no mark: the pickle is damaged")
	}
	at := d.floor()
	d.marks = d.marks[:len(d.marks)-1]
	return d.cut(at), nil
}

func (d *Decoder) cut(at int) []Value {
	out := append([]Value(nil), d.stack[at:]...)
	clear(d.stack[at:])
	d.stack = d.stack[:at]
	return out
}

// put remembers the uppermost value.
func (d *Decoder) put(key int64) error {
	v, err := d.top()
	if err == nil {
		d.memo[key] = v
	}
	return err
}

func (d *Decoder) get(key int64) error {
	v, ok := d.memo[key]
	if !ok {
		return fmt.Errorf("nothing is remembered under %d: the pickle is damaged", key)
	}
	return d.push(v)
}

func (d *Decoder) persistent(id Value) error {
	if d.Persistent == nil {
		return d.push(&Persistent{id})
	}
	v, err := d.Persistent(id)
	if err != nil {
		return err
	}
	return d.push(v)
}

// call pushes the description of a call; args must be a tuple.
func (d *Decoder) call(class, args, kwargs Value, isNew bool) error {
	t, ok := args.(*Tuple)
	if !ok {
		return fmt.Errorf("the arguments are %s, not a tuple: the pickle is damaged", kind(args))
	}
	return d.push(&Object{Class: class, Args: t.Items, Kwargs: kwargs, New: isNew})
}

// extend adds items to a list, a set or the result of a call.
func (d *Decoder) extend(items []Value, set bool) error {
	v, err := d.top()
	if err != nil {
		return err
	}
	switch x := v.(type) {
	case *Object:
		x.Items = append(x.Items, items...)
		return nil
	case *List:
		if !set {
			x.Items = append(x.Items, items...)
			return nil
		}
	case *Set:
		if set {
			x.Items = append(x.Items, items...)
			return nil
		}
	}
	return fmt.Errorf("%s takes no items: the pickle is damaged", kind(v))
}

// update sets the entries of a dict or of the result of a call from keys and values in turn.
func (d *Decoder) update(kv []Value) error {
	if len(kv)%2 != 0 {
		return fmt.Errorf("a key has no value: the pickle is damaged")
	}
	v, err := d.top()
	if err != nil {
		return err
	}
	var dict *Dict
	switch x := v.(type) {
	case *Dict:
		dict = x
	case *Object:
		dict = &x.Pairs
	default:
		return fmt.Errorf("%s takes no keys: the pickle is damaged", kind(v))
	}
	for i := 0; i < len(kv); i += 2 {
		dict.set(kv[i], kv[i+1])
	}
	return nil
}

// build notes the state of the object below it.
func (d *Decoder) build() error {
	state, err := d.pop()
	if err != nil {
		return err
	}
	v, err := d.top()
	if err != nil {
		return err
	}
	o, ok := v.(*Object)
	if !ok {
		return fmt.Errorf("%s takes no state: the pickle is damaged", kind(v))
	}
	o.State, o.HasState = state, true
	return nil
}
