package demo

import (
	"image"
	"math"
	"testing"

	"reverie/app/dataset/stimuli"
	"reverie/compute"
	"reverie/compute/cpu"
)

func backend(t testing.TB) compute.Backend {
	t.Helper()
	be, err := cpu.Open(cpu.Options{})
	if err != nil {
		t.Skipf("no CPU backend here: %v", err)
	}
	t.Cleanup(func() { be.Close() })
	return be
}

// TestGains derives every layer's gain from the scenes: with the table's gains the
// pre-activations less the bias have SD 1, all units of 64 scenes together.
func TestGains(t *testing.T) {
	be := backend(t)
	net := Network()
	if net.Units() != 607357 {
		t.Fatalf("the network has %d units, want 607357", net.Units())
	}
	w := Weights()
	if err := w.Check(net); err != nil {
		t.Fatal(err)
	}
	p, err := be.Compile(compute.Spec{Net: net, Weights: w, Batch: 16, Layers: net.Layers()})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sum, square, count := make([]float64, len(gains)), make([]float64, len(gains)), make([]float64, len(gains))
	out := make([][]float32, len(gains))
	for first := 0; first < 64; first += 16 {
		var imgs []*image.NRGBA
		var x []float32
		for i := range 16 {
			imgs = append(imgs, scene(1, first+i))
			x = append(x, stimuli.ToInput(imgs[i], stimuli.LabMean)...)
		}
		for l, name := range net.Layers() {
			op, _, _ := net.Op(name)
			out[l] = make([]float32, 16*op.Out.Len())
		}
		if err := p.Features(x, 16, out); err != nil {
			t.Fatal(err)
		}
		for l := range out {
			for _, v := range out[l] {
				sum[l] += float64(v)
				square[l] += float64(v) * float64(v)
			}
			count[l] += float64(len(out[l]))
		}
	}
	for l, name := range net.Layers() {
		mean := sum[l] / count[l]
		sd := math.Sqrt(square[l]/count[l] - mean*mean)
		if math.Abs(sd-1) > 2e-3 {
			t.Errorf("%s: SD %.5f with gain %g, so the gain should be %.4g", name, sd, gains[l], gains[l]/sd)
		}
	}
}
