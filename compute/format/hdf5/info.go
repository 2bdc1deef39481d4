package hdf5

// #include "shim.h"
import "C"

import (
	"fmt"
	"math"
	"strings"
	"unsafe"
)

// Kind is what an object is.
type Kind string

const (
	Group   Kind = "group"
	Dataset Kind = "dataset"
	Other   Kind = "other" // a named type, or a link that leads nowhere
)

// Class is the sort of value a dataset holds.
type Class string

const (
	Integer   Class = "integer"
	Float     Class = "float"
	String    Class = "string"
	Bool      Class = "boolean"     // an enumeration of FALSE and TRUE; reads as integer
	Enum      Class = "enumeration" // reads as integer
	Compound  Class = "compound"
	Sequence  Class = "sequence"         // of variable length
	Reference Class = "reference"        // to objects
	RegionRef Class = "region reference" // to parts of datasets
	Opaque    Class = "other"
)

// Info describes an object. All from Shape on is of datasets only.
type Info struct {
	Name     string // last part of the path
	Kind     Kind
	Target   string // where a soft link leads, or "file:object" of an external one
	External bool   // a link into another file, which is never followed
	Address  uint64 // the same for all names of one object; 0 when unknown
	Links    int    // hard links to it

	Shape   []int // empty for a scalar
	Null    bool  // it has no extent at all; Shape is then [0]
	Class   Class
	Bytes   int      // of one element in the file
	Signed  bool     // of an integer
	Big     bool     // big-endian numbers
	IEEE    bool     // floating-point numbers of 4 or 8 bytes as processors hold them
	Full    bool     // integers that use all their bits
	Fields  []string // of a compound
	Values  []string // names of an enumeration
	Chunk   []int    // nil unless stored in chunks
	Filters []Filter // in the order in which they packed
	Stored  int64    // bytes that the elements take in the file
}

// Filter is a step of packing.
type Filter struct {
	ID        int
	Name      string
	Available bool // this build can undo it
	Params    []uint32
}

// describe fills Info but for the name.
func (l *local) describe(id C.hid_t, name string) (Info, error) {
	var info Info
	var address C.ulonglong
	var links C.uint
	if C.rv_address(id, &address, &links) >= 0 {
		info.Address, info.Links = uint64(address), int(links)
	}
	switch C.H5Iget_type(id) {
	case C.H5I_GROUP:
		info.Kind = Group
		return info, nil
	case C.H5I_DATASET:
	default:
		info.Kind = Other
		return info, nil
	}
	info.Kind = Dataset
	space := C.H5Dget_space(id)
	if space < 0 {
		return info, l.errorf(name, "%s", libraryMessage())
	}
	defer C.H5Sclose(space)
	var err error
	if info.Shape, err = shapeOf(space); err != nil {
		return info, l.errorf(name, "%w", err)
	}
	info.Null = C.H5Sget_simple_extent_type(space) == C.H5S_NULL
	typ := C.H5Dget_type(id)
	if typ < 0 {
		return info, l.errorf(name, "%s", libraryMessage())
	}
	defer C.H5Tclose(typ)
	info.describeType(typ)
	info.Stored = int64(min(uint64(C.H5Dget_storage_size(id)), math.MaxInt64))
	plist := C.H5Dget_create_plist(id)
	if plist < 0 {
		return info, l.errorf(name, "%s", libraryMessage())
	}
	defer C.H5Pclose(plist)
	if n := len(info.Shape); n > 0 && C.H5Pget_layout(plist) == C.H5D_CHUNKED {
		dims := make([]C.hsize_t, n)
		C.H5Pget_chunk(plist, C.int(n), &dims[0])
		for _, d := range dims {
			info.Chunk = append(info.Chunk, int(max(1, min(d, math.MaxInt32))))
		}
	}
	info.Filters = filtersOf(plist)
	return info, nil
}

func (i *Info) describeType(typ C.hid_t) {
	i.Class, i.Bytes = classOf(typ), int(C.H5Tget_size(typ))
	switch i.Class {
	case Integer:
		i.Signed = C.H5Tget_sign(typ) == C.H5T_SGN_2
		i.Big = C.H5Tget_order(typ) == C.H5T_ORDER_BE
		i.Full = int(C.H5Tget_precision(typ)) == 8*i.Bytes
	case Float:
		i.Big = C.H5Tget_order(typ) == C.H5T_ORDER_BE
		i.IEEE = C.rv_is_ieee(typ) != 0
	case Compound:
		i.Fields = members(typ)
	case Enum, Bool:
		i.Values = members(typ)
	}
}

// members names the fields of a compound or the values of an enumeration.
func members(typ C.hid_t) []string {
	var out []string
	for k := range C.H5Tget_nmembers(typ) {
		c := C.H5Tget_member_name(typ, C.uint(k))
		if c == nil {
			return out
		}
		out = append(out, C.GoString(c))
		C.H5free_memory(unsafe.Pointer(c))
	}
	return out
}

func filtersOf(plist C.hid_t) []Filter {
	var out []Filter
	for k := range max(0, C.H5Pget_nfilters(plist)) {
		var flags, config C.uint
		var params [32]C.uint
		var name [256]C.char
		n := C.size_t(len(params))
		id := C.H5Pget_filter2(plist, C.uint(k), &flags, &n, &params[0], C.size_t(len(name)-1), &name[0], &config)
		if id < 0 {
			return out
		}
		f := Filter{ID: int(id), Name: strings.ToValidUTF8(C.GoString(&name[0]), "\uFFFD"), Available: C.H5Zfilter_avail(C.H5Z_filter_t(id)) > 0}
		for _, p := range params[:min(int(n), len(params))] {
			f.Params = append(f.Params, uint32(p))
		}
		out = append(out, f)
	}
	return out
}

// shapeOf also refuses shapes whose element count does not fit an int.
func shapeOf(space C.hid_t) ([]int, error) {
	n := C.H5Sget_simple_extent_ndims(space)
	if n < 0 {
		return nil, fmt.Errorf("%s", libraryMessage())
	}
	if C.H5Sget_simple_extent_type(space) == C.H5S_NULL {
		return []int{0}, nil
	}
	if n == 0 {
		return nil, nil
	}
	dims := make([]C.hsize_t, n)
	C.H5Sget_simple_extent_dims(space, &dims[0], nil)
	shape := make([]int, n)
	total := uint64(1)
	for i, d := range dims {
		if d > 0 && total > math.MaxInt64/64/uint64(d) {
			return nil, fmt.Errorf("%w: its shape %v is absurd; the file is damaged", ErrTooLarge, dims)
		}
		if d > 0 {
			total *= uint64(d)
		}
		shape[i] = int(d)
	}
	return shape, nil
}

func classOf(typ C.hid_t) Class {
	switch C.H5Tget_class(typ) {
	case C.H5T_INTEGER:
		return Integer
	case C.H5T_FLOAT:
		return Float
	case C.H5T_STRING:
		return String
	case C.H5T_COMPOUND:
		return Compound
	case C.H5T_VLEN:
		return Sequence
	case C.H5T_ENUM:
		if m := members(typ); len(m) == 2 && (m[0] == "FALSE" && m[1] == "TRUE" || m[0] == "TRUE" && m[1] == "FALSE") {
			return Bool
		}
		return Enum
	case C.H5T_REFERENCE:
		if C.rv_is_objref(typ) != 0 {
			return Reference
		}
		if C.rv_is_regref(typ) != 0 {
			return RegionRef
		}
	}
	return Opaque
}
