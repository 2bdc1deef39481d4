package torch

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"reverie/compute/format/pickle"
)

// view is where a tensor's elements lie in a storage.
type view struct {
	st      *storage
	elem    *element // nil: values cannot be read, why says it
	why     string
	shape   []int
	stride  []int64 // in elements
	offset  int64   // in elements, from the storage's beginning
	n       int
	highest int64 // index of the last element in the storage; -1 for an empty tensor
}

const maxDims = 64 // torch's own limit

// rebuilders are the functions that make tensors and what the first of their arguments are.
var rebuilders = map[pickle.Global]func(f *File, args []pickle.Value, depth int) (*view, error){}

func init() {
	tensor := func(f *File, args []pickle.Value, _ int) (*view, error) { return f.rebuild(args) }
	inner := func(f *File, args []pickle.Value, depth int) (*view, error) {
		if len(args) == 0 {
			return nil, errors.New("a parameter without data: the file is damaged")
		}
		o, ok := args[0].(*pickle.Object)
		if !ok {
			return nil, errors.New("a parameter's data is no tensor: the file is damaged")
		}
		return f.tensor(o, depth+1)
	}
	for _, name := range []string{"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"} {
		rebuilders[pickle.Global{Module: "torch._utils", Name: name}] = tensor
	}
	for _, g := range []pickle.Global{
		{Module: "torch._utils", Name: "_rebuild_parameter"}, {Module: "torch._utils", Name: "_rebuild_parameter_with_state"},
		{Module: "torch.nn.parameter", Name: "Parameter"}, {Module: "torch.nn.parameter", Name: "Buffer"},
		{Module: "torch.autograd.variable", Name: "Variable"}, // before 0.4
	} {
		rebuilders[g] = inner
	}
	// (function, type, arguments, state)
	rebuilders[pickle.Global{Module: "torch._tensor", Name: "_rebuild_from_type_v2"}] = func(f *File, args []pickle.Value, depth int) (*view, error) {
		if len(args) >= 3 {
			if t, ok := args[2].(*pickle.Tuple); ok {
				return f.tensor(&pickle.Object{Class: args[0], Args: t.Items}, depth+1)
			}
		}
		return nil, errors.New("a tensor subclass without arguments: the file is damaged")
	}
}

// errNoTensor says that a call makes no tensor that is understood.
var errNoTensor = errors.New("no tensor")

// tensor interprets a call that rebuilds a tensor, each once.
func (f *File) tensor(o *pickle.Object, depth int) (*view, error) {
	if v, ok := f.views[o]; ok {
		return v, nil
	}
	if depth > 8 {
		return nil, errors.New("a tensor wrapped in itself: the file is damaged")
	}
	g, ok := o.Class.(pickle.Global)
	if !ok {
		return nil, errNoTensor
	}
	do := rebuilders[g]
	if do == nil {
		return nil, errNoTensor
	}
	v, err := do(f, o.Args, depth)
	if err != nil {
		return nil, err
	}
	f.views[o] = v
	return v, nil
}

// rebuild reads (storage, offset, size, stride, …) and holds it against the storage's bounds.
// The third version has a type at place 6, both later ones a dictionary of flags behind.
func (f *File) rebuild(args []pickle.Value) (*view, error) {
	if len(args) < 4 {
		return nil, errors.New("a tensor of fewer than four arguments: the file is damaged")
	}
	s, ok := args[0].(*storage)
	if !ok {
		return nil, errors.New("a tensor without a storage: the file is damaged")
	}
	fail := func(format string, a ...any) (*view, error) {
		return nil, fmt.Errorf("a tensor on storage %.100q: %s: the file is damaged", s.key, fmt.Sprintf(format, a...))
	}
	v := &view{st: s, elem: s.elem}
	if v.offset, ok = args[1].(int64); !ok || v.offset < 0 {
		return fail("offset %s", show(args[1]))
	}
	shape, ok1 := numbers(args[2])
	stride, ok2 := numbers(args[3])
	if !ok1 || !ok2 || len(shape) != len(stride) || len(shape) > maxDims {
		return fail("shape and strides are no lists of one length")
	}
	v.stride = stride
	rest := args[4:]
	if s.elem == nil {
		if len(args) < 7 {
			return fail("untyped bytes without a type")
		}
		g, ok := args[6].(pickle.Global)
		if !ok || g.Module != "torch" || elements[g.Name] == nil {
			return fail("its type is not known")
		}
		v.elem = elements[g.Name]
	}
	numel := s.numel
	if s.elem == nil {
		numel /= v.elem.size
	}
	if err := v.bounds(shape, numel, f.size); err != nil {
		return fail("%v", err)
	}
	if !v.elem.read {
		v.why = "values of type " + v.elem.name + " are not read"
	}
	for _, x := range rest {
		if d, ok := x.(*pickle.Dict); ok {
			if neg, _ := d.Get("neg"); neg == true {
				v.why = "it is stored negated; save it with .resolve_neg()"
			}
		}
	}
	return v, nil
}

// bounds computes what the strides reach and compares it with the storage's numel elements.
func (v *view) bounds(shape []int64, numel, fileSize int64) error {
	n, reach := uint64(1), uint64(v.offset)
	empty := false
	for i, d := range shape {
		if d < 0 || v.stride[i] < 0 || d > math.MaxInt32*64 {
			return fmt.Errorf("dimension %d of stride %d", d, v.stride[i])
		}
		empty = empty || d == 0
		v.shape = append(v.shape, int(d))
	}
	if empty {
		v.highest = -1
		return nil
	}
	for i, d := range shape {
		var over, c uint64
		if over, n = bits.Mul64(n, uint64(d)); over != 0 || n > math.MaxInt64/8 {
			return fmt.Errorf("shape %v is beyond any memory", shape)
		}
		if over, c = bits.Mul64(uint64(d-1), uint64(v.stride[i])); over != 0 {
			return fmt.Errorf("strides %v reach beyond the storage's %d elements", v.stride, numel)
		}
		if reach, over = bits.Add64(reach, c, 0); over != 0 {
			return fmt.Errorf("strides %v reach beyond the storage's %d elements", v.stride, numel)
		}
	}
	if reach >= uint64(max(numel, 0)) {
		return fmt.Errorf("offset %d, shape %v and strides %v reach beyond the storage's %d elements", v.offset, shape, v.stride, numel)
	}
	// A stride of 0 repeats an element; a bound by the file's size keeps a small file from filling the memory.
	if n > uint64(max(fileSize, 1<<22)) {
		return fmt.Errorf("shape %v is %d elements, in a file of %d bytes", shape, n, fileSize)
	}
	v.n, v.highest = int(n), int64(reach)
	return nil
}

// numbers reads a tuple, a list or a torch.Size of whole numbers.
func numbers(v pickle.Value) ([]int64, bool) {
	var items []pickle.Value
	switch x := v.(type) {
	case *pickle.Tuple:
		items = x.Items
	case *pickle.List:
		items = x.Items
	case *pickle.Object:
		if x.Class != (pickle.Global{Module: "torch", Name: "Size"}) || len(x.Args) != 1 {
			return nil, false
		}
		t, ok := x.Args[0].(*pickle.Tuple)
		if !ok {
			return nil, false
		}
		items = t.Items
	default:
		return nil, false
	}
	if len(items) > maxDims {
		return nil, false
	}
	out := make([]int64, len(items))
	for i, x := range items {
		n, ok := x.(int64)
		if !ok {
			return nil, false
		}
		out[i] = n
	}
	return out, true
}
