package inspect

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat73"
)

// Bounds of what is read for first values where the file's library reads whole
// datasets only: strings, compounds, references.
const (
	wholeElements = 1 << 16
	wholeBytes    = 4 << 20
)

// hdf5 opens HDF5 of every kind; head are the file's first bytes.
func (d *Doc) hdf5(ctx context.Context, head []byte) error {
	h, err := hdf5.OpenGuarded(ctx, d.Path)
	if err != nil {
		return err
	}
	top, err := h.List("/")
	if err != nil {
		h.Close()
		return err
	}
	matlab := bytes.HasPrefix(head, []byte("MATLAB"))
	for _, o := range top[:min(len(top), 4)] {
		if o.Kind == hdf5.Other || matlab {
			continue
		}
		v, err := h.Attr(o.Name, "MATLAB_class")
		matlab = err == nil && v != nil
	}
	if !matlab {
		d.closes(h)
		d.Kind = "HDF5 file"
		if d.Roots, err = hdf5Children(h, "/", top); err != nil {
			return err
		}
		return d.meaning(ctx, names(d.Roots), packed(h, "dataset", "dataSet"))
	}
	f, err := mat73.New(h)
	if err != nil {
		h.Close()
		return err
	}
	d.closes(f)
	d.Kind = "MATLAB 7.3 file"
	if text, _, ok := strings.Cut(string(head[:min(len(head), 116)]), "\x00"); ok || text != "" {
		if text = strings.TrimSpace(text); strings.HasPrefix(text, "MATLAB") {
			d.fact("written by", "%s", clean(text, 120))
		}
	}
	d.Roots = matNodes(mat73Reader{f}, "", f.Variables())
	return d.meaning(ctx, names(d.Roots), packed(h, "dataset", "dataSet", "D/data"))
}

// packed tells whether one of the datasets is large and stored such that reading
// a column means unpacking all of it.
func packed(h *hdf5.File, datasets ...string) bool {
	for _, name := range datasets {
		if i, err := h.Stat(name); err == nil && len(i.Filters) > 0 && product(i.Shape)*max(i.Bytes, 1) > 256<<20 {
			return true
		}
	}
	return false
}

func names(list []*Node) []string {
	var out []string
	for _, n := range list {
		out = append(out, n.Name)
	}
	return out
}

// hdf5Children are the attributes of a group, then what it holds.
func hdf5Children(h *hdf5.File, path string, list []hdf5.Info) ([]*Node, error) {
	out, err := hdf5Attributes(h, path)
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		out = append(out, hdf5Node(h, strings.TrimSuffix(path, "/")+"/"+i.Name, i))
	}
	return out, nil
}

func hdf5Node(h *hdf5.File, path string, i hdf5.Info) *Node {
	n := &Node{Name: i.Name}
	if i.Target != "" {
		n.Note = "a link to " + clean(i.Target, 60)
	}
	switch i.Kind {
	case hdf5.Group:
		n.Kind = Group
		if strings.Count(path, "/") > 64 {
			n.Note = strings.TrimPrefix(n.Note+"; 64 groups deep, not followed", "; ")
			return n
		}
		n.children = func(context.Context) ([]*Node, error) {
			list, err := h.List(path)
			if err != nil {
				return nil, err
			}
			return hdf5Children(h, path, list)
		}
		return n
	case hdf5.Dataset:
	default:
		n.Kind = Link
		if i.External {
			n.Note += ", in another file: not followed"
		} else if n.Note == "" {
			n.Note = "cannot be opened, or is only a type"
		}
		return n
	}
	n.Kind, n.Type, n.Shape, n.Bytes = Dataset, hdf5Type(i), shaped(i.Shape), i.Stored
	if p := packing(i); p != "" {
		n.Note = strings.TrimPrefix(n.Note+"; "+p, "; ")
	}
	n.children = func(context.Context) ([]*Node, error) {
		out, err := hdf5Attributes(h, path)
		if i.Class == hdf5.Compound {
			out = append(out, hdf5Fields(h, path, i)...)
		}
		return out, err
	}
	if i.Class == hdf5.Compound {
		return n
	}
	n.values = func(_ context.Context, most int) ([]string, error) { return hdf5Values(h, path, i, most) }
	return n
}

// hdf5Type is the type as the file has it.
func hdf5Type(i hdf5.Info) string {
	switch i.Class {
	case hdf5.Integer:
		s := "int"
		if !i.Signed {
			s = "uint"
		}
		return s + strconv.Itoa(8*i.Bytes) + order(i.Bytes, i.Big)
	case hdf5.Float:
		return "float" + strconv.Itoa(8*i.Bytes) + order(i.Bytes, i.Big)
	case hdf5.Compound:
		return "compound of " + clean(strings.Join(i.Fields, ", "), 60)
	case hdf5.Enum:
		return "enumeration of " + clean(strings.Join(i.Values, ", "), 60)
	}
	return string(i.Class)
}

// packing says how a dataset is stored.
func packing(i hdf5.Info) string {
	var parts []string
	for _, f := range i.Filters {
		s := f.Name
		if s == "" {
			s = "filter " + strconv.Itoa(f.ID)
		}
		if !f.Available {
			s += " (not in this build)"
		}
		parts = append(parts, s)
	}
	if i.Chunk != nil {
		parts = append(parts, "chunks of "+Shape(i.Chunk))
	}
	return strings.Join(parts, ", ")
}

// hdf5Fields are the fields of a compound dataset, which are read whole.
func hdf5Fields(h *hdf5.File, path string, i hdf5.Info) []*Node {
	var out []*Node
	for _, field := range i.Fields {
		n := &Node{Name: field, Kind: Column, Shape: shaped(i.Shape)}
		n.values = func(_ context.Context, most int) ([]string, error) {
			if product(i.Shape) > wholeElements || i.Stored > wholeBytes {
				return nil, errWhole
			}
			v, err := hdf5.ReadField[float64](h, path, field)
			if err == nil {
				return floats(v[:min(len(v), most)]), nil
			}
			s, text := h.FieldStrings(path, field)
			if text != nil {
				return nil, err
			}
			return quoted(s[:min(len(s), most)]), nil
		}
		out = append(out, n)
	}
	return out
}

func hdf5Attributes(h *hdf5.File, path string) ([]*Node, error) {
	list, err := h.Attributes(path)
	if err != nil {
		return nil, err
	}
	var out []*Node
	for _, a := range list {
		n := &Node{Name: "@" + a.Name, Kind: Attribute, Type: string(a.Class), Shape: shaped(a.Shape)}
		if a.Problem != "" {
			n.Note = a.Problem
		} else {
			n.values = func(_ context.Context, most int) ([]string, error) {
				if a.Class == hdf5.Reference {
					return attributeRefs(h, a.Value, most)
				}
				return anyValues(a.Value, most), nil
			}
		}
		out = append(out, n)
	}
	return out, nil
}
