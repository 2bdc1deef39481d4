package ref

import (
	"context"
	"errors"

	"reverie/compute"
)

// Backend is the float64 reference. It is safe for concurrent use; calls take turns.
type Backend struct {
	turn   chan struct{} // holds one value while a call is on
	closed bool
}

// Open returns the reference backend; it needs no device.
func Open() *Backend { return &Backend{turn: make(chan struct{}, 1)} }

// Name is "ref".
func (b *Backend) Name() string { return "ref" }

// Device names the library and the precision.
func (b *Backend) Device() string { return "Gorgonia 0.9.18, float64" }

// Close refuses all later calls.
func (b *Backend) Close() error {
	b.turn <- struct{}{}
	defer b.done()
	b.closed = true
	return nil
}

// done ends a call's turn.
func (b *Backend) done() { <-b.turn }

// Compile converts the weights to float64; the graphs are built later, one per image.
func (b *Backend) Compile(spec compute.Spec) (compute.Program, error) {
	b.turn <- struct{}{}
	defer b.done()
	if b.closed {
		return nil, compute.ErrClosed
	}
	layers, err := compute.CheckSpec(spec)
	if err != nil {
		return nil, err
	}
	p := &program{b: b, spec: spec, layers: layers, seen: make([]bool, spec.Batch)}
	for _, i := range layers {
		p.units = append(p.units, spec.Net.Ops[i].Out.Len())
		p.top = max(p.top, i)
	}
	p.targets = make([][]target, spec.Batch)
	for s := range p.targets {
		p.targets[s] = make([]target, len(layers))
	}
	for _, op := range spec.Net.Ops[:p.top+1] {
		p.consts = append(p.consts, newConstants(op, spec.Weights[op.Name]))
	}
	return p, nil
}

// target is what one slot aims at in one layer; nil values are a layer never set.
type target struct {
	values []float64
	mask   []float64 // nil is 1 everywhere
	weight float64
}

type program struct {
	b       *Backend
	spec    compute.Spec
	layers  []int // op index of each layer
	units   []int
	top     int // the highest op that is run
	consts  []constants
	targets [][]target // [slot][layer]
	seen    []bool
	closed  bool
	// pictures are the latest evaluation's, of a network behind a generator.
	pictures [][]float64
}

func (p *program) Spec() compute.Spec { return p.spec }

// begin takes the backend for one call of an open program. ctx ends the waiting alone.
func (p *program) begin(ctx context.Context) error {
	select {
	case p.b.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if p.closed || p.b.closed {
		p.b.done()
		return compute.ErrClosed
	}
	return nil
}

func (p *program) SetTarget(slot, layer int, t compute.Target) error {
	if err := p.begin(context.Background()); err != nil {
		return err
	}
	defer p.b.done()
	if err := compute.CheckTarget(p.spec, p.units, slot, layer, t); err != nil {
		return err
	}
	p.targets[slot][layer] = target{widen(t.Values), widen(t.Mask), t.Weight}
	return nil
}

func (p *program) Evaluate(ctx context.Context, x []float32, slots []int, loss []float64, grad []float32) error {
	if err := p.begin(ctx); err != nil {
		return err
	}
	defer p.b.done()
	if err := compute.CheckEvaluate(p.spec, x, slots, loss, grad, p.seen); err != nil {
		return err
	}
	n, l := p.spec.Net.Input.Len(), len(p.layers)
	p.pictures = nil
	var pictures [][]float64
	for i, slot := range slots {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		g, picture, err := p.evaluate(widen(x[i*n:(i+1)*n]), p.targets[slot], loss[i*l:(i+1)*l])
		if err != nil {
			return err
		}
		narrow(grad[i*n:(i+1)*n], g)
		pictures = append(pictures, picture)
	}
	p.pictures = pictures
	return nil
}

// Picture gives what the crop behind the generator made in the latest evaluation.
func (p *program) Picture(i int, dst []float32) error {
	if err := p.begin(context.Background()); err != nil {
		return err
	}
	defer p.b.done()
	if err := compute.CheckPicture(p.spec, len(p.pictures), i, dst); err != nil {
		return err
	}
	narrow(dst, p.pictures[i])
	return nil
}

func (p *program) Features(ctx context.Context, x []float32, n int, out [][]float32) error {
	if err := p.begin(ctx); err != nil {
		return err
	}
	defer p.b.done()
	if err := compute.CheckFeatures(p.spec, p.units, x, n, out); err != nil {
		return err
	}
	size := p.spec.Net.Input.Len()
	p.pictures = nil
	for i := range n {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		f, err := p.features(widen(x[i*size : (i+1)*size]))
		if err != nil {
			return err
		}
		for l, u := range p.units {
			narrow(out[l][i*u:(i+1)*u], f[l])
		}
	}
	return nil
}

func (p *program) Close() error {
	p.b.turn <- struct{}{}
	defer p.b.done()
	if p.closed {
		return errors.New("ref: program closed twice")
	}
	p.closed, p.consts, p.targets = true, nil, nil
	return nil
}

func widen(v []float32) []float64 {
	if v == nil {
		return nil
	}
	w := make([]float64, len(v))
	for i, x := range v {
		w[i] = float64(x)
	}
	return w
}

func narrow(dst []float32, v []float64) {
	for i, x := range v {
		dst[i] = float32(x)
	}
}

var _ compute.Backend = (*Backend)(nil)
