package inspect

import (
	"context"
	"errors"
	"strings"

	"reverie/compute/format/pickle"
)

// pickledArray is a NumPy array or number in a pickle.
type pickledArray struct {
	shape   []int
	typ     string // a name of elements, or what the pickle says
	big     bool
	fortran bool
	data    string
}

// numpyArray reads the call that rebuilds a NumPy array or number; nil where it is none.
func numpyArray(o *pickle.Object) *pickledArray {
	g, ok := o.Class.(pickle.Global)
	if !ok {
		return nil
	}
	switch module := strings.Replace(g.Module, "numpy._core.", "numpy.core.", 1); module + "." + g.Name {
	case "numpy.core.multiarray._reconstruct":
		// (version, shape, type, whether Fortran's order, bytes)
		state, ok := o.State.(*pickle.Tuple)
		if !ok || len(state.Items) != 5 {
			return nil
		}
		a := &pickledArray{}
		a.fortran, _ = state.Items[3].(bool)
		if n, ok := state.Items[3].(int64); ok {
			a.fortran = n != 0
		}
		if !a.sized(state.Items[1]) || !a.typed(state.Items[2]) {
			return nil
		}
		a.data, _ = rawBytes(state.Items[4])
		return a
	case "numpy.core.multiarray.scalar": // (type, bytes)
		if len(o.Args) != 2 {
			return nil
		}
		a := &pickledArray{shape: []int{}}
		if !a.typed(o.Args[0]) {
			return nil
		}
		a.data, _ = rawBytes(o.Args[1])
		return a
	case "numpy.core.numeric._frombuffer": // (bytes, type, shape, order)
		if len(o.Args) != 4 {
			return nil
		}
		a := &pickledArray{}
		order, _ := pickle.Text(o.Args[3])
		a.fortran = order == "F"
		if !a.sized(o.Args[2]) || !a.typed(o.Args[1]) {
			return nil
		}
		a.data, _ = rawBytes(o.Args[0])
		return a
	}
	return nil
}

func (a *pickledArray) sized(v pickle.Value) bool {
	t, ok := v.(*pickle.Tuple)
	if !ok || len(t.Items) > 64 {
		return false
	}
	a.shape = make([]int, len(t.Items))
	for i, x := range t.Items {
		n, ok := x.(int64)
		if !ok || n < 0 || n > 1<<48 {
			return false
		}
		a.shape[i] = int(n)
	}
	return true
}

// numpyNames are NumPy's letters.
var numpyNames = map[string]string{"f8": "float64", "f4": "float32", "f2": "float16", "i8": "int64", "i4": "int32", "i2": "int16", "i1": "int8",
	"u8": "uint64", "u4": "uint32", "u2": "uint16", "u1": "uint8", "b1": "bool", "c8": "complex64", "c16": "complex128"}

// typed reads dtype("f8") and the byte order in its state.
func (a *pickledArray) typed(v pickle.Value) bool {
	o, ok := v.(*pickle.Object)
	if !ok || len(o.Args) == 0 {
		return false
	}
	name, ok := pickle.Text(o.Args[0])
	if !ok {
		return false
	}
	if a.typ = numpyNames[name]; a.typ == "" {
		a.typ = clean(name, 20)
	}
	if s, ok := o.State.(*pickle.Tuple); ok && len(s.Items) > 1 {
		mark, _ := pickle.Text(s.Items[1])
		a.big = mark == ">"
	}
	return true
}

// rawBytes are the bytes of an array: bytes, Python 2's str, or the detour by
// Latin-1 that Python 3 takes in old protocols.
func rawBytes(v pickle.Value) (string, bool) {
	switch x := v.(type) {
	case pickle.Bytes:
		return string(x), true
	case pickle.Str:
		return string(x), true
	case *pickle.Object:
		if x.Class == (pickle.Global{Module: "_codecs", Name: "encode"}) && len(x.Args) == 2 {
			s, ok := x.Args[0].(string)
			if !ok {
				return "", false
			}
			var b strings.Builder
			for _, r := range s {
				if r > 255 {
					return "", false
				}
				b.WriteByte(byte(r))
			}
			return b.String(), true
		}
	}
	return "", false
}

// fill makes the array a node.
func (a *pickledArray) fill(n *Node) {
	n.Kind, n.Type, n.Shape, n.Bytes = Array, a.typ, a.shape, int64(len(a.data))
	e, ok := elements[a.typ]
	if !ok {
		return
	}
	n.Type += order(e.size, a.big)
	if a.fortran && len(a.shape) > 1 {
		n.Note = "first axis fastest in the file"
	}
	n.values = func(_ context.Context, most int) ([]string, error) {
		if len(a.data)/e.size < product(a.shape) {
			return nil, errors.New("fewer bytes than the shape says: the file is damaged")
		}
		if !a.fortran {
			return rawValues(strings.NewReader(a.data), 0, a.typ, a.big, most)
		}
		var out []string
		for k := range most {
			at, stride, rest, block := 0, 1, k, product(a.shape)
			for _, s := range a.shape {
				block /= s
				at += rest / block * stride
				rest, stride = rest%block, stride*s
			}
			v, err := rawValues(strings.NewReader(a.data), int64(at*e.size), a.typ, a.big, 1)
			if err != nil {
				return out, err
			}
			out = append(out, v...)
		}
		return out, nil
	}
}
