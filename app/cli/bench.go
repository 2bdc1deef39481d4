package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"time"

	"reverie/app/device"
	"reverie/app/engine"
	"reverie/app/pipeline"
	"reverie/compute"
	"reverie/compute/cpu"
	"reverie/compute/gl"
	"reverie/compute/nn"
)

var benchCommand = command{
	name: "bench", args: "[FILE…]", short: "time one evaluation: on the CPU against bare oneDNN, on a GPU by kernel; or training decoders, or loading files",
	examples: []string{
		"reverie bench",
		"reverie bench --backend gl --tune --kernels              # measures every way on this GPU, keeps the best",
		"reverie bench --network demo --batch 1,10 --json",
		"reverie bench --backend cpu --peer python3 --peer-script testdata/bench/peers.py",
		"reverie bench --backend cpu --prior --peer python3         # VGG19 behind the generator, against PyTorch",
		"reverie bench --decoders                                   # ridge and sparse regression at the paper's size",
		"reverie bench --peer python3 subject.h5 vgg19.caffemodel   # loading, against h5py and plain reading",
	},
	run: runBench,
}

type benchRow struct {
	Batch      int     `json:"batch"`
	Evaluate   seconds `json:"evaluate_s_per_image"`
	Exact      seconds `json:"evaluate_exact_s_per_image"`
	OneDNN     seconds `json:"onednn_direct_s_per_image"`
	ToOneDNN   float64 `json:"ratio_to_onednn_direct"`
	ExactRatio float64 `json:"exact_ratio_to_onednn_direct"`
	Peer       float64 `json:"peer_s_per_image,omitempty"`
	ToPeer     float64 `json:"ratio_to_peer,omitempty"`
	Program    uint64  `json:"program_bytes"`
}

type seconds struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
}

type benchReport struct {
	Backend string     `json:"backend"`
	Device  string     `json:"device"`
	Network string     `json:"network"`
	Peer    string     `json:"peer,omitempty"`
	Rows    []benchRow `json:"results"`
}

