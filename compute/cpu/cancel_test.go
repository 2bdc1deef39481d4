package cpu

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"reverie/compute"
	"reverie/compute/nn"
)

// TestCancelVGG19 ends evaluations and feature extractions of the whole VGG19, which take
// seconds here, and calls that wait for their turn behind them: each within 200 ms.
func TestCancelVGG19(t *testing.T) {
	if testing.Short() {
		t.Skip("full-size network left out: -short")
	}
	const batch = 8
	net, err := nn.VGG19(nn.VGG19Config{})
	if err != nil {
		t.Fatal(err)
	}
	be, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer be.Close()
	p, err := be.Compile(compute.Spec{Net: net, Weights: nn.Seeded(net, 7, 0.1), Batch: batch, Layers: []string{"conv1_1", "fc8"}, Gradient: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	small, err := nn.VGG19(nn.VGG19Config{Height: 32, Divisor: 32, Classes: 10})
	if err != nil {
		t.Fatal(err)
	}
	q, err := be.Compile(compute.Spec{Net: small, Weights: nn.Seeded(small, 7, 0.1), Batch: 1, Layers: []string{"fc8"}})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()

	n := batch * net.Input.Len()
	x, grad, loss, slots := make([]float32, n), make([]float32, n), make([]float64, 2*batch), make([]int, batch)
	for i := range slots {
		slots[i] = i
	}
	out := [][]float32{make([]float32, batch*net.Ops[0].Out.Len()), make([]float32, batch*1000)}
	wait := make([]float32, small.Input.Len())
	for what, call := range map[string]func(context.Context) error{
		"evaluate": func(ctx context.Context) error { return p.Evaluate(ctx, x, slots, loss, grad) },
		"features": func(ctx context.Context) error { return p.Features(ctx, x, batch, out) },
		"a waiting call": func(ctx context.Context) error {
			long, cancel := context.WithCancel(t.Context())
			busy := make(chan error, 1)
			go func() { busy <- p.Evaluate(long, x, slots, loss, grad) }()
			time.Sleep(50 * time.Millisecond)
			err := q.Features(ctx, wait, 1, [][]float32{make([]float32, 10)})
			cancel()
			if e := <-busy; !errors.Is(e, context.Canceled) {
				t.Errorf("the call waited for: error %v, want cancelled", e)
			}
			return err
		},
	} {
		var took []time.Duration
		for _, after := range []time.Duration{100, 250, 400} {
			ctx, cancel := context.WithCancel(t.Context())
			var at time.Time
			time.AfterFunc(after*time.Millisecond, func() { at = time.Now(); cancel() })
			err := call(ctx)
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%s cancelled after %d ms: error %v", what, after, err)
			}
			took = append(took, time.Since(at))
		}
		t.Logf("%s ended %v after the cancel", what, took)
		// A busy machine may hold up one call, not two of three.
		slices.Sort(took)
		if took[1] > 200*time.Millisecond {
			t.Errorf("%s ended %v after the cancel, want 200 ms at most", what, took)
		}
	}
}
