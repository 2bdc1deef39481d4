package nn

import (
	"math"
	"testing"
)

// Wherever a value that is no number stands, it is found.
func TestNotFinite(t *testing.T) {
	bad := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))}
	for _, n := range []int{0, 1, 7, 8, 9, 4095, 4096, 4097, 10000} {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(i)*1e30 - 1
		}
		if at := NotFinite(v); at != -1 {
			t.Errorf("%d numbers: %d", n, at)
		}
		for i := 0; i < n; i = i*3 + 1 {
			was := v[i]
			v[i] = bad[i%3]
			if at := NotFinite(v); at != i {
				t.Errorf("of %d, at %d: found at %d", n, i, at)
			}
			v[i] = was
		}
	}
}
