package device

import (
	"context"
	"errors"
	"fmt"

	"reverie/compute"
)

// Compile compiles for the device in use. Where its memory does not suffice the
// batch is halved, down to one image, and then the processor is taken: the
// program's Spec tells the batch it got.
func (b *Backend) Compile(spec compute.Spec) (compute.Program, error) {
	full := spec.Batch
	for {
		on := b.now()
		p, err := on.Compile(spec)
		switch {
		case err == nil:
			b.compiled(p, full)
			return &program{Program: p, b: b, on: on}, nil
		case errors.Is(err, compute.ErrDeviceMemory) && spec.Batch > 1:
			spec.Batch /= 2
			continue
		case errors.Is(err, compute.ErrDeviceMemory), errors.Is(err, compute.ErrDeviceLost):
			spec.Batch = full
			if err := b.fallBack(on, compute.Plan{}, err); err != nil {
				return nil, err
			}
			continue
		}
		return nil, err
	}
}

func (b *Backend) compiled(p compute.Program, wanted int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plan = planOf(p)
	if n := p.Spec().Batch; n < wanted {
		images := "images"
		if n == 1 {
			images = "image"
		}
		b.notes = append(b.notes, fmt.Sprintf("%d %s at a time instead of %d: the GPU's memory holds no more", n, images, wanted))
	}
}

// planOf is a program's plan, where it has one.
func planOf(p compute.Program) compute.Plan {
	if t, ok := p.(compute.Planner); ok {
		return t.Plan()
	}
	return compute.Plan{}
}

// program is one that notices when its device fails.
type program struct {
	compute.Program
	b  *Backend
	on compute.Backend
}

// Evaluate gives compute.ErrDeviceLost or ErrDeviceMemory on when the device
// failed; a program compiled then is one for the processor.
func (p *program) Evaluate(ctx context.Context, x []float32, slots []int, loss []float64, grad []float32) error {
	err := p.Program.Evaluate(ctx, x, slots, loss, grad)
	if failed(err) {
		if e := p.b.fallBack(p.on, planOf(p.Program), err); e != nil {
			return e
		}
	}
	return err
}

// Features goes on by itself on the processor: it needs nothing but the images.
func (p *program) Features(ctx context.Context, x []float32, n int, out [][]float32) error {
	err := p.Program.Features(ctx, x, n, out)
	if !failed(err) {
		return err
	}
	if e := p.b.fallBack(p.on, planOf(p.Program), err); e != nil {
		return e
	}
	next, e := p.b.Compile(p.Spec())
	if e != nil {
		return errors.Join(err, e)
	}
	old := p.Program
	*p = *next.(*program)
	_ = old.Close() // of a lost device: nothing more to be had from it
	return p.Features(ctx, x, n, out)
}

// Bytes is the memory that the program holds: a GPU's, or the processor's outside Go's heap.
func (p *program) Bytes() uint64 {
	if s, ok := p.Program.(interface{ Bytes() uint64 }); ok {
		return s.Bytes()
	}
	return planOf(p.Program).Memory
}

func failed(err error) bool {
	return errors.Is(err, compute.ErrDeviceLost) || errors.Is(err, compute.ErrDeviceMemory)
}
