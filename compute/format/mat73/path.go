package mat73

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"reverie/compute/format/mat"
)

// step is one step of a path into a struct or a cell.
type step struct {
	kind  byte   // '.', '(' or '{'
	field string // of '.'
	index []int  // of the others, counted from 0
}

// next splits the first step off what stands in a path behind an array of the given fields. In files that are not
// MATLAB's the names of fields may hold the signs of a path: the longest one counts.
func next(p string, fields []string) (step, string, error) {
	closing := map[byte]string{'(': ")", '{': "}"}[p[0]]
	switch {
	case p[0] == '.':
		n := strings.IndexAny(p[1:], ".({") + 1
		if n == 0 {
			n = len(p)
		}
		for _, name := range fields {
			if end := 1 + len(name); end > n && strings.HasPrefix(p[1:], name) && (end == len(p) || strings.IndexByte(".({", p[end]) >= 0) {
				n = end
			}
		}
		if n == 1 {
			return step{}, "", fmt.Errorf("a field name is missing before %q", p)
		}
		return step{kind: '.', field: p[1:n]}, p[n:], nil
	case closing != "":
		inside, rest, ok := strings.Cut(p[1:], closing)
		if !ok {
			return step{}, "", fmt.Errorf("%q does not close", p)
		}
		s := step{kind: p[0]}
		for _, t := range strings.Split(inside, ",") {
			i, err := strconv.Atoi(strings.TrimSpace(t))
			if err != nil || i < 1 {
				return step{}, "", fmt.Errorf("%q is no index (they count from 1)", t)
			}
			s.index = append(s.index, i-1)
		}
		return s, rest, nil
	}
	return step{}, "", fmt.Errorf("%q follows where ., ( or { is expected", p)
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
	name := ""
	for _, i := range f.vars { // the longest that the path begins with
		rest, ok := strings.CutPrefix(path, i.Name)
		if ok && len(i.Name) > len(name) && (rest == "" || strings.IndexByte(".({", rest[0]) >= 0) {
			name = i.Name
		}
	}
	if name == "" {
		var names []string
		for _, v := range f.vars {
			names = append(names, v.Name)
		}
		return nil, fmt.Errorf("no such variable (there are: %s)", listed(names))
	}
	rest := path[len(name):]
	n, err := f.node("/" + name)
	for depth := 0; err == nil && rest != ""; depth++ {
		if depth == maxDepth {
			return nil, fmt.Errorf("a path of more than %d steps", maxDepth)
		}
		n, rest, err = f.step(n, rest)
	}
	return n, err
}

// step goes to the child that the first steps of a path name.
func (f *File) step(n *node, path string) (*node, string, error) {
	at, rest, err := next(path, n.Fields)
	if err != nil {
		return nil, "", err
	}
	if n.Class == mat.Cell && at.kind == '{' {
		k, err := offset(at.index, n.Dims)
		if err != nil {
			return nil, "", err
		}
		child, err := f.item(n, n.at, k)
		return child, rest, err
	}
	if n.Class != mat.Struct {
		return nil, "", fmt.Errorf("%w: %s has no elements that %c names", mat.ErrClass, n.Kind(), at.kind)
	}
	k := 0
	switch total := size(n.Dims); {
	case at.kind == '(' && rest != "":
		if k, err = offset(at.index, n.Dims); err == nil {
			at, rest, err = next(rest, n.Fields)
		}
		if err != nil {
			return nil, "", err
		}
	case total != 1:
		return nil, "", fmt.Errorf("a struct array of %v: say which element, as in (1).%s", n.Dims, at.field)
	}
	if at.kind != '.' {
		return nil, "", fmt.Errorf("a field name is expected: the struct has %s", listed(n.Fields))
	}
	if !slices.Contains(n.Fields, at.field) {
		return nil, "", fmt.Errorf("no field %q: the struct has %s", at.field, listed(n.Fields))
	}
	below := n.at + "/" + at.field
	if !n.refs {
		child, err := f.node(below)
		return child, rest, err
	}
	child, err := f.item(n, below, k)
	return child, rest, err
}

// unset is what a null reference stands for: a cell or a field that was never set.
func unset() *node {
	return &node{Info: mat.Info{Class: mat.Double, Dims: []int{0, 0}}, empty: true, sparse: -1}
}

// listed names at most 20.
func listed(names []string) string {
	if len(names) > 20 {
		names = append(slices.Clone(names[:20]), "…")
	}
	return strings.Join(names, ", ")
}

// item is what reference k of a dataset leads to.
func (f *File) item(n *node, dataset string, k int) (*node, error) {
	if n.ofTexts() {
		texts, err := f.texts(n)
		if err == nil && k >= len(texts) {
			err = fmt.Errorf("element %d of %d texts", k+1, len(texts))
		}
		if err != nil {
			return nil, err
		}
		return textNode(texts[k]), nil
	}
	refs, err := f.h.Refs(dataset)
	if err != nil {
		return nil, err
	}
	if k >= len(refs) {
		return nil, fmt.Errorf("element %d of %d references", k+1, len(refs))
	}
	if refs[k] == "" { // never set: as Read gives it within the whole
		return unset(), nil
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
	if n.Class != mat.Cell && n.Class != mat.Struct || n.empty {
		return nil, nil
	}
	names, texts, err := []string(nil), []string(nil), error(nil)
	if n.ofTexts() {
		texts, err = f.texts(n)
	} else {
		names, err = f.children(n, maxItems)
	}
	if err != nil {
		return nil, f.errorf(path, err)
	}
	var list []mat.Info
	for k := range min(max(len(names), len(texts)), most) {
		var m *node
		switch {
		case texts != nil:
			m = textNode(texts[k])
		case names[k] == "":
			m = unset()
		default:
			if m, err = f.nodeOrUnreadable(names[k]); err != nil {
				return nil, f.errorf(path, err)
			}
		}
		m.Name = member(n, k)
		list = append(list, m.Info)
	}
	return list, nil
}

// member is what to put behind a path for child k.
func member(n *node, k int) string {
	switch {
	case n.Class == mat.Cell:
		return fmt.Sprintf("{%d}", k+1)
	case size(n.Dims) == 1:
		return "." + n.Fields[k]
	}
	return fmt.Sprintf("(%d).%s", k/len(n.Fields)+1, n.Fields[k%len(n.Fields)])
}

// children names the objects in a cell or struct, at most most of them, in the order of mat.Cells and mat.Structs.
func (f *File) children(n *node, most int) ([]string, error) {
	total := size(n.Dims)
	if per := max(1, len(n.Fields)); total > most/per {
		return nil, fmt.Errorf("it holds %d times %d arrays, too many to be read at once", total, per)
	}
	if n.Class == mat.Cell {
		refs, err := f.h.Refs(n.at)
		if err == nil && len(refs) != total {
			err = fmt.Errorf("%d references for dimensions %v", len(refs), n.Dims)
		}
		return refs, err
	}
	if !n.refs {
		out := make([]string, len(n.Fields))
		for j, name := range n.Fields {
			out[j] = n.at + "/" + name
		}
		return out, nil
	}
	var out []string
	for j, name := range n.Fields {
		refs, err := f.h.Refs(n.at + "/" + name)
		if err != nil {
			return nil, err
		}
		if len(refs) != total {
			return nil, fmt.Errorf("field %s has %d references for dimensions %v", name, len(refs), n.Dims)
		}
		if out == nil { // not before the file has shown that they are there
			out = make([]string, total*len(n.Fields))
		}
		for k, r := range refs {
			out[k*len(n.Fields)+j] = r
		}
	}
	return out, nil
}
