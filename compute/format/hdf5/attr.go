package hdf5

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"fmt"
	"math"
	"strings"
	"unsafe"
)

// Attribute is a value attached to an object.
type Attribute struct {
	Name  string
	Class Class
	Shape []int // empty for a scalar
	// Value is string, int64, float64 or bool for a scalar and []string, []int64, []float64 or []bool for an
	// array, flattened. Integers beyond int64 are uint64. Enumerations are their numbers. A reference is a string:
	// a name for the object. Sequences are [][]float64 or [][]int64, those of characters []string. It is nil where
	// there is no value, or where Problem says why it cannot be read.
	Value   any
	Problem string
}

// Attr reads an attribute of an object, as Attribute.Value. The value is nil when there is none of that name.
// An attribute that cannot be read is an error.
func (f *File) Attr(object, attr string) (any, error) {
	rep, err := f.ask(request{Op: opAttr, Name: object, Field: attr}, nil)
	if err != nil || len(rep.Attrs) == 0 {
		return nil, err
	}
	if a := rep.Attrs[0]; a.Problem != "" {
		return nil, f.errorf(object, "attribute %s: %s", attr, a.Problem)
	}
	return rep.Attrs[0].Value, nil
}

// Attributes reads all attributes of an object, sorted by name.
func (f *File) Attributes(object string) ([]Attribute, error) {
	rep, err := f.ask(request{Op: opAttrs, Name: object}, nil)
	if err != nil {
		return nil, err
	}
	return rep.Attrs, nil
}

// Attrs names the attributes of an object, sorted.
func (f *File) Attrs(object string) ([]string, error) {
	all, err := f.Attributes(object)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, a := range all {
		out = append(out, a.Name)
	}
	return out, nil
}

func (l *local) attrs(object string) ([]Attribute, error) {
	id, err := l.object(object)
	if err != nil {
		return nil, err
	}
	defer C.H5Oclose(id)
	names, ok := namesOf(func(p **C.char, n *C.size_t) C.int { return C.rv_attr_names(id, p, n) })
	if !ok {
		return nil, l.errorf(object, "%s", libraryMessage())
	}
	var out []Attribute
	for _, n := range names {
		out = append(out, l.attribute(id, n))
	}
	return out, nil
}

func (l *local) attr(object, attr string) ([]Attribute, error) {
	id, err := l.object(object)
	if err != nil {
		return nil, err
	}
	defer C.H5Oclose(id)
	if strings.ContainsRune(attr, 0) {
		return nil, nil
	}
	c := C.CString(attr)
	defer C.free(unsafe.Pointer(c))
	if C.H5Aexists(id, c) <= 0 {
		C.rv_error(new(C.char), 1)
		return nil, nil
	}
	return []Attribute{l.attribute(id, attr)}, nil
}

func (l *local) attribute(id C.hid_t, name string) Attribute {
	a := Attribute{Name: name}
	c := C.CString(name)
	defer C.free(unsafe.Pointer(c))
	at := C.H5Aopen(id, c, C.H5P_DEFAULT)
	if at < 0 {
		a.Problem = libraryMessage()
		return a
	}
	defer C.H5Aclose(at)
	if err := l.value(at, &a); err != nil {
		a.Value, a.Problem = nil, err.Error()
	}
	return a
}

