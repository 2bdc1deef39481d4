package num

import (
	"bytes"
	"math"
	"slices"
	"testing"
)

// TestExact converts at the borders of what the types hold.
func TestExact(t *testing.T) {
	big := []int64{1 << 53, 1<<53 + 1}
	if bad := Ints(make([]float64, 2), big); bad != 1 {
		t.Errorf("int64 to float64: %d", bad)
	}
	if bad := Ints(make([]float32, 2), []int32{-1 << 31, 1<<31 - 1}); bad != 1 {
		t.Errorf("int32 to float32: %d", bad)
	}
	if bad := Uints(make([]int64, 2), []uint64{math.MaxInt64, math.MaxInt64 + 1}); bad != 1 {
		t.Errorf("uint64 to int64: %d", bad)
	}
	if bad := Uints(make([]float64, 2), []uint64{1 << 63, math.MaxUint64}); bad != 1 {
		t.Errorf("uint64 to float64: %d", bad)
	}
	inf, nan := math.Inf(1), math.NaN()
	f := make([]float32, 6)
	if bad := Floats(f, []float64{inf, -inf, nan, math.MaxFloat32, 0.1, 1e300}); bad != 5 {
		t.Errorf("float64 to float32: %d", bad)
	}
	if f[0] != float32(inf) || f[1] != float32(-inf) || f[2] == f[2] || f[3] != math.MaxFloat32 || f[4] != 0.1 {
		t.Errorf("%v", f)
	}
	for _, x := range []float64{inf, nan, 0.5, 0x1p63, -0x1p63 - 2048} {
		if bad := Floats(make([]int64, 1), []float64{x}); bad != 0 {
			t.Errorf("%v to int64: %d", x, bad)
		}
	}
	if d := make([]float64, 2); Floats(d, []float32{float32(inf), 1.5}) != -1 || !slices.Equal(d, []float64{inf, 1.5}) {
		t.Errorf("float32 to float64: %v", d)
	}
}

// TestMemory turns numbers into bytes and back.
func TestMemory(t *testing.T) {
	v := []uint32{0x01020304, 0xa0b0c0d0}
	b := slices.Clone(View(v))
	Swap(b, 4)
	Swap(b, 4)
	if !slices.Equal(As[uint32](b), v) {
		t.Errorf("%x", b)
	}
	Swap(b, 4)
	if got := As[uint32](b); got[0] != 0x04030201 || got[1] != 0xd0c0b0a0 {
		t.Errorf("%x", got)
	}
	c := []byte{1, 2, 3}
	if Swap(c, 1); !bytes.Equal(c, []byte{1, 2, 3}) || As[int8](nil) != nil || View[int16](nil) != nil {
		t.Error("bytes or nothing were changed")
	}
}
