package hdf5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unsafe"
)

// local is a file open in this process. All but ask and close are called on the worker only.
type local struct {
	path  string
	size  int64
	id    C.hid_t // 0 when closed
	trust bool    // of the request being answered
}

func (l *local) open() error {
	var err error
	do(func() {
		name := C.CString(l.path)
		defer C.free(unsafe.Pointer(name))
		if l.id = C.rv_open(name); l.id < 0 {
			l.id = 0
			err = fmt.Errorf("open HDF5 file %s: %s: copy or download it again", l.path, openFailure(libraryMessage()))
		}
	})
	return err
}

var cutShort = regexp.MustCompile(`truncated file: eof = (\d+), sblock->base_addr = \d+, stored_eof = (\d+)`)

// openFailure words what the library says of a file that it does not open.
func openFailure(message string) string {
	if m := cutShort.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("the file is cut short, it has %s of %s bytes", m[1], m[2])
	}
	return message + "; the file may be cut short or damaged"
}

func (l *local) close() error {
	var err error
	do(func() {
		if l.id == 0 {
			return
		}
		if C.H5Fclose(l.id) < 0 {
			err = fmt.Errorf("close HDF5 file %s: %s", l.path, libraryMessage())
		}
		l.id = 0
	})
	return err
}

func (l *local) ask(req *request, alloc func(n int) []byte) (*reply, error) {
	return l.serve(req, &whole{alloc: alloc})
}

// serve answers a request, the numbers going to s.
func (l *local) serve(req *request, s sink) (*reply, error) {
	rep := &reply{}
	var err error
	do(func() {
		l.trust = req.Trust
		err = l.answer(req, rep, s)
	})
	if err != nil {
		return nil, err
	}
	return rep, nil
}

func (l *local) answer(req *request, rep *reply, s sink) (err error) {
	if l.id == 0 {
		return l.errorf(req.Name, "the file is closed")
	}
	switch req.Op {
	case opHas:
		rep.Found = req.Name != "" && !strings.ContainsRune(req.Name, 0) && l.exists(req.Name)
	case opStat:
		rep.Info, err = l.stat(req.Name)
	case opList:
		rep.List, err = l.list(req.Name)
	case opLayout:
		rep.Info, rep.Offset, err = l.layout(req.Name)
	case opUserBlock:
		rep.Offset = l.userBlock()
	case opNumbers:
		err = l.numbers(req, s)
	case opSequences:
		rep.Counts, err = l.sequences(req, s)
	case opStrings:
		rep.Names, err = l.strings(req.Name)
	case opFieldStrings:
		rep.Names, err = l.fieldStrings(req.Name, req.Field)
	case opTexts:
		rep.List, rep.Names, err = l.allTexts(req.Name)
	case opRefs:
		rep.Names, err = l.refs(req.Name)
	case opRefPath:
		rep.Names, err = l.refPath(req.Name)
	case opRegions:
		rep.Regions, err = l.regions(req.Name)
	case opAttrs:
		rep.Attrs, err = l.attrs(req.Name)
	case opAttr:
		rep.Attrs, err = l.attr(req.Name, req.Field)
	default:
		err = fmt.Errorf("an unknown request")
	}
	return err
}

// errorf wraps a message with file and object.
func (l *local) errorf(name, format string, args ...any) error {
	return fmt.Errorf("read %s in %s: %w", display(name), l.path, fmt.Errorf(format, args...))
}

// object opens a group or dataset; the caller closes it with H5Oclose. Behind the name of a reference a
// path may stand.
func (l *local) object(name string) (C.hid_t, error) {
	base, path := l.id, name
	if r, ok := strings.CutPrefix(name, refPrefix); ok {
		r, rest, below := strings.Cut(r, "/")
		addr, err := strconv.ParseUint(r, 10, 64)
		if err != nil {
			return 0, l.errorf(name, "%w", ErrNotFound)
		}
		id := C.rv_deref(l.id, C.hobj_ref_t(addr))
		if id < 0 {
			return 0, l.errorf(name, "%s", libraryMessage())
		}
		if !below {
			return id, nil
		}
		defer C.H5Oclose(id)
		base, path = id, rest
	}
	if path == "" || strings.ContainsRune(path, 0) {
		return 0, l.errorf(name, "%q is not the name of an object", path)
	}
	if external, ok := follow(base, path); external != "" {
		return 0, l.errorf(name, "it is a link into another file (%s), which is not followed", external)
	} else if !ok {
		return 0, l.errorf(name, "%w", ErrNotFound)
	}
	c := C.CString(path)
	defer C.free(unsafe.Pointer(c))
	id := C.H5Oopen(base, c, C.rv_access())
	if id < 0 {
		return 0, l.errorf(name, "%s", libraryMessage())
	}
	return id, nil
}

func (l *local) exists(name string) bool {
	external, ok := follow(l.id, name)
	return ok && external == ""
}

// follow walks the path link by link: the library answers an error, not "no", for a missing middle.
// It stops at a link into another file and returns where that leads.
func follow(base C.hid_t, name string) (external string, ok bool) {
	at := ""
	for _, part := range strings.Split(name, "/") {
		if part == "" {
			continue
		}
		at += part
		c := C.CString(at)
		at += "/"
		kind, target := linkOf(base, c)
		ok := kind == linkHard || kind >= 0 && kind != linkExternal && C.H5Oexists_by_name(base, c, C.rv_access()) > 0
		C.free(unsafe.Pointer(c))
		if kind == linkExternal {
			return target, false
		}
		if !ok {
			C.rv_error(new(C.char), 1)
			return "", false
		}
	}
	return "", true
}

const (
	linkHard     = 0
	linkExternal = 2
)

// linkOf is what link stands at a path, -1 for none, and where a soft or external one leads.
func linkOf(group C.hid_t, name *C.char) (kind int, target string) {
	var buf [1024]C.char
	kind = int(C.rv_link(group, name, &buf[0], C.size_t(len(buf))))
	return kind, strings.ToValidUTF8(C.GoString(&buf[0]), "\uFFFD")
}

func (l *local) userBlock() int64 {
	plist := C.H5Fget_create_plist(l.id)
	if plist < 0 {
		return 0
	}
	defer C.H5Pclose(plist)
	var n C.hsize_t
	if C.H5Pget_userblock(plist, &n) < 0 || n > maxUserBlock {
		return maxUserBlock
	}
	return int64(n)
}

// spare and ratio bound what a dataset may claim: what is small is never refused, and real data is not
// packed better.
const (
	spare = 256 << 20
	ratio = 200
)

// plausible refuses sizes that what is stored cannot account for, and those beyond the memory.
func plausible(shape []int, elements, bytes int, stored int64, trust bool) error {
	need := float64(elements) * float64(bytes)
	if need > spare && need > ratio*float64(stored) && !trust {
		return fmt.Errorf("%w: its shape %v asks for %.0f bytes but the file stores only %d of it; it is damaged or made to fill the memory", ErrTooLarge, shape, need, stored)
	}
	if m := memory(); m > 0 && need > float64(m) {
		return fmt.Errorf("%w: its shape %v asks for %.0f bytes and this machine has %d; read it in parts", ErrTooLarge, shape, need, m)
	}
	return nil
}

// vlenBudget bounds the bytes of variable-length values, which may all refer to one place.
func (l *local) vlenBudget() C.size_t {
	return C.size_t(spare + 20*min(l.size, int64(os.Getpagesize())<<24))
}
