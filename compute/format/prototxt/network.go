package prototxt

import (
	"fmt"
	"math"
	"slices"
)

// Network is the view of a tree as Caffe's NetParameter.
type Network struct {
	Name   string
	V1     bool    // it has layers of the older generation
	Inputs []Input // of the fields input…, then of layers of type Input
	Layers []Layer // in the order of the file, those of type Input too
	Tree   *Message
}

// Input is a blob that is fed from outside.
type Input struct {
	Name string
	// Dims is its shape, the number of samples first; nil where the file does not tell.
	Dims []int
}

// Layer is one layer. The parameters of its type are not nil; of other types all are.
type Layer struct {
	Name string
	// Type is in the newer generation's words: "Convolution", also where the file has CONVOLUTION.
	Type        string
	Bottom, Top []string
	// Phase is "TRAIN" or "TEST" for a layer that an include rule keeps to one of them, else "".
	Phase string
	Line  int

	Convolution  *Convolution // of Convolution and Deconvolution
	Pooling      *Pooling
	ReLU         *ReLU
	InnerProduct *InnerProduct
	Reshape      *Reshape
	Dropout      *Dropout
	LRN          *LRN
	Crop         *Crop
	// Node is all that the file says about the layer.
	Node *Message
}

// OpenNetwork reads the network of a .prototxt file.
func OpenNetwork(path string) (*Network, error) {
	m, err := Open(path)
	if err != nil {
		return nil, err
	}
	n, err := NewNetwork(m)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return n, nil
}

// NewNetwork views a tree as a network. A tree without layers and inputs, such as a solver's, is an error.
func NewNetwork(m *Message) (*Network, error) {
	n := &Network{Tree: m}
	var r reader
	n.Name = r.text(m, "name")
	n.inputs(&r, m)
	for _, f := range m.Fields {
		if f.Name != "layer" && f.Name != "layers" {
			continue
		}
		body, err := f.Body()
		if err != nil {
			return nil, err
		}
		l := r.layer(body, f.Line, f.Name == "layers")
		if r.err != nil {
			if l.Name != "" {
				return nil, fmt.Errorf("layer %.100q: %w", l.Name, r.err)
			}
			return nil, r.err
		}
		n.V1 = n.V1 || f.Name == "layers"
		n.Layers = append(n.Layers, l)
		if l.Type == "Input" {
			shapes := r.shapes(r.body(body, "input_param"), "shape")
			for i, top := range l.Top {
				in := Input{Name: top}
				switch { // one shape serves all tops
				case len(shapes) == 1:
					in.Dims = shapes[0]
				case i < len(shapes):
					in.Dims = shapes[i]
				}
				n.Inputs = append(n.Inputs, in)
			}
		}
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case len(n.Layers) == 0 && len(n.Inputs) == 0:
		return nil, fmt.Errorf("%w of a network: it has no layers and no inputs (is it a solver's?)", ErrFormat)
	}
	return n, nil
}

// inputs reads the fields input, input_shape and input_dim (four numbers for each input).
func (n *Network) inputs(r *reader, m *Message) {
	for _, f := range m.All("input") {
		name, err := f.Str()
		r.fail(err)
		n.Inputs = append(n.Inputs, Input{Name: name})
	}
	dims, shapes := r.ints(m, "input_dim", 0), r.shapes(m, "input_shape")
	switch {
	case len(dims) > 0 && len(shapes) > 0:
		r.failf(m.Last("input_dim"), "input_dim and input_shape at once")
	case len(dims) > 0 && len(dims) != 4*len(n.Inputs):
		r.failf(m.Last("input_dim"), "%d numbers input_dim for %d inputs, want four for each", len(dims), len(n.Inputs))
	case len(shapes) > 0 && len(shapes) != len(n.Inputs):
		r.failf(m.Last("input_shape"), "%d times input_shape for %d inputs", len(shapes), len(n.Inputs))
	}
	if r.err != nil {
		return
	}
	for i := range n.Inputs {
		if len(dims) > 0 {
			n.Inputs[i].Dims = dims[4*i : 4*i+4 : 4*i+4]
		} else if len(shapes) > 0 {
			n.Inputs[i].Dims = shapes[i]
		}
	}
}

