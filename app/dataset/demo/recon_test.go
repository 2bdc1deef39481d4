package demo

import (
	"context"
	"image"
	"testing"

	"reverie/app/dataset/stimuli"
	"reverie/compute"
	"reverie/compute/eval"
	"reverie/compute/recon"
)

// TestTrueFeaturesGiveThePicture is what the network is right by: from the true
// features of all 19 layers the picture comes back and is told from the others.
func TestTrueFeaturesGiveThePicture(t *testing.T) {
	const n = 6
	iterations := 100
	if testing.Short() {
		iterations = 40
	}
	net := Network()
	p, err := backend(t).Compile(compute.Spec{Net: net, Weights: Weights(), Batch: n, Layers: net.Layers(), Gradient: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	red := shapePicture("largeframe", "red")
	letter, err := letterPicture('S')
	if err != nil {
		t.Fatal(err)
	}
	seen := []*image.NRGBA{scene(1, 600), scene(1, 601), scene(1, 602), scene(1, 603), red, letter}
	tasks := make([]recon.Task, n)
	for i, img := range seen {
		f := make([][]float32, len(net.Layers()))
		for l, name := range net.Layers() {
			op, _, _ := net.Op(name)
			f[l] = make([]float32, op.Out.Len())
		}
		if err := p.Features(t.Context(), stimuli.ToInput(img, stimuli.LabMean), 1, f); err != nil {
			t.Fatal(err)
		}
		tasks[i] = recon.Task{Targets: f}
	}
	opt, err := recon.Defaults(recon.Paper)
	if err != nil {
		t.Fatal(err)
	}
	opt.Iterations = iterations
	results, err := recon.Run(context.Background(), p, tasks, opt, recon.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		img := stimuli.FromInput(r.X, Size, Size, stimuli.LabMean)
		own := 0.0
		for k, other := range seen {
			c, err := eval.PixelCorrelation(img, other)
			if err != nil {
				t.Fatal(err)
			}
			if k == i {
				own = c
			} else if c > 0.8 {
				t.Errorf("picture %d looks like %d too: r = %.3f", i, k, c)
			}
		}
		if own < 0.8 {
			t.Errorf("picture %d: r = %.3f after %d iterations, want at least 0.8", i, own, iterations)
		}
		t.Logf("picture %d: r = %.4f", i, own)
	}
}
