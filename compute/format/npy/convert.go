package npy

import (
	"fmt"
	"math"

	"reverie/compute/format/internal/num"
)

// convert decodes raw, an allocation of its own which it may change, into dst. first and step say which
// elements these are, for errors.
func convert[T Number](dst []T, raw []byte, d DType, first, step int) error {
	if d.Big != num.HostBig {
		num.Swap(raw, d.Size)
	}
	bad := -1
	switch d {
	case DType{Bool, 1, false}:
		for i, b := range raw {
			raw[i] = min(b, 1)
		}
		bad = num.Uints(dst, raw)
	case DType{Int, 1, d.Big}:
		bad = num.Ints(dst, num.As[int8](raw))
	case DType{Int, 2, d.Big}:
		bad = num.Ints(dst, num.As[int16](raw))
	case DType{Int, 4, d.Big}:
		bad = num.Ints(dst, num.As[int32](raw))
	case DType{Int, 8, d.Big}:
		bad = num.Ints(dst, num.As[int64](raw))
	case DType{Uint, 1, d.Big}:
		bad = num.Uints(dst, raw)
	case DType{Uint, 2, d.Big}:
		bad = num.Uints(dst, num.As[uint16](raw))
	case DType{Uint, 4, d.Big}:
		bad = num.Uints(dst, num.As[uint32](raw))
	case DType{Uint, 8, d.Big}:
		bad = num.Uints(dst, num.As[uint64](raw))
	case DType{Float, 2, d.Big}:
		v := make([]float32, len(dst))
		for i, h := range num.As[uint16](raw) {
			v[i] = half(h)
		}
		bad = num.Floats(dst, v)
	case DType{Float, 4, d.Big}:
		bad = num.Floats(dst, num.As[float32](raw))
	case DType{Float, 8, d.Big}:
		bad = num.Floats(dst, num.As[float64](raw))
	}
	if bad >= 0 {
		return fmt.Errorf("element %d of type %s: its value is no %T: read it as another type", first+bad*step, d, dst[bad])
	}
	return nil
}

// half gives the value of an IEEE 754 binary16.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h&0x8000)<<16, uint32(h>>10&31), uint32(h&0x3ff)
	switch exp {
	case 0: // as a fraction of 2^-24, with its sign
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*0x1p-24))
	case 31: // infinite, or no number
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}
