package mat

import "fmt"

// Read reads the variable, field or cell that a path names, whole. A path is written as in MATLAB: name,
// name.field, name{3}, name{1,3}, name(2).field, and on from there. Indices count from 1. What stands
// beside it is skipped. Reading a whole compressed variable compares its checksum.
func (f *File) Read(path string) (*Array, error) {
	a, err := f.read(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", f.name, path, err)
	}
	return a, nil
}

func (f *File) read(path string) (*Array, error) {
	e, steps, err := f.find(path)
	if err != nil {
		return nil, err
	}
	if f.Version == 4 {
		if len(steps) > 0 {
			return nil, fmt.Errorf("%w: a file of level 4 has no structs and cells", ErrClass)
		}
		return f.read4(e)
	}
	s, end, c, err := f.open(e)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	i, end, err := s.descend(end, steps)
	if err != nil {
		return nil, err
	}
	a := &Array{Info: i}
	a.Name = path
	if err := s.body(a, end, len(steps)); err != nil {
		return nil, err
	}
	if len(steps) > 0 {
		return a, nil
	}
	if err := s.skip(end - s.pos); err != nil {
		return nil, err
	}
	return a, s.finish()
}

// Members returns what the children of the cell or struct at path are, at most most of them, without their
// content. Name is what to put behind the path to read one: .field, (2).field or {3}. Other arrays have none.
func (f *File) Members(path string, most int) ([]Info, error) {
	list, err := f.members(path, most)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", f.name, path, err)
	}
	return list, nil
}

func (f *File) members(path string, most int) ([]Info, error) {
	e, steps, err := f.find(path)
	if err != nil || f.Version == 4 {
		return nil, err
	}
	s, end, c, err := f.open(e)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	i, end, err := s.descend(end, steps)
	if err != nil {
		return nil, err
	}
	n := i.Len()
	count := n
	if i.Class == Struct {
		if f := len(i.Fields); f == 0 || int64(n) <= (end-s.pos)/8/int64(f) {
			count = n * f
		}
	} else if i.Class != Cell {
		return nil, nil
	}
	var list []Info
	for k := range min(count, most) {
		e, err := s.child(end)
		if err != nil {
			return nil, err
		}
		m := empty.Info
		if e > s.pos {
			if m, err = s.head(e); err != nil {
				return nil, err
			}
		}
		switch {
		case i.Class == Cell:
			m.Name = fmt.Sprintf("{%d}", k+1)
		case n == 1:
			m.Name = "." + i.Fields[k]
		default:
			m.Name = fmt.Sprintf("(%d).%s", k/len(i.Fields)+1, i.Fields[k%len(i.Fields)])
		}
		list = append(list, m)
		if err := s.skip(e - s.pos); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Cells returns the elements of a cell array in column-major order.
func (a *Array) Cells() ([]*Array, error) {
	if a.Class != Cell {
		return nil, a.not("cells")
	}
	return a.items, nil
}

// Field returns a field of element i, counted from 0 in column-major order, of a struct array.
func (a *Array) Field(i int, name string) (*Array, error) {
	if a.Class != Struct {
		return nil, a.not("a struct")
	}
	if n := a.Len(); i < 0 || i >= n {
		return nil, fmt.Errorf("%s: element %d of a struct array of %d", a.Name, i, n)
	}
	for j := len(a.Fields) - 1; j >= 0; j-- {
		if a.Fields[j] == name {
			return a.items[i*len(a.Fields)+j], nil
		}
	}
	return nil, fmt.Errorf("%s: no field %q", a.Name, name)
}
