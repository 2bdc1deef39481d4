package recon

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync/atomic"
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

// fake is a program with two "layers": conv1_1 is a dense random linear map of
// the pixels, fc6 the tanh of another. It computes each slot alone, in float64.
type fake struct {
	spec    compute.Spec
	maps    [2][]float64
	targets [][2][]float32
	weights [][2]float64
	calls   atomic.Int32
	fail    func(call int) error // asked as an evaluation begins
	spoil   func(call int, slot int, loss []float64, grad []float32)
}

func newFake(t testing.TB, batch int) *fake {
	t.Helper()
	net := &nn.Network{Name: "fake", Input: nn.Shape{C: 3, H: 4, W: 4}, Ops: []nn.Op{
		{Kind: nn.Conv, Name: "conv1_1", Out: nn.Shape{C: 5, H: 4, W: 4}},
		{Kind: nn.FC, Name: "fc6", Out: nn.Shape{C: 20, H: 1, W: 1}},
	}}
	f := &fake{
		spec:    compute.Spec{Net: net, Batch: batch, Layers: []string{"conv1_1", "fc6"}, Gradient: true},
		targets: make([][2][]float32, batch), weights: make([][2]float64, batch),
	}
	for l := range f.maps {
		f.maps[l] = make([]float64, net.Ops[l].Out.Len()*48)
		s := nn.NewStream(5, uint64(l))
		for i := range f.maps[l] {
			f.maps[l][i] = s.Normal(uint64(i)) / []float64{1, 600}[l]
		}
	}
	return f
}

func (f *fake) Spec() compute.Spec { return f.spec }
func (f *fake) Close() error       { return nil }

func (f *fake) SetTarget(slot, layer int, t compute.Target) error {
	f.targets[slot][layer], f.weights[slot][layer] = slices.Clone(t.Values), t.Weight
	return nil
}

func (f *fake) Picture(int, []float32) error { return errors.New("no generator") }

func (f *fake) unit(l, u int, x []float32) float64 {
	sum := 0.0
	for i, v := range x {
		sum += f.maps[l][u*48+i] * float64(v)
	}
	if l == 1 {
		return math.Tanh(sum)
	}
	return sum
}

func (f *fake) Features(_ context.Context, x []float32, n int, out [][]float32) error {
	for l := range f.maps {
		units := len(f.maps[l]) / 48
		for i := range n {
			for u := range units {
				out[l][i*units+u] = float32(f.unit(l, u, x[i*48:(i+1)*48]))
			}
		}
	}
	return nil
}

func (f *fake) Evaluate(ctx context.Context, x []float32, slots []int, loss []float64, grad []float32) error {
	call := int(f.calls.Add(1))
	if f.fail != nil {
		if err := f.fail(call); err != nil {
			return err
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for i, slot := range slots {
		xi := x[i*48 : (i+1)*48]
		g := make([]float64, 48)
		for l := range f.maps {
			loss[2*i+l] = 0
			for u, want := range f.targets[slot][l] {
				y := f.unit(l, u, xi)
				d := y - float64(want)
				loss[2*i+l] += f.weights[slot][l] * d * d
				back := 2 * f.weights[slot][l] * d
				if l == 1 {
					back *= 1 - y*y
				}
				for k := range g {
					g[k] += back * f.maps[l][u*48+k]
				}
			}
		}
		for k := range g {
			grad[i*48+k] = float32(g[k])
		}
		if f.spoil != nil {
			f.spoil(call, slot, loss[2*i:2*i+2], grad[i*48:(i+1)*48])
		}
	}
	return nil
}

// picture is the i-th image of the tests, inside the pixel bounds, and its features a task.
func picture(i int) []float32 {
	s := nn.NewStream(6, uint64(i))
	x := make([]float32, 48)
	for k := range x {
		x[k] = float32(255*s.Uniform(uint64(k)) - mean[k/16])
	}
	return x
}

func task(t testing.TB, f *fake, i int) Task {
	t.Helper()
	out := [][]float32{make([]float32, 80), make([]float32, 20)}
	if err := f.Features(t.Context(), picture(i), 1, out); err != nil {
		t.Fatal(err)
	}
	return Task{Label: string(rune('a' + i)), Targets: out}
}

func defaults(t testing.TB, p Preset) Options {
	t.Helper()
	o, err := Defaults(p)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
