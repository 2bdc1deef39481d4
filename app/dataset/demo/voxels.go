package demo

import (
	"math"

	"reverie/compute/nn"
)

// source is what a voxel looks at: a layer's features of the grey or of the
// colour picture, or (hue) the difference that colour makes.
type source struct {
	layer string
	view  view
}

type view uint8

const (
	grey view = iota
	colour
	hue
)

// area is a group of voxels of one kind.
type area struct {
	name    string
	voxels  int
	sources []source // voxels take turns
	sigma   float64  // of the receptive field, in pixels of the picture
	foveal  bool     // receptive fields around the middle rather than all over
	// rectified voxels answer 0.6 z + 0.4 |z|: as in early visual cortex, the sign of a contrast is partly lost.
	rectified bool
}

// areas in column order. V1–V3 see shape in finer or coarser grain, V4 the hue
// at the middle, the others what deeper layers make of the picture.
var areas = []area{
	{"V1", 300, []source{{"conv1_2", grey}}, 5, false, true},
	{"V2", 260, []source{{"conv2_2", grey}}, 7, false, true},
	{"V3", 240, []source{{"conv3_4", grey}}, 10, false, true},
	{"V4", 200, []source{{"conv2_2", hue}}, 22, true, false},
	{"LOC", 160, []source{{"conv4_4", grey}}, 20, false, false},
	{"FFA", 80, []source{{"conv5_4", colour}, {"fc6", colour}}, 32, false, false},
	{"PPA", 80, []source{{"conv5_4", colour}, {"fc6", colour}}, 32, false, false},
	{"HVC", 80, []source{{"conv5_4", colour}, {"fc6", colour}}, 32, false, false}, // the rest of it
}

// Voxels is the number of voxels of the subject.
const Voxels = 1400

// Layers that the voxels look at, per view.
var (
	greyLayers   = []string{"conv1_2", "conv2_2", "conv3_4", "conv4_4"}
	colourLayers = []string{"conv2_2", "conv5_4", "fc6"}
)

// maps are one picture's features by source.
type maps map[source]featureMap

type featureMap struct {
	shape  nn.Shape
	values []float32
}

// voxel is a receptive field: a Gaussian window, separable, times a weight per channel.
type voxel struct {
	from      source
	x, y      int // first column and row of the window
	wx, wy    []float32
	mix       []float32
	rectified bool
}

// coarse is how far the hue map is averaged down before V4 looks at it: its
// receptive fields are wide, so nothing is lost and much time is won.
const coarse = 4

// subject draws the receptive fields.
func subject(seed uint64, net *nn.Network) []voxel {
	all := make([]voxel, 0, Voxels)
	for _, a := range areas {
		for i := range a.voxels {
			s := nn.NewStream(seed, streamVoxel+uint64(len(all)))
			from := a.sources[i%len(a.sources)]
			op, _, _ := net.Op(from.layer)
			shape := op.Out
			if from.view == hue {
				shape.H, shape.W = shape.H/coarse, shape.W/coarse
			}
			// The R2 sequence covers the picture more evenly than chance (its steps are powers of the plastic number's inverse).
			px := Size * frac(0.5+float64(i+1)*0.7548776662466927)
			py := Size * frac(0.5+float64(i+1)*0.5698402909980532)
			if a.foveal {
				px, py = Size/2+6*s.Normal(1<<20), Size/2+6*s.Normal(1<<20+1)
			}
			v := voxel{from: from, rectified: a.rectified, mix: make([]float32, shape.C)}
			scale := float64(Size) / float64(shape.H)
			v.x, v.wx = window(px/scale, a.sigma/scale, shape.W)
			v.y, v.wy = window(py/scale, a.sigma/scale, shape.H)
			for c := range v.mix {
				v.mix[c] = float32(s.Normal(uint64(c)))
			}
			all = append(all, v)
		}
	}
	return all
}

func frac(v float64) float64 { return v - math.Floor(v) }

// window is a Gaussian of sum 1 around centre, cut at 3 σ and at the map's edges.
func window(centre, sigma float64, n int) (first int, w []float32) {
	first = max(int(centre-3*sigma), 0)
	last := min(int(centre+3*sigma), n-1)
	sum := 0.0
	g := make([]float64, last-first+1)
	for i := range g {
		d := (float64(first+i) + 0.5 - centre) / sigma
		g[i] = math.Exp(-d * d / 2)
		sum += g[i]
	}
	w = make([]float32, len(g))
	for i := range g {
		w[i] = float32(g[i] / sum)
	}
	return first, w
}

// drive is what the voxel's receptive field sums up of a picture.
func (v *voxel) drive(m maps) float64 {
	f := m[v.from]
	total := 0.0
	for c, weight := range v.mix {
		plane := f.values[c*f.shape.H*f.shape.W:]
		sum := float32(0)
		for j, wy := range v.wy {
			row := plane[(v.y+j)*f.shape.W+v.x:][:len(v.wx)]
			line := float32(0)
			for i, wx := range v.wx {
				line += wx * row[i]
			}
			sum += wy * line
		}
		total += float64(weight) * float64(sum)
	}
	return total
}

// difference is a − b averaged over coarse × coarse units.
func difference(a, b featureMap) featureMap {
	s := nn.Shape{C: a.shape.C, H: a.shape.H / coarse, W: a.shape.W / coarse}
	out := featureMap{shape: s, values: make([]float32, s.Len())}
	for c := range a.shape.C {
		for y := range s.H * coarse {
			at := (c*a.shape.H + y) * a.shape.W
			to := out.values[(c*s.H+y/coarse)*s.W:]
			for x := range s.W * coarse {
				to[x/coarse] += (a.values[at+x] - b.values[at+x]) / (coarse * coarse)
			}
		}
	}
	return out
}

// respond turns drives [picture][voxel] into responses of mean 0 and SD 1 over
// the first train pictures, in place.
func respond(voxels []voxel, drives [][]float64, train int) {
	for j := range voxels {
		standardise(drives, j, train)
		if !voxels[j].rectified {
			continue
		}
		for _, d := range drives {
			d[j] = 0.6*d[j] + 0.4*math.Abs(d[j])
		}
		standardise(drives, j, train)
	}
}

func standardise(drives [][]float64, j, train int) {
	mean, square := 0.0, 0.0
	for _, d := range drives[:train] {
		mean += d[j] / float64(train)
	}
	for _, d := range drives[:train] {
		square += (d[j] - mean) * (d[j] - mean) / float64(train)
	}
	sd := math.Sqrt(square)
	if sd == 0 {
		sd = 1
	}
	for _, d := range drives {
		d[j] = (d[j] - mean) / sd
	}
}
