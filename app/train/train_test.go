package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"testing"

	"reverie/app/dataset/decoders"
	"reverie/compute/brain"
	"reverie/compute/decode/l2"
)

// invented features: each unit mixes a stimulus's hidden numbers.
type invented struct {
	hidden map[string][]float64
	calls  int
}

func (v *invented) About() string  { return "invented" }
func (v *invented) Digest() string { return "0123" }

func (v *invented) Fill(ctx context.Context, labels []string, ranges []Range, put func(label, r int, values []float32) error, step func(done, total int)) error {
	v.calls++
	for i, l := range labels {
		for k, r := range ranges {
			row := make([]float32, r.To-r.From)
			for u := range row {
				row[u] = v.value(l, r.Layer, r.From+u)
			}
			if err := put(i, k, row); err != nil {
				return err
			}
		}
		step(i+1, len(labels))
	}
	return ctx.Err()
}

func (v *invented) value(label, layer string, unit int) float32 {
	r := rand.New(rand.NewPCG(uint64(unit), uint64(len(layer))))
	x := 0.0
	for _, h := range v.hidden[label] {
		x += h * r.NormFloat64()
	}
	if unit == 7 {
		return 2.5 // a constant unit
	}
	return float32(3*x + 10)
}

const hiddenNumbers = 4

// experiment makes samples whose voxels mix the hidden numbers too.
func experiment(seed uint64, stimuli, trials, voxels int) (*invented, func(context.Context) (*Samples, error)) {
	r := rand.New(rand.NewPCG(seed, 1))
	v := &invented{hidden: map[string][]float64{}}
	mix := make([]float64, voxels*hiddenNumbers)
	for i := range mix {
		mix[i] = r.NormFloat64()
	}
	sample := func(label string) []float64 {
		x := make([]float64, voxels)
		for i := range x {
			x[i] = 100 + r.NormFloat64()
			for k, h := range v.hidden[label] {
				x[i] += h * mix[i*hiddenNumbers+k]
			}
		}
		x[3] = 5 // a voxel outside of the brain
		return x
	}
	s := &Samples{Train: brain.Samples{Voxels: voxels}, Tests: []Test{{"ImageNetTest", brain.Samples{Voxels: voxels}}}}
	add := func(to *brain.Samples, label string) {
		to.Labels, to.X = append(to.Labels, label), append(to.X, sample(label)...)
	}
	for i := range stimuli {
		for _, prefix := range []string{"train", "test"} {
			l := fmt.Sprintf("%s%03d", prefix, i)
			for range hiddenNumbers {
				v.hidden[l] = append(v.hidden[l], r.NormFloat64())
			}
		}
		for range trials {
			add(&s.Train, fmt.Sprintf("train%03d", i))
		}
		if i < 12 {
			add(&s.Tests[0].Samples, fmt.Sprintf("test%03d", i))
		}
	}
	return v, func(context.Context) (*Samples, error) {
		c := *s
		return &c, nil
	}
}

func newJob(t *testing.T, root string) (*Job, *invented) {
	t.Helper()
	v, load := experiment(1, 30, 2, 60)
	_, other := experiment(2, 30, 2, 40)
	return &Job{Root: root, Source: v, Layers: []Layer{{"conv1_1", []int{3, 50, 60}}, {"fc8", []int{125}}},
		Data:    []Data{{Subject: "S1", ROI: "V1", Selected: "V1", Load: load}, {Subject: "S1", ROI: "V2", Selected: "V2", Load: other}},
		Options: Options{Method: L2, Alpha: 10, Voxels: 20}, Alone: true}, v
}

func (j *Job) quiet(ctx context.Context, t *testing.T) {
	t.Helper()
	if err := j.Run(ctx, nil, func(Update) {}, func(string, int, int) {}); err != nil {
		t.Fatal(err)
	}
}

