package recon

import (
	"testing"

	"reverie/compute"
	"reverie/compute/nn"
)

// BenchmarkDescent is one round's work on one image at the demo's size, 3×128×128, apart from its evaluation of
// about 8 ms: the plain step, and with each option of the released code on in every iteration.
func BenchmarkDescent(b *testing.B) {
	net := &nn.Network{Name: "demo size", Input: nn.Shape{C: 3, H: 128, W: 128}}
	always := Schedule{0.5, 0.5}
	for _, c := range []struct {
		name   string
		change func(*DescentOptions)
	}{
		{"plain", func(*DescentOptions) {}},
		{"decay", func(d *DescentOptions) { d.Decay = Schedule{0.2, 0} }},
		{"blur 2", func(d *DescentOptions) { d.Blur = Schedule{2, 2} }},
		{"blur 2 to 0.5", func(d *DescentOptions) { d.Blur = Schedule{2, 0.5} }},
		{"jitter", func(d *DescentOptions) { d.Jitter = 32 }},
		{"p-norm 3", func(d *DescentOptions) { d.PNorm = Regulariser{3, always} }},
		{"tv 2", func(d *DescentOptions) { d.TV = Regulariser{2, always} }},
		{"clip extreme every 4", func(d *DescentOptions) { d.ClipExtreme = Clip{4, Schedule{1, 1}} }},
		{"clip small norm every 4", func(d *DescentOptions) { d.ClipSmallNorm = Clip{4, Schedule{5, 5}} }},
	} {
		b.Run(c.name, func(b *testing.B) {
			opt, err := DefaultsFor(Paper, false)
			if err != nil {
				b.Fatal(err)
			}
			opt.Optimizer, opt.Iterations = Descent, 200
			c.change(&opt.GD)
			n := net.Input.Len()
			grad, x := make([]float32, n), make([]float32, n)
			s := nn.NewStream(1, 0)
			for i := range grad {
				grad[i] = float32(s.Normal(uint64(i)))
			}
			im := benchImage(b, net, opt)
			for b.Loop() {
				if im.opt.Status() != Running {
					b.StopTimer()
					im = benchImage(b, net, opt)
					b.StartTimer()
				}
				im.ask(x)
				im.tell([]float64{1}, grad)
			}
		})
	}
}

func benchImage(b *testing.B, net *nn.Network, opt Options) *image {
	im, err := newImage(0, 0, Task{}, compute.Spec{Net: net, Layers: []string{"one"}}, opt)
	if err != nil {
		b.Fatal(err)
	}
	return im
}
