package pipeline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"reverie/compute/format/mat"
	"reverie/compute/format/pickle"
)

// ndarray reads what NumPy pickles up to protocol 4: of an array the call _reconstruct with the state (version,
// shape, type, is in Fortran's order, bytes), of a number the call scalar(type, bytes).
func (r *optionReader) ndarray(o *pickle.Object) (LabArray, error) {
	none := LabArray{}
	g, _ := o.Class.(pickle.Global)
	var shape []int
	var typ, raw pickle.Value
	fortran := false
	state, _ := o.State.(*pickle.Tuple)
	switch {
	case g.Name == "scalar" && len(o.Args) == 2:
		typ, raw, shape = o.Args[0], o.Args[1], []int{}
	case g.Name == "_reconstruct" && state != nil && len(state.Items) == 5:
		axes, ok := state.Items[1].(*pickle.Tuple)
		if !ok || len(axes.Items) > 8 {
			return none, errors.New("an array has no shape")
		}
		shape = make([]int, len(axes.Items))
		for i, a := range axes.Items {
			n, ok := a.(int64)
			if !ok || n < 0 || n > math.MaxInt32 {
				return none, fmt.Errorf("axis %d of an array has length %v", i, a)
			}
			shape[i] = int(n)
		}
		f, err := r.number(state.Items[3])
		if err != nil {
			return none, fmt.Errorf("the order of an array: %w", err)
		}
		typ, raw, fortran = state.Items[2], state.Items[4], f != 0
	default:
		return none, fmt.Errorf("an object of %v is no array of numbers", o.Class)
	}
	b, err := octets(raw)
	if err != nil {
		return none, err
	}
	size, read, err := element(typ)
	if err != nil {
		return none, err
	}
	n := 1
	for _, d := range shape {
		if d > 0 && n > len(b)/d {
			return none, fmt.Errorf("%d bytes for an array of shape %v", len(b), shape)
		}
		n *= d
	}
	if len(b) != n*size {
		return none, fmt.Errorf("%d bytes for an array of shape %v, want %d", len(b), shape, n*size)
	}
	if err := r.take(n); err != nil {
		return none, err
	}
	a := LabArray{Shape: shape, Data: make([]float64, n)}
	for i := range a.Data {
		a.Data[i] = read(b[i*size : (i+1)*size])
	}
	if fortran {
		a.Data = mat.RowMajor(shape, a.Data)
	}
	return a, nil
}

// octets are bytes, of Python 2 or 3, or the call _codecs.encode(text, "latin1") of Python 3 in old protocols.
func octets(v pickle.Value) ([]byte, error) {
	switch s := v.(type) {
	case pickle.Bytes:
		return []byte(s), nil
	case pickle.Str:
		return []byte(s), nil
	case *pickle.Object:
		if g, _ := s.Class.(pickle.Global); g.Name == "encode" && len(s.Args) > 0 {
			if text, ok := s.Args[0].(string); ok {
				var out []byte
				for _, c := range text {
					if c > 255 {
						return nil, errors.New("the bytes of an array are no Latin-1 text")
					}
					out = append(out, byte(c))
				}
				return out, nil
			}
		}
	}
	return nil, errors.New("an array has no bytes")
}

// element reads a NumPy type: its size and how a number is read.
func element(v pickle.Value) (int, func([]byte) float64, error) {
	o, ok := v.(*pickle.Object)
	if !ok || len(o.Args) == 0 {
		return 0, nil, errors.New("an array has no type")
	}
	name, _ := pickle.Text(o.Args[0])
	var order binary.ByteOrder = binary.LittleEndian
	if s, ok := o.State.(*pickle.Tuple); ok && len(s.Items) > 1 {
		if mark, _ := pickle.Text(s.Items[1]); mark == ">" {
			order = binary.BigEndian
		}
	}
	switch name {
	case "b1", "u1":
		return 1, func(b []byte) float64 { return float64(b[0]) }, nil
	case "i1":
		return 1, func(b []byte) float64 { return float64(int8(b[0])) }, nil
	case "i2":
		return 2, func(b []byte) float64 { return float64(int16(order.Uint16(b))) }, nil
	case "u2":
		return 2, func(b []byte) float64 { return float64(order.Uint16(b)) }, nil
	case "i4":
		return 4, func(b []byte) float64 { return float64(int32(order.Uint32(b))) }, nil
	case "u4":
		return 4, func(b []byte) float64 { return float64(order.Uint32(b)) }, nil
	case "i8":
		return 8, func(b []byte) float64 { return float64(int64(order.Uint64(b))) }, nil
	case "u8":
		return 8, func(b []byte) float64 { return float64(order.Uint64(b)) }, nil
	case "f4":
		return 4, func(b []byte) float64 { return float64(math.Float32frombits(order.Uint32(b))) }, nil
	case "f8":
		return 8, func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) }, nil
	}
	return 0, nil, fmt.Errorf("an array has elements of type %q; numbers are wanted", name)
}
