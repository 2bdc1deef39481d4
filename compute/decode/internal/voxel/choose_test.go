package voxel

import (
	"slices"
	"testing"
)

// FuzzChoose compares with a stable sort of all scores.
func FuzzChoose(f *testing.F) {
	f.Add([]byte{3, 1, 4, 1, 5, 9, 2, 6}, uint8(3), false)
	f.Add([]byte{0, 0, 0, 0}, uint8(2), true)
	f.Add([]byte{255, 255, 254, 0, 1}, uint8(4), true)
	scale := []float64{1, 1e-320, 1e300, 1e-3}
	f.Fuzz(func(t *testing.T, raw []byte, n uint8, low bool) {
		k := int(n)
		if k == 0 || k > len(raw) {
			return
		}
		scores, order := make([]float64, len(raw)), make([]int, len(raw))
		for i, b := range raw {
			scores[i], order[i] = float64(int(b)-20)*scale[k%len(scale)], i
			if b < 20 {
				scores[i] = -1
			}
		}
		slices.SortStableFunc(order, func(a, b int) int {
			switch {
			case scores[a] > scores[b]:
				return -1
			case scores[a] < scores[b]:
				return 1
			case low:
				return a - b
			}
			return b - a
		})
		want := order[:k]
		slices.Sort(want)
		got := make([]uint32, k)
		new(Chooser).Choose(scores, low, got)
		for i := range want {
			if int(got[i]) != want[i] {
				t.Fatalf("%v, want %v of %v", got, want, scores)
			}
		}
	})
}
