package paint

import (
	"image"
	"image/color"
	"math"
	"testing"
)

func TestTrace_thicknessAndGap(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 40, 20))
	nan := float32(math.NaN())
	Trace(m, color.NRGBA{255, 0, 0, 255}, []float32{0, 10, 20, 30, 40}, []float32{10, 10, nan, 10, 10}, 2)
	for x, want := range map[int]int{5: 2, 15: 0, 25: 0, 35: 2} {
		sum := 0
		for y := range 20 {
			sum += int(m.RGBAAt(x, y).A)
		}
		if got := (sum + 127) / 255; got != want {
			t.Errorf("column %d is %d pixels thick, want %d", x, got, want)
		}
	}
}
