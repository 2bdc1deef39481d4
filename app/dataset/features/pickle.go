package features

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"

	"reverie/compute/format/mat"
	"reverie/compute/format/pickle"
)

// pickleName is bdpy's file of statistics in the folder of features.
const pickleName = "statistics.pkl"

// maxPickle bounds the file: the mean of each unit of VGG19 takes 60 MB.
const maxPickle = 1 << 30

// readPickle reads bdpy's dictionary (statistic, layer) → NumPy array of numbers, without running its code.
func readPickle(path string) ([]Statistic, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxPickle {
		return nil, fmt.Errorf("%s: %d bytes are more than statistics of a network take: %w", path, info.Size(), ErrFormat)
	}
	v, err := pickle.NewDecoder(f, 0, info.Size()).Decode()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d, ok := v.(*pickle.Dict)
	if !ok || len(d.Pairs) > maxStatistics {
		return nil, fmt.Errorf("%s: it holds no dictionary of statistics: %w", path, ErrFormat)
	}
	var out []Statistic
	for i, p := range d.Pairs {
		s, err := entry(p)
		if err != nil {
			return nil, fmt.Errorf("%s: entry %d: %w: %w", path, i+1, err, ErrFormat)
		}
		out = append(out, s)
	}
	return out, nil
}

func entry(p pickle.Pair) (Statistic, error) {
	key, ok := p.Key.(*pickle.Tuple)
	if !ok || len(key.Items) != 2 {
		return Statistic{}, errors.New("its key is not a pair of statistic and layer")
	}
	name, ok1 := pickle.Text(key.Items[0])
	layer, ok2 := pickle.Text(key.Items[1])
	if !ok1 || !ok2 {
		return Statistic{}, errors.New("its key is not a pair of texts")
	}
	shape, values, err := ndarray(p.Value)
	if err != nil {
		return Statistic{}, fmt.Errorf("%s of layer %s: %w", name, layer, err)
	}
	return Statistic{layer, name, unitShape(shape), values}, nil
}

// ndarray is the content of a pickled NumPy array.
func ndarray(v pickle.Value) ([]int, []float32, error) {
	p, err := parts(v)
	if err != nil {
		return nil, nil, err
	}
	axes, ok := p.shape.(*pickle.Tuple)
	if !ok || len(axes.Items) > maxAxes {
		return nil, nil, errors.New("it has no shape")
	}
	shape := make([]int, len(axes.Items))
	for i, a := range axes.Items {
		d, ok := a.(int64)
		if !ok || d < 0 {
			return nil, nil, fmt.Errorf("axis %d has length %v", i+1, a)
		}
		shape[i] = int(d)
	}
	size, order, err := dtype(p.dtype)
	if err != nil {
		return nil, nil, err
	}
	raw, err := content(p.bytes)
	if err != nil {
		return nil, nil, err
	}
	n, ok := count(shape)
	if !ok || n == 0 || len(raw)%size != 0 || n != len(raw)/size {
		return nil, nil, fmt.Errorf("%d bytes for the shape %v", len(raw), shape)
	}
	out := make([]float32, n)
	for i := range out {
		if size == 4 {
			out[i] = math.Float32frombits(order.Uint32([]byte(raw[4*i : 4*i+4])))
		} else {
			x := math.Float64frombits(order.Uint64([]byte(raw[8*i : 8*i+8])))
			if math.Abs(x) > math.MaxFloat32 && !math.IsInf(x, 0) {
				return nil, nil, fmt.Errorf("%g is beyond the range of float32", x)
			}
			out[i] = float32(x)
		}
	}
	if p.fortran {
		out = mat.RowMajor(shape, out)
	}
	return shape, out, nil
}

// numpyArray is what NumPy pickles of an array.
type numpyArray struct {
	bytes, dtype, shape pickle.Value
	fortran             bool
}

// parts finds them: up to protocol 4 as _reconstruct's result with the state (version, shape, dtype, is
// Fortran-ordered, bytes), in protocol 5 as the arguments of _frombuffer (bytes, dtype, shape, order).
func parts(v pickle.Value) (p numpyArray, err error) {
	o, ok := v.(*pickle.Object)
	if !ok {
		return p, errors.New("it is no NumPy array")
	}
	switch state, _ := o.State.(*pickle.Tuple); {
	case called(o, "_reconstruct") && state != nil && len(state.Items) == 5:
		p.fortran, _ = state.Items[3].(bool)
		p.shape, p.dtype, p.bytes = state.Items[1], state.Items[2], state.Items[4]
	case called(o, "_frombuffer") && len(o.Args) == 4:
		order, _ := pickle.Text(o.Args[3])
		p.bytes, p.dtype, p.shape, p.fortran = o.Args[0], o.Args[1], o.Args[2], order == "F"
	default:
		err = errors.New("it is no NumPy array")
	}
	return p, err
}

// called tells whether an object is the result of a function of that name, in whatever module NumPy has it.
func called(o *pickle.Object, name string) bool {
	g, ok := o.Class.(pickle.Global)
	return ok && g.Name == name
}

// dtype is the width and the order of the bytes of floating-point numbers.
func dtype(v pickle.Value) (int, binary.ByteOrder, error) {
	o, ok := v.(*pickle.Object)
	if !ok || !called(o, "dtype") || len(o.Args) == 0 {
		return 0, nil, errors.New("it has no type")
	}
	name, _ := pickle.Text(o.Args[0])
	size, ok := map[string]int{"f4": 4, "f8": 8}[name]
	if !ok {
		return 0, nil, fmt.Errorf("its numbers are of type %q, f4 or f8 is needed", name)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if s, ok := o.State.(*pickle.Tuple); ok && len(s.Items) > 1 {
		if mark, _ := pickle.Text(s.Items[1]); mark == ">" {
			order = binary.BigEndian
		}
	}
	return size, order, nil
}

// content is a string of bytes: one of protocol 3 or newer, of Python 2, or the call _codecs.encode(text, "latin1")
// that Python 3 writes in older protocols.
func content(v pickle.Value) (string, error) {
	switch b := v.(type) {
	case pickle.Bytes:
		return string(b), nil
	case pickle.Str:
		return string(b), nil
	case *pickle.Object:
		if text, ok := first(b.Args); ok && called(b, "encode") {
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
	return "", errors.New("it has no bytes")
}

func first(args []pickle.Value) (string, bool) {
	if len(args) == 0 {
		return "", false
	}
	s, ok := args[0].(string)
	return s, ok
}
