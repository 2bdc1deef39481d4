package paint

import (
	"image"
	"image/color"
	"math"
	"slices"
)

// Voxels is a region with the weights of some of its voxels.
type Voxels struct {
	N       int
	XYZ     []float32 // places in mm, three each; nil where unknown
	At      []uint32  // voxels with a weight
	Weights []float32 // of these
}

// Plane is a projection: an axis of XYZ to the right, one upwards.
type Plane struct {
	Name       string
	Across, Up int
}

// Planes are the usual three.
var Planes = [3]Plane{{"Sagittal", 1, 2}, {"Coronal", 0, 2}, {"Axial", 0, 1}}

// Space is what is known of the places of a region's voxels.
type Space struct {
	Low, High [3]float32
	Spacing   float32 // between neighbours, mm
}

// SpaceOf measures places; ok is false where none is finite.
func SpaceOf(xyz []float32) (s Space, ok bool) {
	for k := range 3 {
		s.Low[k], s.High[k] = float32(math.Inf(1)), float32(math.Inf(-1))
	}
	var finite []int
	for v := range len(xyz) / 3 {
		p := xyz[3*v : 3*v+3]
		if sum := p[0] + p[1] + p[2]; sum-sum != 0 {
			continue
		}
		finite = append(finite, v)
		for k, x := range p {
			s.Low[k], s.High[k] = min(s.Low[k], x), max(s.High[k], x)
		}
	}
	if len(finite) == 0 {
		return s, false
	}
	s.Spacing = spacing(xyz, finite)
	for k := range 3 {
		s.Low[k] -= s.Spacing / 2
		s.High[k] += s.Spacing / 2
	}
	return s, true
}

// spacing is the median distance of some voxels to their nearest: it holds for
// places on a grid of any orientation.
func spacing(xyz []float32, finite []int) float32 {
	const some = 48
	var nearest []float32
	for i := 0; i < len(finite); i += max(1, len(finite)/some) {
		p := xyz[3*finite[i]:]
		best := float32(math.Inf(1))
		for _, v := range finite {
			q := xyz[3*v:]
			dx, dy, dz := p[0]-q[0], p[1]-q[1], p[2]-q[2]
			if d := dx*dx + dy*dy + dz*dz; d > 0 {
				best = min(best, d)
			}
		}
		if !math.IsInf(float64(best), 1) {
			nearest = append(nearest, float32(math.Sqrt(float64(best))))
		}
	}
	if len(nearest) == 0 {
		return 3
	}
	slices.Sort(nearest)
	return nearest[len(nearest)/2]
}

// Extent is the size in mm along an axis.
func (s Space) Extent(axis int) float32 { return s.High[axis] - s.Low[axis] }

// Arrangement is where projections stand.
type Arrangement struct {
	Boxes [3]Box
	Scale float32 // length of a mm, the same in all
	Rest  Box     // room that is left, for a legend
}

// Arrange puts the three projections on one scale into a width and height, with
// head above each for its name and gap between, in a row or two over one,
// whichever makes them larger. legend is the least height for a legend.
func (s Space) Arrange(w, h, gap, head, legend float32) Arrangement {
	dx, dy, dz := s.Extent(0), s.Extent(1), s.Extent(2)
	row := min((w-2*gap)/(dy+2*dx), (h-head-legend-gap)/max(dz, dy))
	square := min((w-gap)/(dy+dx), (h-2*head-gap)/(dz+dy))
	at := func(x, y, wide, high, scale float32) Box { return Box{x, y, x + wide*scale, y + high*scale} }
	if row >= square {
		k := max(row, 0)
		left := (w - 2*gap - k*(dy+2*dx)) / 2
		a := Arrangement{Scale: k, Rest: Box{0, h - legend, w, h}}
		tall := k * max(dz, dy)
		head += max(h-head-legend-gap-tall, 0) / 2
		a.Boxes[0] = at(left, head+(tall-k*dz)/2, dy, dz, k)
		a.Boxes[1] = at(left+k*dy+gap, head+(tall-k*dz)/2, dx, dz, k)
		a.Boxes[2] = at(left+k*(dy+dx)+2*gap, head+(tall-k*dy)/2, dx, dy, k)
		return a
	}
	k := max(square, 0)
	left := (w - gap - k*(dy+dx)) / 2
	a := Arrangement{Scale: k}
	a.Boxes[0] = at(left, head, dy, dz, k)
	a.Boxes[1] = at(left+k*dy+gap, head, dx, dz, k)
	a.Boxes[2] = at(left+k*dy+gap, 2*head+k*dz+gap, dx, dy, k)
	a.Rest = Box{0, 2*head + k*dz + gap, left + k*dy, h}
	return a
}

// Project draws the voxels in a plane: all of them faint, those with a weight in
// the colour of weight by limit, the greatest in front. box is the plane's.
func (v Voxels) Project(dst *image.RGBA, s Space, p Plane, box Box, faint color.NRGBA, ramp Ramp, limit float64) {
	k := box.W() / max(s.Extent(p.Across), 1e-6)
	side := max(k*s.Spacing*0.92, 2)
	square := func(voxel int, c color.NRGBA) {
		if voxel < 0 || 3*voxel+3 > len(v.XYZ) {
			return
		}
		x, y := v.XYZ[3*voxel+p.Across], v.XYZ[3*voxel+p.Up]
		if z := v.XYZ[3*voxel] + v.XYZ[3*voxel+1] + v.XYZ[3*voxel+2]; z-z != 0 {
			return
		}
		cx, cy := box.X0+(x-s.Low[p.Across])*k, box.Y1-(y-s.Low[p.Up])*k
		Fill(dst, c, Box{cx - side/2, cy - side/2, cx + side/2, cy + side/2})
	}
	for i := range v.N {
		square(i, faint)
	}
	for _, i := range v.rising() {
		square(int(v.At[i]), ramp.At(float64(v.Weights[i])/limit))
	}
}

// rising lists weights by their size.
func (v Voxels) rising() []int {
	order := make([]int, min(len(v.At), len(v.Weights)))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := math.Abs(float64(v.Weights[a])), math.Abs(float64(v.Weights[b])); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return order
}

// Grid draws the voxels by number, row after row, in whole pixels.
func (v Voxels) Grid(dst *image.RGBA, box Box, faint color.NRGBA, ramp Ramp, limit float64) {
	if v.N < 1 || box.W() < 2 || box.H() < 2 {
		return
	}
	w, h := int(box.W()), int(box.H())
	cell := max(int(math.Sqrt(float64(w*h)/float64(v.N))), 1)
	for cell > 1 && (w/cell)*(h/cell) < v.N {
		cell--
	}
	cell = min(cell, 24)
	columns := max(w/cell, 1)
	gap := 0
	if cell >= 4 {
		gap = max(cell/8, 1)
	}
	square := func(i int, c color.NRGBA) {
		x, y := float32(int(box.X0)+i%columns*cell), float32(int(box.Y0)+i/columns*cell)
		Fill(dst, c, Box{x, y, x + float32(cell-gap), y + float32(cell-gap)})
	}
	of := make(map[int]float32, len(v.At))
	for i, at := range v.At[:min(len(v.At), len(v.Weights))] {
		of[int(at)] = v.Weights[i]
	}
	for i := range v.N {
		if x, ok := of[i]; ok {
			square(i, ramp.At(float64(x)/limit))
		} else {
			square(i, faint)
		}
	}
}
