package num

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Kind is a type of elements of the files of PyTorch and safetensors, some of which NumPy and MATLAB lack.
type Kind uint8

// The kinds.
const (
	Float32 Kind = iota
	Float64
	Float16
	BFloat16
	Int8
	Uint8
	Int16
	Uint16
	Int32
	Uint32
	Int64
	Uint64
	Bool
)

var kinds = [...]struct {
	name string
	size int
}{
	Float32: {"float32", 4}, Float64: {"float64", 8}, Float16: {"float16", 2}, BFloat16: {"bfloat16", 2},
	Int8: {"int8", 1}, Uint8: {"uint8", 1}, Int16: {"int16", 2}, Uint16: {"uint16", 2}, Int32: {"int32", 4},
	Uint32: {"uint32", 4}, Int64: {"int64", 8}, Uint64: {"uint64", 8}, Bool: {"bool", 1},
}

// Size is the number of bytes of one element.
func (k Kind) Size() int { return kinds[k].size }

func (k Kind) String() string { return kinds[k].name }

// Native turns float32 of the given byte order, read into the memory of s, into the machine's.
func Native(s []float32, big bool) {
	if big != HostBig {
		Swap(View(s), 4)
	}
}

// ToFloat32 converts n elements that lie srcStep elements apart in raw to places dstStep apart in dst.
//
// float64 is rounded; a finite number beyond float32's range and an integer that float32 cannot hold
// exactly are errors that tell the element's place among the n.
func ToFloat32(dst []float32, dstStep int, raw []byte, srcStep, n int, k Kind, big bool) error {
	var order binary.ByteOrder = binary.LittleEndian
	if big {
		order = binary.BigEndian
	}
	step := srcStep * k.Size()
	for i, at, to := 0, 0, 0; i < n; i, at, to = i+1, at+step, to+dstStep {
		e := raw[at:]
		switch k {
		case Float32:
			dst[to] = math.Float32frombits(order.Uint32(e))
		case Float64:
			x := math.Float64frombits(order.Uint64(e))
			if dst[to] = float32(x); dst[to]-dst[to] != 0 && x-x == 0 {
				return fmt.Errorf("element %d: %g is beyond the range of float32", i, x)
			}
		case Float16:
			dst[to] = half(order.Uint16(e))
		case BFloat16:
			dst[to] = math.Float32frombits(uint32(order.Uint16(e)) << 16)
		case Bool:
			if e[0] > 1 {
				return fmt.Errorf("element %d: %d is no bool", i, e[0])
			}
			dst[to] = float32(e[0])
		case Uint64:
			x := order.Uint64(e)
			if dst[to] = float32(x); !sameUint(dst[to], x) {
				return inexact(i, x)
			}
		default:
			x := integer(e, k, order)
			if dst[to] = float32(x); !sameInt(dst[to], x) {
				return inexact(i, x)
			}
		}
	}
	return nil
}

func inexact(i int, x any) error {
	return fmt.Errorf("element %d: float32 cannot hold %d exactly", i, x)
}

func integer(e []byte, k Kind, order binary.ByteOrder) int64 {
	switch k {
	case Int8:
		return int64(int8(e[0]))
	case Uint8:
		return int64(e[0])
	case Int16:
		return int64(int16(order.Uint16(e)))
	case Uint16:
		return int64(order.Uint16(e))
	case Int32:
		return int64(int32(order.Uint32(e)))
	case Uint32:
		return int64(order.Uint32(e))
	}
	return int64(order.Uint64(e))
}

// half widens an IEEE 754 binary16, which is exact.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch {
	case exp == 0x1f:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	case exp != 0:
		return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
	}
	x := float32(frac) * 0x1p-24
	return math.Float32frombits(sign | math.Float32bits(x))
}
