package backendtest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"reverie/compute"
	"reverie/compute/nn"
)

// answer is how soon a cancelled call must end, by the contract.
const answer = 200 * time.Millisecond

// caller makes the two calls of one program that a context can end, and knows
// what they gave before.
type caller struct {
	p     compute.Program
	x     []float32
	slots []int
	feat  [][]float32
	loss  []float64
	grad  []float32
}

func newCaller(t *testing.T, b compute.Backend, cfg nn.VGG19Config, batch int) *caller {
	t.Helper()
	net := network(t, cfg)
	s := spec(net, batch)
	c := &caller{p: compile(t, b, s), x: images(net, batch)}
	for slot := range batch {
		c.slots = append(c.slots, slot)
	}
	c.feat = features(t, c.p, c.x, batch)
	set(t, c.p, aims(s, c.feat))
	c.loss, c.grad = evaluate(t, c.p, c.x, c.slots...)
	return c
}

// calls are Evaluate and Features under a context, into buffers of their own.
func (c *caller) calls() map[string]func(context.Context) error {
	loss, grad := make([]float64, len(c.loss)), make([]float32, len(c.grad))
	var out [][]float32
	for _, f := range c.feat {
		out = append(out, make([]float32, len(f)))
	}
	return map[string]func(context.Context) error{
		"evaluate": func(ctx context.Context) error { return c.p.Evaluate(ctx, c.x, c.slots, loss, grad) },
		"features": func(ctx context.Context) error { return c.p.Features(ctx, c.x, len(c.slots), out) },
	}
}

// usable checks that both calls give the bits of before: the targets are kept.
func (c *caller) usable(t *testing.T, after string) {
	t.Helper()
	loss, grad := evaluate(t, c.p, c.x, c.slots...)
	if !slices.Equal(loss, c.loss) || !slices.Equal(grad, c.grad) {
		t.Errorf("after %s: evaluate gives other bits than before", after)
	}
	for l, f := range features(t, c.p, c.x, len(c.slots)) {
		if !slices.Equal(f, c.feat[l]) {
			t.Errorf("after %s: features of %s have other bits than before", after, c.p.Spec().Layers[l])
		}
	}
}

// cancelled calls with contexts that have ended already.
func cancelled(t *testing.T, b compute.Backend) {
	c := newCaller(t, b, nn.VGG19Config{Height: 32}, 2)
	defer release(t, c.p)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	reason := errors.New("the window was closed")
	because, cancelCause := context.WithCancelCause(t.Context())
	cancelCause(reason)
	late, cancelLate := context.WithTimeout(t.Context(), 0)
	defer cancelLate()
	for what, call := range c.calls() {
		for _, e := range []struct {
			ctx  context.Context
			want error
		}{{ended, context.Canceled}, {because, reason}, {late, context.DeadlineExceeded}} {
			if err := call(e.ctx); !errors.Is(err, e.want) {
				t.Errorf("%s: error %v, want %v", what, err, e.want)
			}
			c.usable(t, "a cancelled "+what)
		}
	}
}

// cancelledWhileRunning ends calls from another goroutine at several moments of their course.
func cancelledWhileRunning(t *testing.T, b compute.Backend) {
	c := newCaller(t, b, nn.VGG19Config{Height: 64}, 8)
	defer release(t, c.p)
	for what, call := range c.calls() {
		start := time.Now()
		if err := call(t.Context()); err != nil {
			t.Fatal(err)
		}
		whole := time.Since(start)
		ended, soonest := 0, time.Hour
		for k := range 8 {
			ctx, cancel := context.WithCancel(t.Context())
			var at time.Time
			timer := time.AfterFunc(whole*time.Duration(k)/8, func() { at = time.Now(); cancel() })
			err := call(ctx)
			done := time.Now()
			switch {
			case err == nil: // it was done before
				timer.Stop()
			case !errors.Is(err, context.Canceled):
				t.Errorf("%s cancelled while running: error %v, want %v", what, err, context.Canceled)
			default:
				ended++
				soonest = min(soonest, done.Sub(at))
				c.usable(t, what+" cancelled while running")
			}
			cancel()
		}
		t.Logf("%s of %v: %d of 8 ended early, the soonest %v after the cancel", what, whole, ended, soonest)
		// A busy machine may hold up one call, not all of them.
		if ended == 0 || soonest > answer {
			t.Errorf("%s of %v: %d of 8 cancelled calls ended early, the soonest after %v, want one within %v", what, whole, ended, soonest, answer)
		}
	}
}

// cancelledLate cancels contexts whose calls are over while the next call runs, and as the program closes.
func cancelledLate(t *testing.T, b compute.Backend) {
	c := newCaller(t, b, nn.VGG19Config{Height: 32}, 1)
	var cancels sync.WaitGroup
	for what, call := range c.calls() {
		for range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			if err := call(ctx); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			cancels.Go(cancel)
			if err := call(t.Context()); err != nil {
				t.Errorf("%s, with the context of the call before cancelled: %v", what, err)
			}
		}
	}
	c.usable(t, "late cancels")
	ctx, cancel := context.WithCancel(t.Context())
	if err := c.calls()["evaluate"](ctx); err != nil {
		t.Error(err)
	}
	cancels.Go(cancel)
	release(t, c.p)
	cancels.Wait()
}
