package inspect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
	"reverie/compute/format/mat73"
)

// wholeMAT is how large an array may be to be read for its first values: those of
// level 5 lie packed one behind the other and are read whole.
const wholeMAT = 32 << 20

// mostMembers is how many elements of a cell or struct array are listed.
const mostMembers = 10_000

// matReader is a MAT-file of any version.
type matReader interface {
	Members(path string, most int) ([]mat.Info, error)
	Read(path string) (*mat.Array, error)
	// first reads the first values of an array without the rest; ok is false where it cannot.
	first(path string, i mat.Info, n int) (v []string, ok bool, err error)
}

type mat5Reader struct{ *mat.File }

func (mat5Reader) first(string, mat.Info, int) ([]string, bool, error) { return nil, false, nil }

type mat73Reader struct{ *mat73.File }

// first reads a part of the dataset below, whose axes stand reversed: its C order
// is MATLAB's. It knows the paths of variables and of fields of single structs.
func (r mat73Reader) first(path string, i mat.Info, n int) ([]string, bool, error) {
	if strings.ContainsAny(path, "{}()") || i.Complex || i.Logical || i.Class < mat.Double || i.Class > mat.Uint64 {
		return nil, false, nil
	}
	h, at := r.HDF5(), strings.ReplaceAll(path, ".", "/")
	info, err := h.Stat(at)
	if err != nil || info.Kind != hdf5.Dataset || product(info.Shape) != i.Len() {
		return nil, false, nil
	}
	v, err := hdf5Values(h, at, info, n)
	return v, true, err
}

// mat opens a MAT-file of level 4 or 5.
func (d *Doc) mat(ctx context.Context) error {
	f, err := mat.Open(d.Path)
	if err != nil {
		return err
	}
	d.closes(f)
	d.Kind = fmt.Sprintf("MATLAB %d file", f.Version)
	if text := strings.TrimSpace(strings.TrimRight(f.Text, "\x00")); text != "" {
		d.fact("written by", "%s", clean(text, 120))
	}
	list := f.Variables()
	d.Roots = matNodes(mat5Reader{f}, "", list)
	if len(list) == 0 {
		d.fact("variables", "none")
	}
	return d.meaning(ctx, names(d.Roots), false)
}

func matNodes(r matReader, parent string, list []mat.Info) []*Node {
	var out []*Node
	for _, i := range list {
		out = append(out, matNode(r, parent+i.Name, i))
	}
	return out
}

var matBytes = map[mat.Class]int{mat.Double: 8, mat.Single: 4, mat.Int8: 1, mat.Uint8: 1, mat.Int16: 2, mat.Uint16: 2,
	mat.Int32: 4, mat.Uint32: 4, mat.Int64: 8, mat.Uint64: 8, mat.Char: 2, mat.Sparse: 8}

func matNode(r matReader, path string, i mat.Info) *Node {
	n := &Node{Name: strings.TrimPrefix(i.Name, "."), Type: i.Kind(), Shape: i.Dims}
	if i.Complex {
		n.Type += ", complex"
	}
	if i.Len() > mostMembers && (i.Class == mat.Cell || i.Class == mat.Struct) {
		n.Note = "the first " + Count(mostMembers) + " elements or fields are listed"
	}
	if i.Global {
		n.Note = "global"
	}
	members := func(context.Context) ([]*Node, error) {
		list, err := r.Members(path, mostMembers)
		if err != nil {
			return nil, err
		}
		return matNodes(r, path, list), nil
	}
	switch i.Class {
	case mat.Cell:
		n.Kind, n.children = Cell, members
		return n
	case mat.Struct:
		n.Kind, n.children = Struct, members
		return n
	case mat.Object, mat.Function, mat.Opaque:
		n.Kind = Object
		if i.ObjectClass != "" {
			n.Type = i.ObjectClass
		}
		n.Note = "named, not read"
		return n
	case mat.Char:
		n.Kind = Text
		if i.Len() > 0 {
			n.total = i.Dims[0]
		}
	case mat.Sparse:
		n.Kind, n.total, n.Note = Array, -1, "the values are those that are not zero"
	default:
		n.Kind = Array
	}
	bytes := int64(matBytes[i.Class])
	if i.Complex {
		bytes *= 2
	}
	if l := i.Len(); l < 1<<40 && i.Class != mat.Sparse {
		n.Bytes = int64(l) * bytes
	}
	n.values = func(_ context.Context, most int) ([]string, error) { return matValues(r, path, i, most) }
	return n
}

// matValues reads the first values in MATLAB's order, the first axis fastest.
func matValues(r matReader, path string, i mat.Info, n int) ([]string, error) {
	if v, ok, err := r.first(path, i, n); ok || err != nil {
		return v, err
	}
	if int64(i.Len())*int64(max(matBytes[i.Class], 1)) > wholeMAT {
		return nil, fmt.Errorf("more than %s in one piece: not read for its beginning", Bytes(wholeMAT))
	}
	a, err := r.Read(path)
	if err != nil {
		return nil, err
	}
	if a.Class == mat.Sparse {
		_, _, values, err := a.Entries()
		if errors.Is(err, mat.ErrClass) {
			return nil, err
		}
		if err != nil {
			return nil, err
		}
		a = values
	}
	switch {
	case a.Class == mat.Char:
		rows, err := a.Rows()
		return quoted(rows[:min(len(rows), n)]), err
	case a.Complex:
		v, err := a.Complex128()
		return complexes(v[:min(len(v), n)]), err
	case a.Logical:
		v, err := a.Bools()
		out := make([]int64, min(len(v), n))
		for k := range out {
			if v[k] {
				out[k] = 1
			}
		}
		return booleans(out), err
	case a.Class == mat.Single:
		v, err := a.Float32()
		return floats(v[:min(len(v), n)]), err
	case a.Class == mat.Double:
		v, err := a.Float64()
		return floats(v[:min(len(v), n)]), err
	}
	v, err := a.Int64()
	if err != nil { // beyond int64
		var f []float64
		if f, err = a.Float64(); err == nil {
			return floats(f[:min(len(f), n)]), nil
		}
	}
	return integers(v[:min(len(v), n)]), err
}
