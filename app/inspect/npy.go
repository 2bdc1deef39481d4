package inspect

import (
	"context"

	"reverie/compute/format/npy"
)

func (d *Doc) npy() error {
	a, err := npy.Open(d.Path)
	if err != nil {
		return err
	}
	d.closes(a)
	d.Kind = "NumPy array"
	if isMean(a.Shape) {
		d.Kind = "NumPy array: a mean image by its shape"
	}
	n := npyNode("array", a)
	d.Roots = []*Node{n}
	d.fact("type", "%s", n.Type)
	d.fact("shape", "%s", Shape(a.Shape))
	d.fact("format version", "%d.0", a.Major)
	if isMean(a.Shape) && a.Len <= 1<<21 {
		if v, err := npy.ReadAll[float64](a); err == nil {
			d.channelMeans(v)
		}
	}
	return nil
}

// isMean tells a mean image by its shape.
func isMean(shape []int) bool {
	n := len(shape)
	return n >= 3 && shape[n-3] == 3 && shape[n-2] == shape[n-1] && product(shape) == 3*shape[n-1]*shape[n-1] && shape[n-1] >= 64
}

// channelMeans tells the means of the three planes of a mean image.
func (d *Doc) channelMeans(v []float64) {
	var mean [3]float64
	area := len(v) / 3
	for i, x := range v {
		mean[i/area] += x / float64(area)
	}
	d.fact("channel means", "%.4f, %.4f, %.4f (B, G, R where Caffe's)", mean[0], mean[1], mean[2])
}

func (d *Doc) npz() error {
	a, err := npy.OpenArchive(d.Path)
	if err != nil {
		return err
	}
	d.closes(a)
	d.Kind = "NumPy archive"
	names := a.Names()
	d.fact("arrays", "%s", Count(len(names)))
	for _, name := range names {
		x, err := a.Array(name)
		if err != nil {
			d.Roots = append(d.Roots, &Node{Name: name, Kind: Array, Note: "cannot be read: " + err.Error()})
			continue
		}
		d.Roots = append(d.Roots, npyNode(name, x))
	}
	return nil
}

func npyNode(name string, a *npy.Array) *Node {
	n := &Node{Name: name, Kind: Array, Type: a.Descr, Shape: shaped(a.Shape)}
	if a.DType.Kind != npy.Other {
		n.Type = npyType(a.DType)
		n.Bytes = int64(a.Len) * int64(a.DType.Size)
	}
	if a.Fortran && len(a.Shape) > 1 {
		n.Note = "first axis fastest in the file"
	}
	if a.DType.Kind == npy.Other {
		n.Type = clean(n.Type, 60)
		n.Note = "values of this type are not read"
		return n
	}
	n.values = func(_ context.Context, most int) ([]string, error) { return npyValues(a, most) }
	return n
}

// shaped keeps the shape of a scalar from being nil.
func shaped(s []int) []int {
	if s == nil {
		return []int{}
	}
	return s
}

// npyType puts NumPy's spelling in words.
func npyType(t npy.DType) string {
	word := map[npy.Kind]string{npy.Bool: "bool", npy.Int: "int", npy.Uint: "uint", npy.Float: "float", npy.Complex: "complex",
		npy.Bytes: "bytes", npy.Unicode: "text"}[t.Kind]
	switch t.Kind {
	case npy.Bool:
		return word
	case npy.Bytes:
		return word + " of " + Count(t.Size)
	case npy.Unicode:
		return word + " of " + Count(t.Size/4)
	}
	return word + Count(8*t.Size) + order(t.Size, t.Big)
}

func npyValues(a *npy.Array, n int) ([]string, error) {
	switch k := a.DType.Kind; {
	case k == npy.Bool:
		v, err := npy.Read[int64](a, 0, n)
		return booleans(v), err
	case k == npy.Int, k == npy.Uint && a.DType.Size < 8:
		v, err := npy.Read[int64](a, 0, n)
		return integers(v), err
	case k == npy.Uint: // beyond 2^63 only float64 holds it, and only some exactly
		v, err := npy.Read[int64](a, 0, n)
		if err == nil {
			return integers(v), nil
		}
		w, err := npy.Read[float64](a, 0, n)
		return floats(w), err
	case k == npy.Float && a.DType.Size < 8:
		v, err := npy.Read[float32](a, 0, n)
		return floats(v), err
	case k == npy.Float:
		v, err := npy.Read[float64](a, 0, n)
		return floats(v), err
	case k == npy.Complex:
		v, err := npy.ReadComplex(a, 0, n)
		return complexes(v), err
	}
	v, err := npy.ReadStrings(a, 0, n)
	return quoted(v), err
}

func booleans(v []int64) []string {
	out := make([]string, len(v))
	for i, x := range v {
		out[i] = map[bool]string{false: "false", true: "true"}[x != 0]
	}
	return out
}
