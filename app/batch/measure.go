package batch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"reverie/app/pipeline"
	"reverie/compute"
	"reverie/compute/brain"
	"reverie/compute/recon"
)

// MemoryError says that not even one image at a time fits into the memory that a batch may take.
type MemoryError struct{ Needs, Allowed int64 }

func (e *MemoryError) Error() string {
	return fmt.Sprintf("batch: one image at a time needs about %d MB, more than the %d MB that are allowed: allow more memory, or choose lower layers", e.Needs>>20, e.Allowed>>20)
}

// measured is what trying the programs gave.
type measured struct {
	batch   int       // images that go together
	seconds []float64 // of an evaluation of one image, for each program, where timed
	memory  int64     // peak of the process
	device  int64     // bytes on a GPU
}

// need is memory as a straight line over the images evaluated together.
type need struct{ fixed, each int64 }

func (n need) at(batch int) int64 { return n.fixed + n.each*int64(batch) }

// Go's garbage adds to what lives. bound keeps it to this part in a hundred.
const (
	garbagePercent = 25
	garbage        = 1 + garbagePercent/100.0
)

// measure compiles programs for one and for two images to see what one more takes, and chooses how many go together.
// timed also times some evaluations of each program.
func (j *Job) measure(ctx context.Context, m *meter, timed bool) (measured, error) {
	out := measured{batch: j.mostTogether(), seconds: make([]float64, len(j.programs))}
	gpu := j.Host.Backend().Name() != "cpu"
	var costs []need
	for i, g := range j.largest() {
		m.stage = fmt.Sprintf("try the network, %d", i+1)
		m.tell()
		if err := ctx.Err(); err != nil {
			return out, err
		}
		held, err := j.held(g)
		if err != nil {
			return out, err
		}
		own := j.ours(g)
		if gpu {
			out.device = max(out.device, held.at(out.batch))
			held = need{}
		}
		costs = append(costs, need{held.fixed + own.fixed, held.each + own.each})
	}
	decoding, err := j.whileDecoding()
	if err != nil {
		return out, err
	}
	// What is resident now stays: the kernels that the trials made, and what C's allocator does not give back.
	debug.FreeOSMemory()
	base := resident() + live()*garbagePercent/100
	peak := func(batch int) int64 {
		most := decoding
		for _, n := range costs {
			most = max(most, n.at(batch))
		}
		return base + most
	}
	for out.batch > 1 && peak(out.batch) > j.Spec.Memory {
		out.batch--
	}
	if out.memory = peak(out.batch); out.memory > j.Spec.Memory {
		return out, &MemoryError{out.memory, j.Spec.Memory}
	}
	if !timed {
		return out, nil
	}
	for i, g := range j.programs {
		m.stage = fmt.Sprintf("time %s, %d of %d", j.parts[g.parts[0]].name, i+1, len(j.programs))
		m.tell()
		var err error
		if out.seconds[i], err = j.time(ctx, g, out.batch); err != nil {
			return out, err
		}
	}
	return out, nil
}

// together is how many images go together where nothing is said. With a processor more gain nothing; see docs/performance.md.
const together, togetherGPU = 10, 32

func (j *Job) mostTogether() int {
	n := j.Spec.Batch
	if n == 0 {
		if n = together; j.Host.Backend().Name() != "cpu" {
			n = togetherGPU
		}
	}
	most := 1
	for _, g := range j.programs {
		images := 0
		for _, p := range g.parts {
			images += len(j.samplesOf(p))
		}
		most = max(most, images)
	}
	return min(n, most)
}

// largest are the most costly programs of each network: the others hold less.
func (j *Job) largest() []*program {
	at := map[[2]bool]int{}
	var out []*program
	for _, g := range j.programs {
		k := [2]bool{g.imagery, g.prior}
		i, seen := at[k]
		switch {
		case !seen:
			at[k] = len(out)
			out = append(out, g)
		case out[i].cost < g.cost:
			out[i] = g
		}
	}
	return out
}

