package fresh

import "testing"

func TestMake(t *testing.T) {
	for _, n := range []int{0, 1, 1000, least / 8, 3*least/8 + 5} {
		v := Make[float64](n)
		if len(v) != n {
			t.Fatal(len(v), n)
		}
		for i := range v {
			if v[i] != 0 {
				t.Fatal("not zero")
			}
			v[i] = float64(i)
		}
		for i := range v {
			if v[i] != float64(i) {
				t.Fatal(i, v[i])
			}
		}
	}
}
