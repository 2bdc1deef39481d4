// Package num turns the bytes of containers into numbers and numbers into other types: exactly, or with an
// error's place. All readers of files share its rules.
package num

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// Stored is a type that numbers are stored in.
type Stored interface {
	int8 | uint8 | int16 | uint16 | int32 | uint32 | int64 | uint64 | float32 | float64
}

// Target is a type that numbers are converted to.
type Target interface{ float32 | float64 | int64 }

// HostBig reports whether this machine is big endian.
var HostBig = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

// View returns the memory of s.
func View[T any](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(s[0])))
}

// As returns the memory of b as numbers in the machine's byte order. b must be the start of an allocation,
// so that numbers lie where they may, and hold whole numbers.
func As[T Stored](b []byte) []T {
	var zero T
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(zero)))
}

// Swap turns the bytes of every element of size bytes around.
func Swap(b []byte, size int) {
	for ; size > 1 && len(b) >= size; b = b[size:] {
		for i, j := 0, size-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	}
}

// whole reports whether T is an integer type.
func whole[T Target]() bool {
	one := T(1)
	return one/2 == 0
}

// sameInt reports whether x, which s was converted to, is s exactly.
func sameInt[T Target, S int8 | int16 | int32 | int64](x T, s S) bool {
	return float64(x) < 0x1p63 && int64(x) == int64(s) // in int64: what S is too narrow for converts to anything
}

// sameUint is sameInt for types without a sign.
func sameUint[T Target, S uint8 | uint16 | uint32 | uint64](x T, s S) bool {
	return float64(x) < 0x1p64 && uint64(x) == uint64(s)
}

// Ints converts src into dst, which is as long, and returns the first place whose value T does not hold
// exactly, or -1.
func Ints[T Target, S int8 | int16 | int32 | int64](dst []T, src []S) int {
	if whole[T]() {
		for i, s := range src {
			dst[i] = T(s)
		}
		return -1
	}
	for i, s := range src {
		x := T(s)
		if !sameInt(x, s) {
			return i
		}
		dst[i] = x
	}
	return -1
}

// Uints is Ints for types without a sign.
func Uints[T Target, S uint8 | uint16 | uint32 | uint64](dst []T, src []S) int {
	if whole[T]() {
		for i, s := range src {
			if uint64(s) > math.MaxInt64 {
				return i
			}
			dst[i] = T(s)
		}
		return -1
	}
	for i, s := range src {
		x := T(s)
		if !sameUint(x, s) {
			return i
		}
		dst[i] = x
	}
	return -1
}

// Floats converts src into dst, which is as long, and returns the first place that does not convert, or -1: a
// fraction, a NaN or what is too large as int64, a finite number beyond the range of float32. To float32 it
// rounds to nearest.
func Floats[T Target, S float32 | float64](dst []T, src []S) int {
	if whole[T]() {
		for i, s := range src {
			v := float64(s)
			if !(v >= -0x1p63 && v < 0x1p63) || v != math.Trunc(v) {
				return i
			}
			dst[i] = T(v)
		}
		return -1
	}
	for i, s := range src {
		x := T(s)
		// Infinite where it was not: the difference is no zero and no NaN then. (A function for this takes twice
		// the time of the whole.)
		if x-x != 0 && s-s == 0 {
			return i
		}
		dst[i] = x
	}
	return -1
}
