package backendtest

import (
	"context"
	"maps"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

// fails runs f, which must return an error and not panic.
func fails(t *testing.T, what string, f func() error) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: panic %v, want an error", what, r)
		}
	}()
	if f() == nil {
		t.Errorf("%s: no error", what)
	}
}

// misuse gives wrong arguments; the program must work on afterwards.
func misuse(t *testing.T, b compute.Backend) {
	ctx := t.Context()
	net := network(t, nn.VGG19Config{Height: 32})
	good := spec(net, 2, "conv1_1", "fc8")
	missing := maps.Clone(good.Weights)
	delete(missing, "conv2_1")
	short := maps.Clone(good.Weights)
	short["conv1_2"] = nn.Param{W: short["conv1_2"].W[1:], B: short["conv1_2"].B}
	for what, change := range map[string]func(*compute.Spec){
		"no network":      func(s *compute.Spec) { s.Net = nil },
		"batch of 0":      func(s *compute.Spec) { s.Batch = 0 },
		"no layer":        func(s *compute.Spec) { s.Layers = nil },
		"unknown layer":   func(s *compute.Spec) { s.Layers = []string{"conv6_1"} },
		"a pooling layer": func(s *compute.Spec) { s.Layers = []string{"pool1"} },
		"a layer twice":   func(s *compute.Spec) { s.Layers = []string{"fc8", "fc8"} },
		"weights missing": func(s *compute.Spec) { s.Weights = missing },
		"weights short":   func(s *compute.Spec) { s.Weights = short },
	} {
		s := good
		change(&s)
		fails(t, what, func() error { _, err := b.Compile(s); return err })
	}

	p := compile(t, b, good)
	defer release(t, p)
	n, units := net.Input.Len(), unitsOf(good)
	x, loss, grad := images(net, 2), make([]float64, 4), make([]float32, 2*n)
	fc8 := make([]float32, units[1])
	for what, f := range map[string]func() error{
		"target too short":   func() error { return p.SetTarget(0, 1, compute.Target{Values: fc8[1:], Weight: 1}) },
		"target absent":      func() error { return p.SetTarget(0, 1, compute.Target{Weight: 1}) },
		"target of slot 2":   func() error { return p.SetTarget(2, 1, compute.Target{Values: fc8, Weight: 1}) },
		"target of slot -1":  func() error { return p.SetTarget(-1, 1, compute.Target{Values: fc8, Weight: 1}) },
		"target of layer 2":  func() error { return p.SetTarget(0, 2, compute.Target{Values: fc8, Weight: 1}) },
		"target of layer -1": func() error { return p.SetTarget(0, -1, compute.Target{Values: fc8, Weight: 1}) },
		"slot twice":         func() error { return p.Evaluate(ctx, x, []int{1, 1}, loss, grad) },
		"slot 2":             func() error { return p.Evaluate(ctx, x, []int{0, 2}, loss, grad) },
		"slot -1":            func() error { return p.Evaluate(ctx, x, []int{-1, 0}, loss, grad) },
		"no image":           func() error { return p.Evaluate(ctx, nil, nil, nil, nil) },
		"more images than slots": func() error {
			return p.Evaluate(ctx, append(x, x[:n]...), []int{0, 1, 2}, make([]float64, 6), make([]float32, 3*n))
		},
		"image cut":             func() error { return p.Evaluate(ctx, x[1:], []int{0, 1}, loss, grad) },
		"gradient cut":          func() error { return p.Evaluate(ctx, x, []int{0, 1}, loss, grad[1:]) },
		"loss cut":              func() error { return p.Evaluate(ctx, x, []int{0, 1}, loss[1:], grad) },
		"features of none":      func() error { return p.Features(ctx, nil, 0, [][]float32{{}, {}}) },
		"features without room": func() error { return p.Features(ctx, x, 2, [][]float32{make([]float32, 2*units[0]), fc8}) },
		"features of one layer": func() error { return p.Features(ctx, x, 2, [][]float32{make([]float32, 2*units[0])}) },
		"features of 3 images": func() error {
			return p.Features(ctx, append(x, x[:n]...), 3, [][]float32{make([]float32, 3*units[0]), make([]float32, 3*units[1])})
		},
	} {
		fails(t, what, f)
	}
	set(t, p, aims(good, features(t, p, x, 2)))
	if l, _ := evaluate(t, p, x, 0, 1); !(sum(l) > 0) {
		t.Errorf("after the errors: losses %v", l)
	}

	forward := good
	forward.Gradient = false
	q := compile(t, b, forward)
	defer release(t, q)
	fails(t, "evaluate without gradient", func() error { return q.Evaluate(ctx, x, []int{0, 1}, loss, grad) })
	within(t, "features without gradient", apart(features(t, q, x, 2)[1], features(t, p, x, 2)[1]), 1e-6)
}

// closed uses a program after its Close, and one after its backend's.
func closed(t *testing.T, b compute.Backend) {
	ctx := t.Context()
	net := network(t, nn.VGG19Config{Height: 32})
	s := spec(net, 1, "conv1_1")
	p := compile(t, b, s)
	if p.Spec().Batch != 1 || len(p.Spec().Layers) != 1 {
		t.Errorf("spec %v, want the one compiled", p.Spec())
	}
	release(t, p)
	u := unitsOf(s)[0]
	x := images(net, 1)
	calls := map[string]func() error{
		"target":   func() error { return p.SetTarget(0, 0, compute.Target{Values: make([]float32, u), Weight: 1}) },
		"evaluate": func() error { return p.Evaluate(ctx, x, []int{0}, make([]float64, 1), make([]float32, len(x))) },
		"features": func() error { return p.Features(ctx, x, 1, [][]float32{make([]float32, u)}) },
		"close":    p.Close,
	}
	for what, f := range calls {
		fails(t, what+" after the program's close", f)
	}
	if err := b.Close(); err != nil {
		t.Errorf("close backend: %v", err)
	}
	fails(t, "compile after the backend's close", func() error { _, err := b.Compile(s); return err })
}

// allocations checks that repeated evaluations, whole batches and partial, leave Go's heap alone.
func allocations(t *testing.T, b compute.Backend) {
	net := network(t, nn.VGG19Config{Height: 32})
	s := spec(net, 3)
	p := compile(t, b, s)
	defer release(t, p)
	x := images(net, 3)
	set(t, p, aims(s, features(t, p, x, 3)))
	for _, slots := range [][]int{{0, 1, 2}, {2, 0}} {
		part := x[:len(slots)*net.Input.Len()]
		loss, grad := make([]float64, len(slots)*len(s.Layers)), make([]float32, len(part))
		var err error
		n := testing.AllocsPerRun(10, func() {
			if e := p.Evaluate(context.Background(), part, slots, loss, grad); e != nil {
				err = e
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if n != 0 {
			t.Errorf("evaluate of %d images allocates %g times", len(slots), n)
		}
	}
}
