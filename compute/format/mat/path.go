package mat

import (
	"fmt"
	"strconv"
	"strings"
)

// step is one step of a path into a struct or a cell.
type step struct {
	kind  byte   // '.', '(' or '{'
	field string // of '.'
	index []int  // of the others, counted from 0
}

// parsePath splits the part of a path behind the variable's name.
func parsePath(p string) ([]step, error) {
	var steps []step
	for p != "" {
		kind := p[0]
		closing := map[byte]string{'(': ")", '{': "}"}[kind]
		switch {
		case kind == '.':
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
			s := step{kind: kind}
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

// offset returns which element of an array of the dimensions an index names.
func offset(index, dims []int) (int, error) {
	n, err := product(dims)
	if err != nil {
		return 0, err
	}
	k := 0
	switch {
	case len(index) == 1:
		k = index[0]
	case len(index) != len(dims):
		return 0, fmt.Errorf("%d indices where the dimensions are %v", len(index), dims)
	default:
		for d := len(dims) - 1; d >= 0; d-- {
			if index[d] >= dims[d] {
				return 0, fmt.Errorf("index %d beyond the dimensions %v", index[d]+1, dims)
			}
			k = k*dims[d] + index[d]
		}
	}
	if k >= n {
		return 0, fmt.Errorf("index %d of %d elements", k+1, n)
	}
	return k, nil
}

// find returns the variable that a path begins with and the steps behind it. Of two variables of one name
// the last one counts, as in scipy.
func (f *File) find(path string) (entry, []step, error) {
	for _, name := range []string{path, path[:len(path)-len(strings.TrimLeftFunc(path, func(r rune) bool { return !strings.ContainsRune(".({", r) }))]} {
		for i := len(f.entries) - 1; i >= 0; i-- {
			if f.entries[i].Name == name {
				steps, err := parsePath(path[len(name):])
				return f.entries[i], steps, err
			}
		}
	}
	var names []string
	for i, e := range f.entries {
		if i == 20 {
			names = append(names, "…")
			break
		}
		names = append(names, e.Name)
	}
	return entry{}, nil, fmt.Errorf("no such variable (there are: %s)", strings.Join(names, ", "))
}

// next returns how many children stand before the one that the first steps name, and the steps behind.
func next(i Info, steps []step) (int, []step, error) {
	k, at := 0, steps[0]
	if i.Class == Cell && at.kind == '{' {
		k, err := offset(at.index, i.Dims)
		return k, steps[1:], err
	}
	if i.Class != Struct {
		return 0, nil, fmt.Errorf("%w: %s has no elements that %c names", ErrClass, i.Kind(), at.kind)
	}
	switch n, err := product(i.Dims); {
	case err != nil:
		return 0, nil, err
	case at.kind == '(' && len(steps) > 1:
		if k, err = offset(at.index, i.Dims); err != nil {
			return 0, nil, err
		}
		steps = steps[1:]
	case n != 1:
		return 0, nil, fmt.Errorf("a struct array of %v: say which element, as in (1).%s", i.Dims, at.field)
	}
	if steps[0].kind != '.' {
		return 0, nil, fmt.Errorf("a field name is expected: the struct has %s", strings.Join(i.Fields, ", "))
	}
	for j := len(i.Fields) - 1; j >= 0; j-- {
		if i.Fields[j] == steps[0].field {
			return k*len(i.Fields) + j, steps[1:], nil
		}
	}
	return 0, nil, fmt.Errorf("no field %q: the struct has %s", steps[0].field, strings.Join(i.Fields, ", "))
}

// descend reads on to what the steps name and returns its head and its end. The stream then stands behind
// the head. An array without bytes gives the head of empty.
func (s *stream) descend(end int64, steps []step) (Info, int64, error) {
	for depth := 0; ; depth++ {
		if s.pos == end {
			if len(steps) > 0 {
				return Info{}, 0, fmt.Errorf("an empty array has no elements")
			}
			return empty.Info, end, nil
		}
		i, err := s.head(end)
		if err != nil || len(steps) == 0 {
			return i, end, err
		}
		if depth == maxDepth {
			return i, 0, fmt.Errorf("cells and structs stand more than %d deep", maxDepth)
		}
		var before int
		if before, steps, err = next(i, steps); err != nil {
			return i, 0, err
		}
		for ; ; before-- {
			e, err := s.child(end)
			if err != nil {
				return i, 0, err
			}
			if before == 0 {
				end = e
				break
			}
			if err := s.skip(e - s.pos); err != nil {
				return i, 0, err
			}
		}
	}
}
