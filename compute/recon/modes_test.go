package recon

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/nn"
	"reverie/compute/ref"
)

// modeRun is a run that testdata/reconmodes/modes.py restated.
type modeRun struct {
	Name    string
	Latent  bool
	Layers  []string
	Masks   []string
	Options json.RawMessage
	Trace   []float64
	Others  float64 // how far losses go under other rounding
	MeanAbs float64 `json:"mean_abs"`
	Sample  []float64
}

type modeFile struct {
	Digest string `json:"weights_sha256"`
	Runs   []modeRun
}

var modesToReference = []string{"pixel lbfgs", "latent lbfgs", "pixel gd", "latent gd", "gd everything", "gd paper", "gd l1", "lbfgs masks"}

func readModes(t *testing.T) modeFile {
	t.Helper()
	var file modeFile
	readJSON(t, filepath.Join("..", "..", "testdata", "reconmodes", "modes.json"), &file)
	return file
}

// run finds a recorded run by its name.
func (f modeFile) run(t *testing.T, name string) modeRun {
	t.Helper()
	i := slices.IndexFunc(f.Runs, func(r modeRun) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("no run %q", name)
	}
	return f.Runs[i]
}

func (m modeRun) options(t *testing.T) Options {
	t.Helper()
	var o Options
	if err := json.Unmarshal(m.Options, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// modeNets are the network of modes.py, alone and behind the generator.
func modeNets(t testing.TB) (plain, joined compute.Spec) {
	t.Helper()
	net, err := nn.VGG19(nn.VGG19Config{Height: 40, Width: 36, Divisor: 16, Classes: 50, Pool: nn.AveragePool, Slope: 0.875})
	if err != nil {
		t.Fatal(err)
	}
	g := &nn.Network{Name: "a small generator", Input: nn.Shape{C: 24, H: 1, W: 1}}
	at := g.Input
	add := func(kind nn.Kind, name string, c, size int) {
		out := nn.Shape{C: c, H: size, W: size}
		g.Ops = append(g.Ops, nn.Op{Kind: kind, Name: name, In: at, Out: out, Act: name != "deconv2", Slope: 0.875})
		at = out
	}
	add(nn.FC, "defc7", 32, 1)
	add(nn.FC, "defc5", 96, 1)
	at = nn.Shape{C: 6, H: 4, W: 4}
	add(nn.Deconv, "deconv5", 8, 8)
	add(nn.Conv, "conv5_1", 8, 8)
	add(nn.Deconv, "deconv4", 6, 16)
	add(nn.Deconv, "deconv3", 5, 32)
	add(nn.Deconv, "deconv2", 3, 64)
	both, err := nn.Join(g, net)
	if err != nil {
		t.Fatal(err)
	}
	w, gw := nn.Seeded(net, 1, 0.1), nn.Seeded(g, 5, 0.1)
	for i := range gw["deconv2"].W {
		gw["deconv2"].W[i] *= 10
	}
	plain = compute.Spec{Net: net, Weights: w, Batch: 1, Gradient: true}
	joined = compute.Spec{Net: both, Weights: nn.JoinWeights(gw, w), Batch: 1, Gradient: true}
	return plain, joined
}

// modeTargets are the targets of modes.py, by layer.
func modeTargets(t testing.TB, b compute.Backend) map[string][]float32 {
	t.Helper()
	spec, _ := modeNets(t)
	spec.Layers = spec.Net.Layers()
	p, err := b.Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	h, w := spec.Net.Input.H, spec.Net.Input.W
	x := make([]float32, 3*h*w)
	for c := range 3 {
		coarse, fine := nn.NewStream(2, uint64(c)), nn.NewStream(2, uint64(3+c))
		for i := range h * w {
			v := 8 + 239*coarse.Uniform(uint64(8*(i/w/8)+i%w/8)) + (16*fine.Uniform(uint64(i)) - 8)
			x[c*h*w+i] = float32(v - mean[c])
		}
	}
	out := make([][]float32, len(spec.Layers))
	for l, layer := range spec.Layers {
		op, _, _ := spec.Net.Op(layer)
		out[l] = make([]float32, op.Out.Len())
	}
	if err := p.Features(t.Context(), x, 1, out); err != nil {
		t.Fatal(err)
	}
	targets := map[string][]float32{}
	for l, layer := range spec.Layers {
		addNoise(out[l], uint64(l))
		targets[layer] = out[l]
	}
	return targets
}

// modeTask is what a recorded run aims at.
func modeTask(t *testing.T, m modeRun, spec compute.Spec, targets map[string][]float32) Task {
	t.Helper()
	task := Task{Label: m.Name}
	for l, layer := range m.Layers {
		task.Targets = append(task.Targets, targets[layer])
		if m.Masks == nil {
			continue
		}
		op, _, _ := spec.Net.Op(layer)
		mask, err := modeMask(m.Masks[l], op.Out)
		if err != nil {
			t.Fatal(err)
		}
		task.Masks = append(task.Masks, mask)
	}
	return task
}

// modeMask restates masks_of of modes.py with the functions that users have.
func modeMask(name string, shape nn.Shape) ([]float32, error) {
	switch name {
	case "channels":
		var third []int
		for c := 0; c < shape.C; c += 3 {
			third = append(third, c)
		}
		return ChannelMask(shape, third)
	case "plane":
		disc := make([]float32, 81)
		for i := range disc {
			if y, x := i/9-4, i%9-4; y*y+x*x <= 9 {
				disc[i] = 1
			}
		}
		return PlaneMask(shape, disc, 9, 9)
	case "none":
		return make([]float32, shape.Len()), nil
	}
	return nil, nil
}

// Every mode, regulariser, stabiliser, loss and mask takes the course that NumPy, SciPy and PyTorch take in
// float64. In the float64 reference that is 50 evaluations to 1e-4 (descent: to 1e-9), but for two runs of L-BFGS whose
// line searches follow the order of sums in the optimiser itself. On the processor, in float32, it is 10
// evaluations to 1e-4 and all to 2e-2: a unit that rounding moves over the kink of the activation, or a pixel over a
// percentile, bends the course, as it bends PyTorch's own in float32 (by up to 1.2e-2, in the file).
// REVERIE_MODES=all takes every run to the reference, which is slow, else those that between them take every mode.
func TestModesFollowNumPy(t *testing.T) {
	file := readModes(t)
	plain, joined := modeNets(t)
	if got := plain.Weights.SHA256(plain.Net); got != file.Digest {
		t.Fatalf("weights have digest %s, the script's %s", got, file.Digest)
	}
	exact, err := cpu.Open(cpu.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []struct {
		b   compute.Backend
		tol float64
	}{{ref.Open(), 1e-4}, {exact, 2e-2}} {
		targets := modeTargets(t, by.b)
		for _, m := range file.Runs {
			if by.b.Name() == "ref" && os.Getenv("REVERIE_MODES") != "all" && !slices.Contains(modesToReference, m.Name) {
				continue
			}
			t.Run(by.b.Name()+"/"+m.Name, func(t *testing.T) {
				spec, opt := plain, m.options(t)
				if m.Latent {
					spec = joined
				}
				spec.Layers, spec.Loss = m.Layers, opt.Loss
				p, err := by.b.Compile(spec)
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				res, err := Run(t.Context(), p, []Task{modeTask(t, m, spec, targets)}, opt, Hooks{})
				if err != nil {
					t.Fatal(err)
				}
				tol := by.tol
				switch {
				case slices.Contains([]string{"pixel lbfgs noise", "lbfgs gram"}, m.Name):
					tol = 2e-2
				case opt.Optimizer == Descent && tol == 1e-4:
					tol = 1e-9
				}
				m.compare(t, res[0], tol)
			})
		}
		if err := by.b.Close(); err != nil {
			t.Error(err)
		}
	}
}

func (m modeRun) compare(t *testing.T, r Result, tol float64) {
	t.Helper()
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	worst, at := 0.0, 0
	for i := range min(len(r.Trace), len(m.Trace), 50) {
		if d := math.Abs(r.Trace[i]-m.Trace[i]) / math.Abs(m.Trace[i]); !(d <= worst) {
			worst, at = d, i
		}
	}
	end := r.X
	if m.Latent {
		end = r.Z
	}
	apart := 0.0
	for k, want := range m.Sample {
		i := 0
		if len(m.Sample) > 1 {
			i = k * (len(end) - 1) / (len(m.Sample) - 1)
		}
		apart = max(apart, math.Abs(float64(end[i])-want)/m.MeanAbs)
	}
	t.Logf("%d evaluations (%d), losses apart by %.1e at %d (%.1e under other rounding), values at the end by %.1e of their mean size",
		len(r.Trace), len(m.Trace), worst, at, m.Others, apart)
	if !(worst <= tol) {
		t.Errorf("loss at %d is %g, want %g: %.2g apart, want %.0g", at, r.Trace[at], m.Trace[at], worst, tol)
	}
	if near := agree(r.Trace, m.Trace, 1e-4); near < 10 {
		t.Errorf("losses agree to 1e-4 for %d evaluations, want 10", near)
	}
	if len(m.Trace) > 50 { // L-BFGS: line searches behind the 50th evaluation are up to rounding
		return
	}
	if len(r.Trace) != len(m.Trace) || tol == 1e-9 && !(apart <= 1e-5) {
		t.Errorf("%d evaluations, want %d; values at the end differ by %.2g of their mean size", len(r.Trace), len(m.Trace), apart)
	}
}
