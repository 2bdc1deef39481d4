package hdf5

// #include "shim.h"
import "C"

import (
	"fmt"
	"strings"
	"unsafe"
)

// Stat describes one object.
func (f *File) Stat(name string) (Info, error) {
	rep, err := f.ask(request{Op: opStat, Name: name}, nil)
	if err != nil {
		return Info{}, err
	}
	return rep.Info, nil
}

// List describes the children of a group, sorted by name. "/" is the root. What cannot be opened is listed
// as Other.
func (f *File) List(group string) ([]Info, error) {
	rep, err := f.ask(request{Op: opList, Name: group}, nil)
	if err != nil {
		return nil, err
	}
	return rep.List, nil
}

// maxWalk bounds a walk: files of a million objects are not of this field.
const maxWalk = 1 << 20

// Walk calls visit for every object below the root, each once however many names it has, in the order of
// names, groups before what they hold. Links into other files and links that lead nowhere are visited as Other.
// Groups that hold themselves are no matter. An error of visit ends the walk and is returned.
func (f *File) Walk(visit func(path string, info Info) error) error {
	root, err := f.Stat("/")
	if err != nil {
		return err
	}
	seen := map[uint64]bool{root.Address: true}
	todo := []string{"/"}
	for n := 0; len(todo) > 0; {
		group := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		all, err := f.List(group)
		if err != nil {
			return err
		}
		var below []string
		for _, info := range all {
			if info.Kind != Other && seen[info.Address] {
				continue
			}
			if n++; n > maxWalk {
				return fmt.Errorf("read %s: %w: it has more than %d objects", f.path, ErrTooLarge, maxWalk)
			}
			seen[info.Address] = true
			path := strings.TrimSuffix(group, "/") + "/" + info.Name
			if err := visit(path, info); err != nil {
				return err
			}
			if info.Kind == Group {
				below = append(below, path)
			}
		}
		for i := len(below) - 1; i >= 0; i-- {
			todo = append(todo, below[i])
		}
	}
	return nil
}

func (l *local) list(group string) ([]Info, error) {
	id, err := l.object(group)
	if err != nil {
		return nil, err
	}
	defer C.H5Oclose(id)
	if C.H5Iget_type(id) != C.H5I_GROUP {
		return nil, l.errorf(group, "it is not a group")
	}
	names, ok := namesOf(func(p **C.char, n *C.size_t) C.int { return C.rv_names(id, p, n) })
	if !ok {
		return nil, l.errorf(group, "%s", libraryMessage())
	}
	out := make([]Info, len(names))
	for i, n := range names {
		out[i] = l.child(id, group, n)
	}
	return out, nil
}

// child describes what a link of a group leads to.
func (l *local) child(group C.hid_t, path, name string) Info {
	c := C.CString(name)
	defer C.rv_free(unsafe.Pointer(c))
	kind, target := linkOf(group, c)
	info := Info{Name: name, Kind: Other, Target: target, External: kind == linkExternal}
	if kind == linkExternal {
		return info
	}
	id := C.H5Oopen(group, c, C.rv_access())
	if id < 0 {
		C.rv_error(new(C.char), 1)
		return info
	}
	defer C.H5Oclose(id)
	if got, err := l.describe(id, path+"/"+name); err == nil {
		got.Name, got.Target = name, target
		return got
	}
	return info
}

func namesOf(call func(**C.char, *C.size_t) C.int) ([]string, bool) {
	var p *C.char
	var n C.size_t
	if call(&p, &n) < 0 {
		return nil, false
	}
	defer C.rv_free(unsafe.Pointer(p))
	if n == 0 {
		return nil, true
	}
	if n > 1<<30 {
		return nil, false
	}
	return strings.Split(C.GoStringN(p, C.int(n-1)), "\x00"), true
}

func (l *local) stat(name string) (Info, error) {
	id, err := l.object(name)
	if err != nil {
		return Info{}, err
	}
	defer C.H5Oclose(id)
	info, err := l.describe(id, name)
	info.Name = name[strings.LastIndexByte(name, '/')+1:]
	return info, err
}

// layout also tells where in the file the bytes of a contiguous dataset stand, -1 when they do not.
func (l *local) layout(name string) (Info, int64, error) {
	d, err := l.dataset(name)
	if err != nil {
		return Info{}, -1, err
	}
	defer d.close()
	if d.Chunk != nil || d.Stored != int64(product(d.Shape))*int64(d.Bytes) {
		return d.Info, -1, nil
	}
	at := C.H5Dget_offset(d.id)
	if int64(at) <= 0 {
		C.rv_error(new(C.char), 1)
		return d.Info, -1, nil
	}
	return d.Info, int64(at), nil
}