func runBench(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
	network := fs.String("network", "vgg19-seeded", "`network` to time: demo, vgg19-seeded, or a file with VGG19's weights")
	batches := fs.String("batch", "1,4", "`batch` sizes, comma separated")
	repeats := fs.Int("repeats", 7, "timed evaluations of each kind")
	peer := fs.String("peer", "", "`python` that has PyTorch: times it in the same run")
	script := fs.String("peer-script", "testdata/bench/peers.py", "the peer's `script`")
	threads := fs.Int("threads", 0, "threads of the CPU; 0 is every core")
	dev := deviceFlags(fs)
	tune := fs.Bool("tune", false, "GPU: first find the fastest right way for each convolution, and keep it")
	kernels := fs.Bool("kernels", false, "GPU: the time of each layer and direction")
	many := fs.Int("many", 0, "GPU: also time so many `evaluations` of one image")
	loadScript := fs.String("load-script", "testdata/bench/load_peer.py", "the `script` that times the peer's loading")
	here := fs.Bool("here", false, "load the file in this process, once; what bench FILE… starts for each repetition")
	plain := fs.Bool("plain", false, "read the file as bytes in this process, once; the measure for --here")
	prior := fs.Bool("prior", false, "CPU: VGG19 behind its seeded generator, one program")
	decoders := fs.Bool("decoders", false, "time the training of decoders")
	size := decoderSize(fs)
	files, err := e.parse(fs, args, 0, -1)
	if err != nil {
		return err
	}
	if *repeats < 1 {
		return usage("--repeats must be at least 1")
	}
	switch {
	case *decoders && len(files) == 0:
		return benchDecoders(ctx, e, size)
	case *here && len(files) == 1:
		return loadHere(ctx, e, files[0])
	case *plain && len(files) == 1:
		return plainRead(e, files[0])
	case *here, *plain:
		return usage("--here and --plain take one file")
	case len(files) > 0:
		return benchLoad(ctx, e, files, *repeats, *peer, *loadScript)
	}
	m, err := pipeline.OpenModel(ctx, *network, nil)
	if err != nil {
		return usage("%v", err)
	}
	if *prior {
		p := pipeline.BuiltInPrior(m)
		if p == nil {
			return usage("--prior: no built-in generator for %s", m.Net.Name)
		}
		both, err := nn.Join(p.Net, m.Net)
		if err != nil {
			return err
		}
		m = &pipeline.Model{Name: m.Name, Net: both, Weights: nn.JoinWeights(p.Weights, m.Weights), Mean: m.Mean}
	}
	var sizes []int
	for _, s := range list(*batches) {
		b, err := strconv.Atoi(s)
		if err != nil || b < 1 {
			return usage("--batch %q: want numbers of images like 1,4", s)
		}
		sizes = append(sizes, b)
	}
	if len(sizes) == 0 {
		return usage("--batch names no size")
	}
	onGPU, choice, err := useGPU(ctx, *dev)
	if err != nil {
		return err
	}
	if onGPU {
		if *peer != "" {
			return usage("--peer times the CPU: add --backend cpu")
		}
		return glBench{
			options: gl.Options{Device: choice.Device, Exact: choice.Exact, Cache: choice.Cache},
			model:   m, batches: sizes, repeats: *repeats, tune: *tune, kernels: *kernels, many: *many,
		}.run(ctx, e)
	}
	if *tune || *kernels || *many > 0 {
		return usage("--tune, --kernels and --many are for GPUs: add --backend gl")
	}
	rep := benchReport{Backend: device.CPU, Network: m.Net.Name}
	for _, b := range sizes {
		row := benchRow{Batch: b}
		for _, exact := range []bool{false, true} {
			be, err := cpu.Open(cpu.Options{Threads: *threads, Exact: exact})
			if err != nil {
				return err
			}
			rep.Device = be.Device()
			err = timeEvaluation(ctx, be, m, b, *repeats, &row, exact)
			be.Close()
			if err != nil {
				return err
			}
		}
		row.ToOneDNN = row.Evaluate.Min / row.OneDNN.Min
		row.ExactRatio = row.Exact.Min / row.OneDNN.Min
		rep.Rows = append(rep.Rows, row)
	}
	if *peer != "" {
		if err := rep.timePeer(ctx, *peer, *script, m, *threads, *repeats); err != nil {
			return err
		}
	}
	e.say("%s, %d layers\n%s", m.Net.Name, len(m.Net.Layers()), rep.Device)
	e.say("seconds per image, minimum of %d\n", *repeats)
	e.say("%5s  %9s  %9s  %15s  %7s  %s", "batch", "evaluate", "exact", "bare oneDNN", "ratio", rep.Peer)
	for _, r := range rep.Rows {
		line := fmt.Sprintf("%5d  %9.4f  %9.4f  %15.4f  %7.2f", r.Batch, r.Evaluate.Min, r.Exact.Min, r.OneDNN.Min, r.ToOneDNN)
		if r.Peer > 0 {
			line += fmt.Sprintf("  %.4f (ours ×%.2f of it)", r.Peer, r.ToPeer)
		}
		e.say("%s", line)
	}
	return e.result(rep)
}

// timeEvaluation fills the columns that one setting of the backend measures.
func timeEvaluation(ctx context.Context, be *cpu.Backend, m *pipeline.Model, batch, repeats int, row *benchRow, exact bool) error {
	layers := m.Net.Layers()
	p, err := be.Compile(compute.Spec{Net: m.Net, Weights: m.Weights, Batch: batch, Layers: layers, Gradient: true})
	if err != nil {
		return err
	}
	defer p.Close()
	once, _, err := prepareEvaluation(ctx, p, m, batch)
	if err != nil {
		return err
	}
	evaluate, err := measure(ctx, batch, repeats, once)
	if err != nil {
		return err
	}
	if !exact {
		row.Evaluate = evaluate
		row.Program = p.(interface{ Bytes() uint64 }).Bytes()
		return nil
	}
	row.Exact = evaluate
	bare := p.(interface {
		Bare(x []float32, n int, grad []float32) error
	})
	x, grad := make([]float32, batch*m.Net.Input.Len()), make([]float32, batch*m.Net.Input.Len())
	row.OneDNN, err = measure(ctx, batch, repeats, func() error { return bare.Bare(x, batch, grad) })
	return err
}

