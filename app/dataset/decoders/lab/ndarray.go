package lab

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"reverie/compute/format/pickle"
)

// ndarray is a pickled NumPy array of floating-point numbers or booleans.
type ndarray struct {
	shape   []int
	strides []int // in elements
	size    int   // of the content, in elements
	at      func(i int) float32
	bools   bool
}

// arrayOf reads a NumPy array or a single number, which has no axes. Its content is not copied.
func arrayOf(v pickle.Value) (*ndarray, error) {
	switch x := v.(type) {
	case float64:
		return &ndarray{size: 1, at: func(int) float32 { return float32(x) }}, nil
	case int64:
		return &ndarray{size: 1, at: func(int) float32 { return float32(x) }}, nil
	}
	o, ok := v.(*pickle.Object)
	if !ok {
		return nil, errors.New("it is no NumPy array")
	}
	var shape, typ, raw pickle.Value
	columns := false
	switch state, _ := o.State.(*pickle.Tuple); {
	// The state is (version, shape, dtype, is Fortran-ordered, content).
	case called(o, "_reconstruct") && state != nil && len(state.Items) == 5:
		columns, _ = state.Items[3].(bool)
		shape, typ, raw = state.Items[1], state.Items[2], state.Items[4]
	// Protocol 5: (content, dtype, shape, order).
	case called(o, "_frombuffer") && len(o.Args) == 4:
		order, _ := pickle.Text(o.Args[3])
		raw, typ, shape, columns = o.Args[0], o.Args[1], o.Args[2], order == "F"
	case called(o, "scalar") && len(o.Args) == 2:
		typ, raw, shape = o.Args[0], o.Args[1], new(pickle.Tuple)
	default:
		return nil, errors.New("it is no NumPy array")
	}
	a := new(ndarray)
	var err error
	if a.shape, err = axesOf(shape); err != nil {
		return nil, err
	}
	if err = a.content(typ, raw); err != nil {
		return nil, err
	}
	if a.size == 0 {
		return nil, errors.New("it is empty: was the model trained?")
	}
	n := 1
	for _, d := range a.shape {
		if d < 1 || n > a.size/d {
			n = -1
			break
		}
		n *= d
	}
	if n != a.size {
		return nil, fmt.Errorf("its content has %d numbers, its shape is %v", a.size, a.shape)
	}
	a.strides = make([]int, len(a.shape))
	step := 1
	for i := range a.shape {
		k := i
		if !columns {
			k = len(a.shape) - 1 - i
		}
		a.strides[k] = step
		step *= a.shape[k]
	}
	return a, nil
}

// axesOf reads a tuple of lengths.
func axesOf(v pickle.Value) ([]int, error) {
	t, ok := v.(*pickle.Tuple)
	if !ok || len(t.Items) > maxAxes {
		return nil, errors.New("it has no shape")
	}
	out := make([]int, len(t.Items))
	for i, item := range t.Items {
		d, ok := item.(int64)
		if !ok || d < 0 || d > math.MaxInt32 {
			return nil, fmt.Errorf("axis %d has the length %v", i, item)
		}
		out[i] = int(d)
	}
	return out, nil
}

// content finds the bytes and how to read an element of them.
func (a *ndarray) content(typ, v pickle.Value) error {
	name, big, err := dtype(typ)
	if err != nil {
		return err
	}
	raw, err := bytesOf(v)
	if err != nil {
		return err
	}
	size := int(name[1] - '0')
	if a.size = len(raw) / size; a.size*size != len(raw) {
		return fmt.Errorf("%d bytes are no numbers of %d", len(raw), size)
	}
	// Indexing a string makes no copy.
	u32 := func(i int) uint32 {
		s := raw[i : i+4]
		if big {
			return uint32(s[3]) | uint32(s[2])<<8 | uint32(s[1])<<16 | uint32(s[0])<<24
		}
		return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
	}
	switch name {
	case "f4":
		a.at = func(i int) float32 { return math.Float32frombits(u32(4 * i)) }
	case "f8":
		low, high := 0, 4
		if big {
			low, high = 4, 0
		}
		a.at = func(i int) float32 {
			return float32(math.Float64frombits(uint64(u32(8*i+low)) | uint64(u32(8*i+high))<<32))
		}
	default:
		a.bools = true
		a.at = func(i int) float32 {
			if raw[i] != 0 {
				return 1
			}
			return 0
		}
	}
	return nil
}

// dtype is the type of the elements, f4, f8 or b1, and whether their bytes are in big-endian order.
func dtype(v pickle.Value) (name string, big bool, err error) {
	o, ok := v.(*pickle.Object)
	if !ok || !called(o, "dtype") || len(o.Args) == 0 {
		return "", false, errors.New("it has no type")
	}
	name, _ = pickle.Text(o.Args[0])
	if !slices.Contains([]string{"f4", "f8", "b1"}, name) {
		return "", false, fmt.Errorf("its elements are of type %.20q, f4, f8 or b1 is needed", name)
	}
	if s, ok := o.State.(*pickle.Tuple); ok && len(s.Items) > 1 {
		if mark, _ := pickle.Text(s.Items[1]); mark == ">" {
			return name, true, nil
		}
	}
	return name, false, nil
}

// bytesOf is a string of bytes: one of protocol 3 or newer, of Python 2, or the call _codecs.encode(text, "latin1")
// that Python 3 writes in older protocols.
func bytesOf(v pickle.Value) (string, error) {
	switch b := v.(type) {
	case pickle.Bytes:
		return string(b), nil
	case pickle.Str:
		return string(b), nil
	case *pickle.Object:
		if len(b.Args) == 0 || !called(b, "encode") {
			break
		}
		if text, ok := b.Args[0].(string); ok {
			raw := make([]byte, 0, len(text))
			for _, r := range text {
				if r > 255 {
					return "", errors.New("its bytes are no Latin-1 text")
				}
				raw = append(raw, byte(r))
			}
			return string(raw), nil
		}
	}
	return "", errors.New("it has no content")
}

// called tells whether an object is the result of a function of that name, in whatever module NumPy has it.
func called(o *pickle.Object, name string) bool {
	g, ok := o.Class.(pickle.Global)
	return ok && g.Name == name
}