// compile gives the program of some images.
func (j *Job) compile(g *program, batch int) (compute.Program, error) {
	q := pipeline.Request{Layers: g.layers, Options: j.options(g.prior), Prior: j.prior(g.prior), Batch: batch, Jobs: make([]pipeline.Job, batch)}
	spec, err := j.Host.Model(g.imagery).Spec(q)
	if err != nil {
		return nil, err
	}
	return j.Host.Backend().Compile(spec)
}

// held is what a program itself holds: on a GPU, or outside Go's heap.
func (j *Job) held(g *program) (need, error) {
	var at [2]int64
	for i := range at {
		p, err := j.compile(g, i+1)
		if err != nil {
			return need{}, err
		}
		if err := aim(p); err != nil { // targets are held from then on
			return need{}, errors.Join(err, p.Close())
		}
		if s, ok := p.(interface{ Bytes() uint64 }); ok {
			at[i] = int64(s.Bytes())
		}
		if err := p.Close(); err != nil {
			return need{}, err
		}
	}
	// A tenth more was measured at 10 and 50 images: buffers that the library makes for itself.
	each := max(0, at[1]-at[0]) * 11 / 10
	return need{max(0, at[0]-each), each}, nil
}

// ours is what optimisers, targets on their way and pictures take of Go's heap. The figures are those of
// compute/recon: vectors of float64 as long as the variables.
func (j *Job) ours(g *program) need {
	m, o := j.Host.Model(g.imagery), j.options(g.prior)
	pixels := int64(m.Net.Input.Len())
	n := pixels
	if g.prior {
		n = int64(j.Host.Prior().Net.Input.Len())
	}
	vectors := int64(2*o.History + lbfgsVectors)
	if o.Optimizer == recon.Descent {
		vectors = descentVectors
	}
	targets, largest := int64(0), int64(0)
	for _, l := range g.layers {
		u := int64(m.Shape(l).Len())
		targets += 4 * u
		largest = max(largest, 4*u)
	}
	each := 8*n*vectors + 8*n + 12*pixels + 4*pixels + int64(o.Iterations)*40
	return need{int64(garbage * float64(targets+largest)), int64(garbage * float64(each))}
}

const (
	lbfgsVectors   = 6 // beside the pairs
	descentVectors = 6
)

// whileDecoding is about what decoding takes, which is done before a program is compiled.
func (j *Job) whileDecoding() (int64, error) {
	if !j.cached() {
		return 0, nil
	}
	most := int64(0)
	for _, s := range j.sets {
		units := j.units(s) * 4
		n := units // of the picture at work
		if j.Spec.Source.FromBrain() {
			n = units * int64(j.blockOf(s)+heldForDecoding)
			for _, d := range s.Subject.Datasets {
				if d.Session != brain.NaturalTraining || j.Spec.Decoders != "" {
					continue
				}
				for _, r := range d.ROIs {
					if r.Name == s.ROI {
						n += int64(d.Samples) * (3*8*int64(r.Voxels) + 2*8*int64(d.Samples))
					}
				}
			}
		}
		most = max(most, n)
	}
	most = int64(garbage * float64(most))
	if j.Host.Backend().Name() != "cpu" {
		return most, nil
	}
	m, s := j.Host.Model(false), j.sets[0] // the imagery variant takes as much
	p, err := j.Host.Backend().Compile(compute.Spec{Net: m.Net, Weights: m.Weights, Batch: pipeline.StreamBatch, Layers: s.Layers})
	if err != nil {
		return 0, err
	}
	if b, ok := p.(interface{ Bytes() uint64 }); ok {
		most += int64(b.Bytes())
	}
	return most, p.Close()
}

// heldForDecoding is how many stimuli compute/decode sums at a time, and streams beside them.
const heldForDecoding = 16 + pipeline.StreamBatch
