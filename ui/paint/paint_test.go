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

func TestFill_coversByPart(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 8, 8))
	Fill(m, color.NRGBA{0, 0, 0, 255}, Box{1.5, 2, 4, 4.25})
	sum := 0
	for i := 3; i < len(m.Pix); i += 4 {
		sum += int(m.Pix[i])
	}
	// By hand: 2.5 × 2.25 pixels.
	if got := float64(sum) / 255; math.Abs(got-5.625) > 0.03 {
		t.Errorf("%g pixels are covered, want 5.625", got)
	}
	Fill(m, color.NRGBA{0, 0, 0, 255}, Box{-5, -5, 100, 100}) // beyond the image
	Dot(m, color.NRGBA{0, 0, 0, 255}, 8, 8, 20)
}

func TestRamp_isCentredOnZero(t *testing.T) {
	r := Ramp{{0, 0, 255, 255}, {100, 100, 100, 255}, {255, 0, 0, 255}}
	for v, want := range map[float64]color.NRGBA{-1: r[0], -7: r[0], 0: r[1], 1: r[2], math.Inf(1): r[2], 0.5: {178, 50, 50, 255}} {
		if got := r.At(v); got != want {
			t.Errorf("At(%g) = %v, want %v", v, got, want)
		}
	}
	if r.At(math.NaN()) != r[1] {
		t.Error("NaN is not 0")
	}
}

func TestCounts(t *testing.T) {
	nan := float32(math.NaN())
	got := Counts([]float32{-2, -1, -0.01, 0.01, 0.9, 2, nan}, 2, 4)
	for i, want := range []int{1, 2, 2, 1} { // bins from −2, −1, 0, 1; an upper end is the last bin's
		if got[i] != want {
			t.Errorf("bins %v", got)
			break
		}
	}
	if Limit([]float32{-3, 2, nan}) != 3 || Limit(nil) != 1 {
		t.Error("limit")
	}
}

// A turned grid of 2 mm, and one voxel without a place.
func turned() []float32 {
	var xyz []float32
	c, s := float32(math.Cos(0.3)), float32(math.Sin(0.3))
	for i := range 5 * 6 * 7 {
		x, y, z := float32(2*(i%5)), float32(2*(i/5%6)), float32(2*(i/30))
		xyz = append(xyz, c*x-s*y, s*x+c*y, z)
	}
	nan := float32(math.NaN())
	return append(xyz, nan, nan, nan)
}

func TestSpaceOf_spacingOfATurnedGrid(t *testing.T) {
	s, ok := SpaceOf(turned())
	if !ok || math.Abs(float64(s.Spacing)-2) > 1e-4 || math.Abs(float64(s.Extent(2))-14) > 1e-3 {
		t.Errorf("%+v, want 2 mm apart, 14 mm high", s)
	}
	if _, ok := SpaceOf([]float32{float32(math.Inf(1)), 0, 0}); ok {
		t.Error("a place at infinity")
	}
	if s, ok := SpaceOf([]float32{1, 2, 3}); !ok || s.Spacing <= 0 {
		t.Error("one voxel has no size")
	}
}

func TestArrange_insideAndOnOneScale(t *testing.T) {
	s, _ := SpaceOf(turned())
	for _, size := range [][2]float32{{900, 200}, {300, 600}, {400, 400}, {10, 10}} {
		a := s.Arrange(size[0], size[1], 16, 18, 46)
		for i, b := range a.Boxes {
			p := Planes[i]
			if math.Abs(float64(b.W()-a.Scale*s.Extent(p.Across))) > 0.01 || math.Abs(float64(b.H()-a.Scale*s.Extent(p.Up))) > 0.01 {
				t.Errorf("%v: %s is on another scale", size, p.Name)
			}
			if size[0] > 100 && (b.X0 < -0.01 || b.Y0 < 17.9 || b.X1 > size[0]+0.01 || b.Y1 > size[1]+0.01) {
				t.Errorf("%v: %s at %v is outside", size, p.Name, b)
			}
		}
		if size[0] > 100 && (a.Rest.W() < 80 || a.Rest.H() < 44) {
			t.Errorf("%v: no room for the legend: %v", size, a.Rest)
		}
	}
}

func TestProject_weightsInFrontAtTheirPlaces(t *testing.T) {
	// Four voxels 3 mm apart; two lie behind each other along x.
	v := Voxels{N: 4, XYZ: []float32{0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 3}, At: []uint32{1, 2, 9}, Weights: []float32{-1, 0.5, 3}}
	s, _ := SpaceOf(v.XYZ)
	ramp := Ramp{{0, 0, 255, 255}, {0, 255, 0, 255}, {255, 0, 0, 255}}
	faint := color.NRGBA{200, 200, 200, 255}
	m := image.NewRGBA(image.Rect(0, 0, 60, 60))
	v.Project(m, s, Planes[0], Box{0, 0, 60, 60}, faint, ramp, 1) // y to the right, z up
	at := func(x, y int) color.NRGBA { return color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA) }
	if at(15, 45) != ramp[0] { // voxels 0 and 1: the weighted one in front
		t.Errorf("at y 0, z 0: %v", at(15, 45))
	}
	if got := at(45, 45); got != ramp.At(0.5) {
		t.Errorf("at y 3, z 0: %v", got)
	}
	if at(15, 15) != faint || at(45, 15).A != 0 {
		t.Errorf("at z 3: %v, %v", at(15, 15), at(45, 15))
	}
}

func TestGrid_allVoxelsFit(t *testing.T) {
	for _, n := range []int{1, 7, 900, 20000} {
		v := Voxels{N: n, At: []uint32{uint32(n - 1)}, Weights: []float32{1}}
		m := image.NewRGBA(image.Rect(0, 0, 300, 200))
		last := color.NRGBA{255, 0, 0, 255}
		v.Grid(m, Box{0, 0, 300, 200}, color.NRGBA{9, 9, 9, 255}, Ramp{last, last, last}, 1)
		found := false
		for i := 0; i < len(m.Pix); i += 4 {
			found = found || m.Pix[i] == 255
		}
		if !found {
			t.Errorf("of %d voxels the last is not drawn", n)
		}
	}
}