func (l *local) value(at C.hid_t, a *Attribute) (err error) {
	typ, space := C.H5Aget_type(at), C.H5Aget_space(at)
	if typ < 0 || space < 0 {
		return fmt.Errorf("%s", libraryMessage())
	}
	defer C.H5Tclose(typ)
	defer C.H5Sclose(space)
	a.Class = classOf(typ)
	if a.Shape, err = shapeOf(space); err != nil {
		return err
	}
	n, size := product(a.Shape), int(C.H5Tget_size(typ))
	if n > 0 && n > int(l.size)/max(1, size)+1 {
		return fmt.Errorf("%w: its shape %v does not fit the file; the file is damaged", ErrTooLarge, a.Shape)
	}
	if n == 0 {
		return nil
	}
	scalar := len(a.Shape) == 0
	switch a.Class {
	case String:
		v, err := l.readStrings(typ, typ, space, n, func(p unsafe.Pointer, _ C.hid_t) C.herr_t { return C.H5Aread(at, typ, p) })
		a.Value = one(v, scalar)
		return err
	case Bool:
		v, err := attrNumbers[uint8](at, n)
		b := make([]bool, len(v))
		for i := range v {
			b[i] = v[i] != 0
		}
		a.Value = one(b, scalar)
		return err
	case Integer, Enum:
		if a.Class == Integer && size == 8 && C.H5Tget_sign(typ) == C.H5T_SGN_NONE {
			v, err := attrNumbers[uint64](at, n)
			for _, x := range v {
				if x > math.MaxInt64 {
					a.Value = one(v, scalar)
					return err
				}
			}
		}
		v, err := attrNumbers[int64](at, n)
		a.Value = one(v, scalar)
		return err
	case Float:
		v, err := attrNumbers[float64](at, n)
		a.Value = one(v, scalar)
		return err
	case Reference:
		refs := make([]C.hobj_ref_t, n)
		if C.H5Aread(at, typ, unsafe.Pointer(&refs[0])) < 0 {
			return fmt.Errorf("%s", libraryMessage())
		}
		v := make([]string, n)
		for i, r := range refs {
			v[i] = refName(r)
		}
		a.Value = one(v, scalar)
		return nil
	case Sequence:
		a.Value, err = l.attrSequences(at, typ, space, n)
		return err
	}
	return fmt.Errorf("it holds values of class %s, which cannot be read", a.Class)
}

// one is the value of a scalar, or all.
func one[T any](v []T, scalar bool) any {
	if scalar && len(v) == 1 {
		return v[0]
	}
	return v
}

func attrNumbers[T Number](at C.hid_t, n int) ([]T, error) {
	out := make([]T, n)
	if C.H5Aread(at, C.rv_native(kindOf[T]()), unsafe.Pointer(&out[0])) < 0 {
		return nil, fmt.Errorf("%s", libraryMessage())
	}
	return out, nil
}

// attrSequences reads sequences of numbers, or of characters (MATLAB's names of fields).
func (l *local) attrSequences(at, typ, space C.hid_t, n int) (any, error) {
	base := C.H5Tget_super(typ)
	if base < 0 {
		return nil, fmt.Errorf("%s", libraryMessage())
	}
	defer C.H5Tclose(base)
	switch class := classOf(base); {
	case class == String && C.H5Tis_variable_str(base) <= 0 && C.H5Tget_size(base) == 1:
		p := C.calloc(C.size_t(n), C.sizeof_hvl_t)
		if p == nil {
			return nil, ErrTooLarge
		}
		defer C.free(p)
		defer C.H5Dvlen_reclaim(typ, space, C.H5P_DEFAULT, p)
		if C.H5Aread(at, typ, p) < 0 {
			return nil, fmt.Errorf("%s", libraryMessage())
		}
		out := make([]string, n)
		for i, v := range unsafe.Slice((*C.hvl_t)(p), n) {
			if v.p != nil && uint64(v.len) < math.MaxInt32 {
				out[i] = strings.ToValidUTF8(C.GoStringN((*C.char)(v.p), C.int(v.len)), "\uFFFD")
			}
		}
		return out, nil
	case class == Integer:
		return attrVlen[int64](l, at, space, n)
	case class == Float:
		return attrVlen[float64](l, at, space, n)
	default:
		return nil, fmt.Errorf("it holds sequences of class %s, which cannot be read", class)
	}
}

func attrVlen[T Number](l *local, at, space C.hid_t, n int) ([][]T, error) {
	var all []T
	s := &whole{alloc: func(n int) []byte {
		all = make([]T, n)
		return view(all)
	}}
	counts, err := l.readSequences(space, n, kindOf[T](), s, func(mem, _ C.hid_t, p unsafe.Pointer) C.herr_t {
		return C.H5Aread(at, mem, p)
	})
	if err != nil {
		return nil, err
	}
	out := make([][]T, n)
	for i, c := range counts {
		out[i], all = all[:c:c], all[c:]
	}
	return out, nil
}
