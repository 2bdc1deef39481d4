package gl

import (
	"context"

	"reverie/compute/gl/plan"
	"reverie/compute/nn"
)

// single runs a layer's plan: x are the inputs, g the gradients of its outputs, y
// its outputs and d the gradients of its inputs, all [images][C][H][W].
func (b *Backend) single(ctx context.Context, p *plan.Plan, s plan.Single, w nn.Weights, x, g, y, d []float32) error {
	var failed error
	err := b.call(ctx, func() {
		var e *exec
		if e, failed = b.newExec(p, w, p.Tensors[p.Output].Bytes); failed != nil {
			return
		}
		defer e.close()
		if failed = e.pass(ctx, s.Images, x, y, p.Load, p.Forward, p.Extract[0]); failed == nil {
			failed = e.pass(ctx, s.Images, g, d, p.Backward)
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// pass sends values, runs phases and takes the results.
func (e *exec) pass(ctx context.Context, images int, in, out []float32, phases ...[]plan.Group) error {
	l, err := e.list(first(images), e.b.getRate(), phases...)
	if err != nil {
		return err
	}
	from, to := e.plan.Tensors[e.plan.Input].Image, e.plan.Tensors[e.plan.Output].Image
	n, m := len(in)/images, len(out)/images
	for i := range images {
		e.upload(e.plan.Input, int64(i)*from, in[i*n:(i+1)*n])
	}
	if err := e.run(ctx, l); err != nil {
		return err
	}
	e.stage(e.plan.Output, 0, 0, int64(images)*to)
	if err := e.settle(); err != nil {
		return err
	}
	for i := range images {
		e.fetch(e.plan.Output, int64(i)*to, int64(i)*to, out[i*m:(i+1)*m])
	}
	return nil
}

// first is 0, 1, … n−1.
func first(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}
