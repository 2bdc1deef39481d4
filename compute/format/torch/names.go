package torch

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// commonPrefix takes prefixes that programs put before all names off.
func (f *File) commonPrefix() {
	for _, p := range []string{"module.", "model.", "_orig_mod.", "module."} {
		for _, t := range f.Tensors {
			if !strings.HasPrefix(t.Name, p) || len(t.Name) == len(p) {
				p = ""
				break
			}
		}
		if p == "" {
			continue
		}
		for _, t := range f.Tensors {
			t.Name = t.Name[len(p):]
		}
		f.note(fmt.Sprintf("the prefix %q of all names was left off", p))
	}
}

// unique numbers names that come more than once, as a key "a.b" and a key "b" under "a" do.
func (f *File) unique() {
	seen, next := map[string]bool{}, map[string]int{}
	for _, t := range f.Tensors {
		name := t.Name
		for seen[t.Name] {
			next[name]++
			t.Name = fmt.Sprintf("%s#%d", name, next[name]+1)
		}
		if seen[t.Name] = true; t.Name != name {
			f.note(fmt.Sprintf("a second %.100q is called %.100q", name, t.Name))
		}
	}
}

// shared links tensors to an earlier one of the same storage, type, offset, shape and strides.
func (f *File) shared() {
	first := map[string]*Tensor{}
	var b []byte
	for _, t := range f.Tensors {
		root, shift := t.st.base(), t.st.shift
		b = append(b[:0], root.key...)
		b = append(b, 0)
		b = append(b, t.elem.name...)
		b = binary.LittleEndian.AppendUint64(b, uint64(t.offset+shift))
		for i, d := range t.shape {
			b = binary.LittleEndian.AppendUint64(b, uint64(d))
			b = binary.LittleEndian.AppendUint64(b, uint64(t.stride[i]))
		}
		if t.SameAs = first[string(b)]; t.SameAs == nil {
			first[string(b)] = t
		}
	}
}

// base is the storage that holds the bytes.
func (s *storage) base() *storage {
	if s.root != nil {
		return s.root
	}
	return s
}