// Layer finds a layer by its name; nil where there is none.
func (n *Network) Layer(name string) *Layer {
	i := slices.IndexFunc(n.Layers, func(l Layer) bool { return l.Name == name })
	if i < 0 {
		return nil
	}
	return &n.Layers[i]
}

// reader reads typed fields and keeps the first error.
type reader struct{ err error }

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) failf(at *Field, format string, v ...any) {
	r.fail(fmt.Errorf("%w: line %d: %w", ErrFormat, at.Line, fmt.Errorf(format, v...)))
}

// one is the field of a name that may stand once; nil where there is none.
func (r *reader) one(m *Message, name string) *Field {
	f := m.Last(name)
	if f == nil {
		return nil
	}
	for i := range m.Fields {
		if m.Fields[i].Name == name && &m.Fields[i] != f {
			r.failf(f, "%s for the second time, the first is in line %d", name, m.Fields[i].Line)
			break
		}
	}
	return f
}

func (r *reader) text(m *Message, name string) string {
	f := r.one(m, name)
	if f == nil {
		return ""
	}
	s, err := f.Str()
	r.fail(err)
	return s
}

func (r *reader) texts(m *Message, name string) []string {
	var out []string
	for _, f := range m.All(name) {
		s, err := f.Str()
		r.fail(err)
		out = append(out, s)
	}
	return out
}

// empty stands for messages that are left out.
var empty = &Message{}

func (r *reader) body(m *Message, name string) *Message {
	f := r.one(m, name)
	if f == nil {
		return empty
	}
	b, err := f.Body()
	if err != nil {
		r.fail(err)
		return empty
	}
	return b
}

// whole is a whole number from least to most.
func (r *reader) whole(f *Field, least, most int) int {
	v, err := f.Int()
	if err == nil && (v < int64(least) || v > int64(most)) {
		err = f.wrong(fmt.Sprintf("a whole number from %d to %d", least, most))
	}
	if err != nil {
		r.fail(err)
		return least
	}
	return int(v)
}

func (r *reader) int(m *Message, name string, least, otherwise int) int {
	if f := r.one(m, name); f != nil {
		return r.whole(f, least, math.MaxInt32)
	}
	return otherwise
}

func (r *reader) ints(m *Message, name string, least int) []int {
	var out []int
	for _, f := range m.All(name) {
		out = append(out, r.whole(&f, least, math.MaxInt32))
	}
	return out
}

func (r *reader) float(m *Message, name string, otherwise float64) float64 {
	f := r.one(m, name)
	if f == nil {
		return otherwise
	}
	v, err := f.Float()
	r.fail(err)
	return v
}

func (r *reader) bool(m *Message, name string, otherwise bool) bool {
	f := r.one(m, name)
	if f == nil {
		return otherwise
	}
	v, err := f.Bool()
	r.fail(err)
	return v
}

// word is one of an enumeration's words, which stand in the order of their numbers.
func (r *reader) word(m *Message, name string, words ...string) string {
	f := r.one(m, name)
	if f == nil {
		return words[0]
	}
	s, err := f.Enum()
	r.fail(err)
	if n, err := f.Int(); err == nil && n >= 0 && n < int64(len(words)) {
		return words[n]
	}
	if !slices.Contains(words, s) {
		r.fail(f.wrong(fmt.Sprintf("one of %v", words)))
	}
	return s
}

// shapes reads messages of the form { dim: 1 dim: 3 }.
func (r *reader) shapes(m *Message, name string) [][]int {
	var out [][]int
	for _, f := range m.All(name) {
		b, err := f.Body()
		if err != nil {
			r.fail(err)
			break
		}
		out = append(out, append([]int{}, r.ints(b, "dim", 0)...))
	}
	return out
}
