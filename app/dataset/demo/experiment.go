package demo

import (
	"fmt"
	"image"
	"math"

	"reverie/compute/brain"
	"reverie/compute/nn"
)

// picture is a stimulus and how it is drawn.
type picture struct {
	label  string
	folder string // below stimuli/
	draw   func() (*image.NRGBA, error)
}

// Norm is the folder of the pictures that norm statistics are made from: scenes never shown to the subject.
const Norm = "norm"

// size says how many pictures and presentations there are.
type size struct {
	train, test, norm           int // scenes
	trainTimes, testTimes       int // presentations of each
	shapeTimes, letterTimes     int
	imageryTimes                int
	imageryScenes, imageryForms int // of the tests and shapes
	perRun                      int // training pictures in a run
}

// full is the paper's design with half of its training pictures, shown twice
// rather than five times: the file stays small and the decoders good.
var full = size{train: 600, test: 50, norm: 150, trainTimes: 2, testTimes: 24, shapeTimes: 20, letterTimes: 12,
	imageryTimes: 20, imageryScenes: 10, imageryForms: 15, perRun: 50}

// pictures lists all pictures: training first, then what else is shown, then those for the norms.
func (z size) pictures(seed uint64) []picture {
	var all []picture
	number := 0
	scenes := func(n int, prefix, folder string) {
		for i := range n {
			k := number
			number++
			all = append(all, picture{fmt.Sprintf("%s_%04d", prefix, i+1), folder, func() (*image.NRGBA, error) { return scene(seed, k), nil }})
		}
	}
	scenes(z.train, "train", string(brain.NaturalTraining))
	scenes(z.test, "test", string(brain.NaturalTest))
	for _, s := range shapeNames {
		for _, c := range colourNames {
			all = append(all, picture{shapeLabel(s, c), string(brain.Shapes), func() (*image.NRGBA, error) { return shapePicture(s, c), nil }})
		}
	}
	for _, l := range letters {
		all = append(all, picture{string(l), string(brain.Letters), func() (*image.NRGBA, error) { return letterPicture(l) }})
	}
	scenes(z.norm, "norm", Norm)
	return all
}

// shown is the number of pictures before those for the norms.
func (z size) shown() int { return z.train + z.test + len(shapeNames)*len(colourNames) + len(letters) }

// design is one session type's experiment.
type design struct {
	session brain.Session
	images  []int // into pictures
	times   int
	perRun  int     // different images in a run
	noise   float64 // SD of a trial, in SDs of the response over training pictures
}

func span(from, n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = from + i
	}
	return s
}

func (z size) designs(seed uint64) []design {
	test, shapes := z.train, z.train+z.test
	nShapes := len(shapeNames) * len(colourNames)
	imagery := append(choose(seed, 0, span(test, z.test), z.imageryScenes), choose(seed, 1, span(shapes, nShapes), z.imageryForms)...)
	return []design{
		{brain.NaturalTraining, span(0, z.train), z.trainTimes, z.perRun, 1.5},
		{brain.NaturalTest, span(test, z.test), z.testTimes, z.test, 1.5},
		{brain.Shapes, span(shapes, nShapes), z.shapeTimes, nShapes, 1.5},
		{brain.Letters, span(shapes+nShapes, len(letters)), z.letterTimes, len(letters), 1.5},
		{brain.Imagery, imagery, z.imageryTimes, len(imagery), 3},
	}
}

// choose takes n of s, in their order.
func choose(seed, what uint64, s []int, n int) []int {
	keep := make([]bool, len(s))
	for _, i := range shuffled(nn.NewStream(seed, streamChoice+what), span(0, len(s)))[:n] {
		keep[i] = true
	}
	var out []int
	for i, k := range keep {
		if k {
			out = append(out, s[i])
		}
	}
	return out
}

// shuffled reorders a copy (Fisher–Yates).
func shuffled(s nn.Stream, of []int) []int {
	out := append([]int(nil), of...)
	for i := len(out) - 1; i > 0; i-- {
		j := int(s.Uniform(uint64(i)) * float64(i+1))
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// trial is one row of a subject file. Numbers count from 1.
type trial struct {
	set, run, block int
	image           int // into design.images
	phase           float64
}

// trials lists the presentations: each repetition in an order of its own, cut into runs.
func (d design) trials(seed uint64, session int) []trial {
	var all []trial
	run := 0
	for set := range d.times {
		order := shuffled(nn.NewStream(seed, streamOrder+uint64(session)<<24+uint64(set)), span(0, len(d.images)))
		for i, image := range order {
			if i%d.perRun == 0 {
				run++
			}
			n := min(d.perRun, len(order)-i+i%d.perRun)
			all = append(all, trial{set + 1, run, i%d.perRun + 1, image, (float64(i%d.perRun) + 0.5) / float64(n)})
		}
	}
	return all
}

// sample fills a trial's voxels: response, noise and the run's slow drift.
func (d design) sample(seed uint64, session, number int, t trial, response, dst []float64) {
	noise := nn.NewStream(seed, streamNoise+uint64(session)<<24+uint64(number))
	drift := nn.NewStream(seed, streamDrift+uint64(session)<<24+uint64(t.run))
	slope, wave := 2*t.phase-1, math.Cos(2*math.Pi*t.phase)
	for v, r := range response {
		slow := 0.3*drift.Normal(uint64(2*v))*slope + 0.2*drift.Normal(uint64(2*v+1))*wave
		dst[v] = r + d.noise*noise.Normal(uint64(v)) + slow
	}
}