// content reads all files below a folder.
func content(t *testing.T, root string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		out[rel], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func same(t *testing.T, what string, got, want map[string][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d files, want %d", what, len(got), len(want))
	}
	for name, raw := range want {
		if !bytes.Equal(got[name], raw) {
			t.Errorf("%s: %s differs", what, name)
		}
	}
}

// TestTrainedAsFittedAtOnce compares what is in the store with one fit of all
// units on samples and features that the test standardises itself.
func TestTrainedAsFittedAtOnce(t *testing.T) {
	ctx := context.Background()
	j, v := newJob(t, t.TempDir())
	var last Update
	if err := j.Run(ctx, nil, func(u Update) { last = u }, func(string, int, int) {}); err != nil {
		t.Fatal(err)
	}
	if last.Layer.Name != "fc8" || last.Done != 125 || last.Data.ROI != "V2" {
		t.Errorf("last update %+v", last)
	}
	s, _ := j.Data[0].Load(ctx)
	const units = 9000
	n, d := s.Train.Len(), s.Train.Voxels
	z := make([]float64, n*d)
	for k := range d {
		m, sd := meanSD(n, func(i int) float64 { return s.Train.X[i*d+k] })
		for i := range n {
			if sd > 1e-9 {
				z[i*d+k] = (s.Train.X[i*d+k] - m) / sd
			}
		}
	}
	y := make([]float64, 30*units)
	mean, norm := make([]float64, units), make([]float64, units)
	for u := range units {
		value := func(i int) float64 { return float64(v.value(fmt.Sprintf("train%03d", i), "conv1_1", u)) }
		mean[u], norm[u] = meanSD(30, value)
		for i := range 30 {
			if norm[u] > 1e-9 {
				y[i*units+u] = (value(i) - mean[u]) / norm[u]
			}
		}
	}
	of := make([]int, n)
	for i := range of {
		of[i] = i / 2
	}
	f, err := l2.New(ctx, z, n, d, of, l2.Options{Alpha: 10, Voxels: 20})
	if err != nil {
		t.Fatal(err)
	}
	values, err := l2.NewValues(y, 30, units)
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.FitAll(ctx, values)
	if err != nil {
		t.Fatal(err)
	}
	zt := make([]float64, len(s.Tests[0].X))
	for i, x := range s.Tests[0].X {
		m, sd := meanSD(n, func(r int) float64 { return s.Train.X[r*d+i%d] })
		if sd > 1e-9 {
			zt[i] = (x - m) / sd
		}
	}
	want, err := w.Predict(zt, 12)
	if err != nil {
		t.Fatal(err)
	}
	store, err := decoders.Open(ctx, filepath.Join(j.Root, "conv1_1", "S1", "V1"))
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := decoders.Predict(ctx, store, s.Tests[0].Samples, nil)
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i := range 12 {
		for u := range units {
			x := want[i*units+u]*norm[u] + mean[u]
			worst = max(worst, math.Abs(float64(got[i][u])-x)/max(norm[u], 1))
		}
	}
	if !(worst < 2e-5) { // single precision, samples around 100
		t.Errorf("predictions differ by %g standard deviations", worst)
	}
	c, err := store.Read(ctx, 0, units)
	if err != nil {
		t.Fatal(err)
	}
	if x := c.Accuracy[0][7]; x == x {
		t.Errorf("the constant unit has a correlation of %g", x)
	}
	good := 0
	for _, r := range c.Accuracy[0] {
		if r > 0.9 {
			good++
		}
	}
	if good < units*9/10 { // 60 voxels tell 4 hidden numbers
		t.Errorf("only %d of %d units are decoded", good, units)
	}
}

func meanSD(n int, at func(int) float64) (m, sd float64) {
	for i := range n {
		m += at(i) / float64(n)
	}
	for i := range n {
		sd += (at(i) - m) * (at(i) - m) / float64(n-1)
	}
	return m, math.Sqrt(sd)
}

// TestSparseRegression trains with ARD: the decoders are sparser than their choice of voxels and predict as well.
func TestSparseRegression(t *testing.T) {
	j, _ := newJob(t, t.TempDir())
	j.Layers, j.Data = j.Layers[1:], j.Data[:1]
	j.Options = Options{Method: SLR, Voxels: 20, Iterations: 100}
	j.quiet(context.Background(), t)
	f, err := decoders.Open(context.Background(), filepath.Join(j.Root, "fc8", "S1", "V1"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Read(context.Background(), 0, 125)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Weights.W); n == 0 || n > 125*15 {
		t.Errorf("%d weights of %d", n, 125*20)
	}
	if len(c.Iterations) != 125 || c.Iterations[0] != 100 {
		t.Errorf("iterations %v", c.Iterations[:3])
	}
	if m := f.About().Method; m != "sparse regression with ARD (lab), 100 iterations, 20 voxels a unit" {
		t.Errorf("method %q", m)
	}
	good := 0
	for _, r := range c.Accuracy[0] {
		if r > 0.9 {
			good++
		}
	}
	if good < 110 {
		t.Errorf("only %d of 125 units are decoded", good)
	}
}

func TestStoppedJobGoesOn(t *testing.T) {
	whole, _ := newJob(t, t.TempDir())
	whole.quiet(context.Background(), t)
	want := content(t, whole.Root)

	j, _ := newJob(t, t.TempDir())
	runs := 0
	for {
		runs++
		ctx, stop := context.WithCancel(context.Background())
		err := j.Run(ctx, nil, func(Update) { stop() }, func(string, int, int) {})
		stop()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if runs < 3 {
		t.Errorf("stopped %d times only", runs-1)
	}
	same(t, "after stops", content(t, j.Root), want)
}

func TestShardsMakeTheWhole(t *testing.T) {
	whole, _ := newJob(t, t.TempDir())
	whole.quiet(context.Background(), t)
	want := content(t, whole.Root)
	for _, n := range []int{1, 2, 3, 5, 40} {
		root := t.TempDir()
		for i := n; i > 0; i-- {
			j, _ := newJob(t, root)
			j.Shard, j.Shards, j.Alone = i, n, false
			j.quiet(context.Background(), t)
		}
		same(t, fmt.Sprintf("%d shards", n), content(t, root), want)
	}
}

func TestSettingsThatMustNotMatter(t *testing.T) {
	whole, _ := newJob(t, t.TempDir())
	whole.quiet(context.Background(), t)
	want := content(t, whole.Root)
	small, v := newJob(t, t.TempDir())
	small.Options.Memory, small.Options.Workers = 64<<20, 1
	small.quiet(context.Background(), t)
	same(t, "little memory, one worker", content(t, small.Root), want)
	if v.calls < 1 {
		t.Errorf("features asked for %d times", v.calls)
	}
}

func TestOtherOptionsAreRefused(t *testing.T) {
	j, _ := newJob(t, t.TempDir())
	j.quiet(context.Background(), t)
	j.Options.Alpha = 11
	err := j.Run(context.Background(), nil, func(Update) {}, func(string, int, int) {})
	if !errors.Is(err, decoders.ErrOther) || !strings.Contains(err.Error(), `"alpha":10`) {
		t.Errorf("%v", err)
	}
}

func TestRefusals(t *testing.T) {
	for want, spoil := range map[string]func(*Job){
		"no folder":            func(j *Job) { j.Root = "" },
		"at least one layer":   func(j *Job) { j.Layers = nil },
		"shard 3 of 2":         func(j *Job) { j.Shard, j.Shards = 3, 2 },
		`no method "lasso"`:    func(j *Job) { j.Options.Method = "lasso" },
		"MiB of memory":        func(j *Job) { j.Options.Memory = 1 << 20 },
		"alpha -1":             func(j *Job) { j.Options.Alpha = -1 },
		"no feature for train": func(j *Job) { j.Source = broken{errors.New("no feature for train000")} },
	} {
		j, _ := newJob(t, t.TempDir())
		spoil(j)
		if err := j.Run(context.Background(), nil, func(Update) {}, func(string, int, int) {}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	j, _ := newJob(t, t.TempDir())
	j.Layers[0].Name = "NaN"
	j.Source = broken{}
	if err := j.Run(context.Background(), nil, func(Update) {}, func(string, int, int) {}); err == nil || !strings.Contains(err.Error(), "unit 0 of NaN is NaN") {
		t.Errorf("NaN: %v", err)
	}
}

// broken gives NaN, or an error.
type broken struct{ err error }

func (broken) About() string  { return "broken" }
func (broken) Digest() string { return "" }

func (b broken) Fill(_ context.Context, labels []string, ranges []Range, put func(label, r int, values []float32) error, _ func(done, total int)) error {
	for i := range labels {
		for k, r := range ranges {
			row := make([]float32, r.To-r.From)
			row[0] = float32(math.NaN())
			if err := errors.Join(b.err, put(i, k, row)); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestSamplesAreGivenBack has more regions than memory holds samples of.
func TestSamplesAreGivenBack(t *testing.T) {
	j, _ := newJob(t, t.TempDir())
	j.Layers = j.Layers[1:]
	j.Options.Memory = 64 << 20
	v, load := experiment(1, 30, 2, 6000) // 60 × 6,000 float64 are 2.7 MiB, of which 8 MiB may be kept
	j.Source = v
	j.Data = nil
	for i := range 12 {
		d := Data{Subject: "S1", ROI: fmt.Sprintf("R%d", i), Load: func(ctx context.Context) (*Samples, error) {
			s, err := load(ctx)
			s.Train.X = slices.Clone(s.Train.X)
			return s, err
		}}
		j.Data = append(j.Data, d)
	}
	r := &run{Job: j, update: func(Update) {}, step: func(string, int, int) {}, fitters: fitters{j: j}}
	if err := j.check(); err != nil {
		t.Fatal(err)
	}
	if err := r.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	most := 0
	for d := range r.data {
		if err := r.train(t.Context(), []item{{0, 0, d}}); err != nil {
			t.Fatal(err)
		}
		held := 0
		for _, p := range r.data {
			if p.samples != nil {
				held++
			}
		}
		most = max(most, held)
	}
	if most > 3 {
		t.Errorf("samples of %d regions were kept", most)
	}
}

func TestNaNIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	for _, where := range []string{"training", "ImageNetTest"} {
		j, _ := newJob(t, t.TempDir())
		load := j.Data[0].Load
		j.Data[0].Load = func(ctx context.Context) (*Samples, error) {
			s, err := load(ctx)
			x := &s.Train.X
			if where != "training" {
				s.Tests = slices.Clone(s.Tests)
				x = &s.Tests[0].X
			}
			*x = slices.Clone(*x)
			(*x)[65] = math.NaN()
			return s, err
		}
		err := j.Run(t.Context(), nil, func(Update) {}, func(string, int, int) {})
		if err == nil || !strings.Contains(err.Error(), where+" sample 1") || !strings.Contains(err.Error(), "voxel 5") {
			t.Errorf("%s: %v", where, err)
		}
		if files := content(t, j.Root); len(files) > 0 {
			t.Errorf("%d files were written", len(files))
		}
	}
}

func TestPassesFitTheMemory(t *testing.T) {
	j, v := newJob(t, t.TempDir())
	j.Layers = []Layer{{"conv1_1", []int{64, 64, 64}}}
	j.Data = j.Data[:1]
	j.Options.Memory = 64 << 20
	j.quiet(context.Background(), t)
	if want := (64*64*64*42*4 + 16<<20 - 1) / (16 << 20); v.calls < want {
		t.Errorf("features in %d passes, %d at least needed", v.calls, want)
	}
}
