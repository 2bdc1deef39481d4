package mat73

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

// step is one step of a path into a struct or a cell.
type step struct {
	kind  byte   // '.', '(' or '{'
	field string // of '.'
	index []int  // of the others, counted from 0
}

// parse splits the part of a path behind the variable's name.
func parse(p string) ([]step, error) {
	var steps []step
	for p != "" {
		closing := map[byte]string{'(': ")", '{': "}"}[p[0]]
		switch {
		case p[0] == '.':
			n := strings.IndexAny(p[1:], ".({") + 1
			if n == 0 {
				n = len(p)
			}
			if n == 1 {
				return nil, fmt.Errorf("a field name is missing before %q", p)
			}
			steps = append(steps, step{kind: '.', field: p[1:n]})
			p = p[n:]
		case closing != "":
			inside, rest, ok := strings.Cut(p[1:], closing)
			if !ok {
				return nil, fmt.Errorf("%q does not close", p)
			}
			s := step{kind: p[0]}
			for _, t := range strings.Split(inside, ",") {
				i, err := strconv.Atoi(strings.TrimSpace(t))
				if err != nil || i < 1 {
					return nil, fmt.Errorf("%q is no index (they count from 1)", t)
				}
				s.index = append(s.index, i-1)
			}
			steps = append(steps, s)
			p = rest
		default:
			return nil, fmt.Errorf("%q follows where ., ( or { is expected", p)
		}
	}
	return steps, nil
}

// offset is which element of an array an index names.
func offset(index, dims []int) (int, error) {
	k := 0
	if len(index) == 1 {
		k = index[0]
	} else {
		if len(index) != len(dims) {
			return 0, fmt.Errorf("%d indices where the dimensions are %v", len(index), dims)
		}
		for d := len(dims) - 1; d >= 0; d-- {
			if index[d] >= dims[d] {
				return 0, fmt.Errorf("index %d beyond the dimensions %v", index[d]+1, dims)
			}
			k = k*dims[d] + index[d]
		}
	}
	if n := size(dims); k >= n {
		return 0, fmt.Errorf("index %d of %d elements", k+1, n)
	}
	return k, nil
}

// find is the array that a path names.
func (f *File) find(path string) (*node, error) {
	name, rest := path, ""
	if !slices.ContainsFunc(f.vars, func(i mat.Info) bool { return i.Name == path }) {
		if at := strings.IndexAny(path, ".({"); at >= 0 {
			name, rest = path[:at], path[at:]
		}
	}
	if !slices.ContainsFunc(f.vars, func(i mat.Info) bool { return i.Name == name }) {
		var names []string
		for _, v := range f.vars[:min(len(f.vars), 20)] {
			names = append(names, v.Name)
		}
		return nil, fmt.Errorf("no such variable (there are: %s)", strings.Join(names, ", "))
	}
	steps, err := parse(rest)
	if err != nil {
		return nil, err
	}
	if len(steps) > maxDepth {
		return nil, fmt.Errorf("a path of %d steps; %d are allowed", len(steps), maxDepth)
	}
	n, err := f.node("/" + name)
	for err == nil && len(steps) > 0 {
		n, steps, err = f.step(n, steps)
	}
	return n, err
}

// step goes to the child that the first steps name.
func (f *File) step(n *node, steps []step) (*node, []step, error) {
	at := steps[0]
	if n.Class == mat.Cell && at.kind == '{' {
		k, err := offset(at.index, n.Dims)
		if err != nil {
			return nil, nil, err
		}
		child, err := f.item(n, n.at, k)
		return child, steps[1:], err
	}
	if n.Class != mat.Struct {
		return nil, nil, fmt.Errorf("%w: %s has no elements that %c names", mat.ErrClass, n.Kind(), at.kind)
	}
	k := 0
	switch total := size(n.Dims); {
	case at.kind == '(' && len(steps) > 1:
		var err error
		if k, err = offset(at.index, n.Dims); err != nil {
			return nil, nil, err
		}
		steps = steps[1:]
	case total != 1:
		return nil, nil, fmt.Errorf("a struct array of %v: say which element, as in (1).%s", n.Dims, at.field)
	}
	if steps[0].kind != '.' {
		return nil, nil, fmt.Errorf("a field name is expected: the struct has %s", strings.Join(n.Fields, ", "))
	}
	if !slices.Contains(n.Fields, steps[0].field) {
		return nil, nil, fmt.Errorf("no field %q: the struct has %s", steps[0].field, strings.Join(n.Fields, ", "))
	}
	below := n.at + "/" + steps[0].field
	if !n.refs {
		child, err := f.node(below)
		return child, steps[1:], err
	}
	child, err := f.item(n, below, k)
	return child, steps[1:], err
}

// item is what reference k of a dataset leads to.
func (f *File) item(n *node, dataset string, k int) (*node, error) {
	if n.h.Kind == hdf5.Dataset && n.h.Class != hdf5.Reference {
		return nil, fmt.Errorf("%w: its texts are read whole only", mat.ErrClass)
	}
	refs, err := f.h.Refs(dataset)
	if err != nil {
		return nil, err
	}
	if k >= len(refs) || refs[k] == "" {
		return nil, fmt.Errorf("element %d refers to nothing", k+1)
	}
	return f.node(refs[k])
}

// Members returns what the children of the cell or struct at path are, at most most of them, without their
// content. Name is what to put behind the path to read one: .field, (2).field or {3}. Other arrays have none.
func (f *File) Members(path string, most int) ([]mat.Info, error) {
	n, err := f.find(path)
	if err != nil {
		return nil, f.errorf(path, err)
	}
	if n.Class != mat.Cell && n.Class != mat.Struct || n.empty || n.h.Class == hdf5.String {
		return nil, nil
	}
	refs, err := f.children(n)
	if err != nil {
		return nil, f.errorf(path, err)
	}
	var list []mat.Info
	for k, name := range refs[:min(len(refs), most)] {
		m := &node{Info: mat.Info{Class: mat.Double, Dims: []int{0, 0}}}
		if name != "" {
			if m, err = f.node(name); err != nil {
				return nil, f.errorf(path, err)
			}
		}
		switch {
		case n.Class == mat.Cell:
			m.Name = fmt.Sprintf("{%d}", k+1)
		case size(n.Dims) == 1:
			m.Name = "." + n.Fields[k]
		default:
			m.Name = fmt.Sprintf("(%d).%s", k/len(n.Fields)+1, n.Fields[k%len(n.Fields)])
		}
		list = append(list, m.Info)
	}
	return list, nil
}

// children names the objects in a cell or struct, in the order of mat.Cells and mat.Structs.
func (f *File) children(n *node) ([]string, error) {
	total := size(n.Dims)
	if n.Class == mat.Cell {
		refs, err := f.h.Refs(n.at)
		if err == nil && len(refs) != total {
			err = fmt.Errorf("%d references for dimensions %v", len(refs), n.Dims)
		}
		return refs, err
	}
	out := make([]string, total*len(n.Fields))
	for j, name := range n.Fields {
		if !n.refs {
			out[j] = n.at + "/" + name
			continue
		}
		refs, err := f.h.Refs(n.at + "/" + name)
		if err != nil {
			return nil, err
		}
		if len(refs) != total {
			return nil, fmt.Errorf("field %s has %d references for dimensions %v", name, len(refs), n.Dims)
		}
		for k, r := range refs {
			out[k*len(n.Fields)+j] = r
		}
	}
	return out, nil
}