// prepareEvaluation gives a full batch of noise with targets, as a function that evaluates it.
func prepareEvaluation(ctx context.Context, p compute.Program, m *pipeline.Model, batch int) (func() error, []int, error) {
	layers := p.Spec().Layers
	n := batch * m.Net.Input.Len()
	x, grad, loss, slots := make([]float32, n), make([]float32, n), make([]float64, batch*len(layers)), make([]int, batch)
	s := nn.NewStream(1, 0)
	for i := range x {
		x[i] = float32(s.Uniform(uint64(i))*255 - 117)
		if p.Spec().Net.Head > 0 {
			x[i] = float32(s.Uniform(uint64(i)))
		}
	}
	for i := range slots {
		slots[i] = i
		for l, name := range layers {
			if err := p.SetTarget(i, l, compute.Target{Values: make([]float32, m.Shape(name).Len()), Weight: 1e-9}); err != nil {
				return nil, nil, err
			}
		}
	}
	return func() error { return p.Evaluate(ctx, x, slots, loss, grad) }, slots, nil
}

// useGPU says whether a choice leads to a GPU.
func useGPU(ctx context.Context, c device.Choice) (bool, device.Choice, error) {
	if err := c.Check(); err != nil {
		return false, c, usage("%v", err)
	}
	dir, err := engine.CacheDir("")
	if err != nil {
		return false, c, err
	}
	c = engine.DeviceChoice(dir, c)
	if c.Backend == device.GL || c.Device != "" {
		return true, c, nil
	}
	b, err := device.Open(ctx, c)
	if err != nil {
		return false, c, err
	}
	defer b.Close()
	return b.Name() == device.GL, c, nil
}

// measure times f after two runs that do not count.
func measure(ctx context.Context, images, repeats int, f func() error) (seconds, error) {
	var ts []float64
	for i := range repeats + 2 {
		if err := ctx.Err(); err != nil {
			return seconds{}, err
		}
		t := time.Now()
		if err := f(); err != nil {
			return seconds{}, err
		}
		if i >= 2 {
			ts = append(ts, time.Since(t).Seconds()/float64(images))
		}
	}
	slices.Sort(ts)
	return seconds{Min: ts[0], Median: ts[len(ts)/2]}, nil
}

func (rep *benchReport) timePeer(ctx context.Context, python, script string, m *pipeline.Model, threads, repeats int) error {
	if threads == 0 {
		threads = runtime.NumCPU()
	}
	divisor := 64 / m.Net.Ops[m.Net.Head].Out.C
	args := []string{script, "--size", strconv.Itoa(m.Net.Picture().H), "--divisor", strconv.Itoa(divisor),
		"--threads", strconv.Itoa(threads), "--repeats", strconv.Itoa(repeats), "--batch"}
	for _, r := range rep.Rows {
		args = append(args, strconv.Itoa(r.Batch))
	}
	if m.Net.Head > 0 {
		args = append(args, "--generator")
	}
	cmd := exec.CommandContext(ctx, python, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("time the peer with %s %s: %w", python, script, err)
	}
	var doc struct {
		Peer    string `json:"peer"`
		Results []struct {
			Seconds float64 `json:"seconds_per_image_min"`
		} `json:"results"`
	}
	if err := json.Unmarshal(out, &doc); err != nil || len(doc.Results) != len(rep.Rows) {
		return fmt.Errorf("the peer's answer is not understood: %s", out)
	}
	rep.Peer = doc.Peer
	for i := range rep.Rows {
		rep.Rows[i].Peer = doc.Results[i].Seconds
		rep.Rows[i].ToPeer = rep.Rows[i].Evaluate.Min / doc.Results[i].Seconds
	}
	return nil
}
