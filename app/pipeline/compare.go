package pipeline

import (
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/dataset/stimuli"
	"reverie/compute/eval"
)

// RunFolder is a folder that Save wrote.
type RunFolder struct {
	Dir    string
	Record Record
	Curves map[string][]CurvePoint // by label
}

// OpenRun reads a folder that Save wrote; pictures stay in their files.
func OpenRun(dir string) (RunFolder, error) {
	r := RunFolder{Dir: dir}
	var err error
	if r.Record, err = ReadRecord(dir); err == nil {
		r.Curves, err = readCurves(dir)
	}
	return r, err
}

// OpenRuns reads dir where it holds a run, or the runs in its folders, as a demo
// leaves them. The keys are the folders' names, "" for dir itself.
func OpenRuns(dir string) (map[string]RunFolder, error) {
	if _, err := os.Stat(filepath.Join(dir, RecordFile)); err == nil {
		r, err := OpenRun(dir)
		return map[string]RunFolder{"": r}, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	out := map[string]RunFolder{}
	for _, e := range entries {
		sub := filepath.Join(dir, e.Name())
		if _, err := os.Stat(filepath.Join(sub, RecordFile)); err != nil {
			continue
		}
		if out[e.Name()], err = OpenRun(sub); err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no %s (want a folder that reverie reconstruct or demo wrote)", dir, RecordFile)
	}
	return out, nil
}

// Agreement tells how far one sample's reconstruction in run B is from that in run A.
// Relative differences are |a−b|/|a|.
type Agreement struct {
	Label string `json:"label"`
	// Common counts the iterations that both runs reached, the start image among them.
	Common         int          `json:"common_iterations"`
	Curve          float64      `json:"curve_max_relative"` // over the common iterations
	WorstAt        int          `json:"curve_worst_iteration"`
	Beyond         *int         `json:"first_iteration_beyond_threshold"` // nil where all are within
	LastBeyond     *int         `json:"last_iteration_beyond_threshold"`
	Final          float64      `json:"final_loss_relative"`
	Losses         [2]float64   `json:"final_losses"`
	Iterations     [2]int       `json:"iterations"`
	Evaluations    [2]int       `json:"evaluations"`
	Reasons        [2]string    `json:"stopped"`
	Correlation    *float64     `json:"pixel_correlation"`        // between the two pictures; nil where one is missing
	MeanDifference *float64     `json:"mean_absolute_difference"` // of 0–255, over pixels and channels
	Relative       []float64    `json:"-"`                        // at common iterations
	At             []int        `json:"-"`                        // the common iterations
	A, B           []CurvePoint `json:"-"`
	PictureA       *image.NRGBA `json:"-"`
	PictureB       *image.NRGBA `json:"-"`
}

// CompareRuns pairs the samples of two runs by label, in the order of a. Samples
// of one run only are named in alone. threshold is what Beyond and
// LastBeyond refer to.
func CompareRuns(a, b RunFolder, threshold float64) (pairs []Agreement, alone []string, err error) {
	other := map[string]ImageRecord{}
	for _, r := range b.Record.Images {
		other[r.Label] = r
	}
	for _, ra := range a.Record.Images {
		rb, ok := other[ra.Label]
		if !ok {
			alone = append(alone, ra.Label)
			continue
		}
		delete(other, ra.Label)
		g := Agreement{
			Label: ra.Label, Losses: [2]float64{ra.Loss, rb.Loss}, Final: relative(ra.Loss, rb.Loss),
			Iterations: [2]int{ra.Iterations, rb.Iterations}, Evaluations: [2]int{ra.Evaluations, rb.Evaluations},
			Reasons: [2]string{ra.Reason, rb.Reason},
			A:       a.Curves[ra.Label], B: b.Curves[ra.Label],
		}
		if err := g.curves(threshold); err != nil {
			return nil, nil, fmt.Errorf("compare %s with %s: %w", a.Dir, b.Dir, err)
		}
		if err := g.pictures(a.Dir, b.Dir, ra, rb); err != nil {
			return nil, nil, fmt.Errorf("compare %s with %s: %w", a.Dir, b.Dir, err)
		}
		pairs = append(pairs, g)
	}
	for _, r := range b.Record.Images {
		if _, ok := other[r.Label]; ok {
			alone = append(alone, r.Label)
		}
	}
	if len(pairs) == 0 {
		return nil, alone, fmt.Errorf("compare %s with %s: no sample is in both", a.Dir, b.Dir)
	}
	return pairs, alone, nil
}

func (g *Agreement) curves(threshold float64) error {
	at := map[int]float64{}
	for _, p := range g.B {
		at[p.Iteration] = p.Loss
	}
	for _, p := range g.A {
		v, ok := at[p.Iteration]
		if !ok {
			continue
		}
		d := relative(p.Loss, v)
		g.At, g.Relative = append(g.At, p.Iteration), append(g.Relative, d)
		if d > g.Curve {
			g.Curve, g.WorstAt = d, p.Iteration
		}
		if d > threshold {
			g.LastBeyond = &p.Iteration
			if g.Beyond == nil {
				g.Beyond = &p.Iteration
			}
		}
	}
	g.Common = len(g.At)
	if g.Common == 0 {
		return fmt.Errorf("sample %q has no iteration in both: was a run cancelled before it began?", g.Label)
	}
	return nil
}

func (g *Agreement) pictures(dirA, dirB string, a, b ImageRecord) error {
	if a.File == "" || b.File == "" {
		return nil
	}
	var err error
	if g.PictureA, err = stimuli.Load(filepath.Join(dirA, a.File)); err != nil {
		return err
	}
	if g.PictureB, err = stimuli.Load(filepath.Join(dirB, b.File)); err != nil {
		return err
	}
	if g.PictureA.Bounds().Size() != g.PictureB.Bounds().Size() {
		return fmt.Errorf("sample %q: pictures of %v and %v: were they made with one network?", g.Label, g.PictureA.Bounds().Size(), g.PictureB.Bounds().Size())
	}
	if r, err := eval.PixelCorrelation(g.PictureA, g.PictureB); err == nil && !math.IsNaN(r) {
		g.Correlation = &r
	}
	pa, pb := eval.Pixels(g.PictureA), eval.Pixels(g.PictureB)
	sum := 0.0
	for i := range pa {
		sum += math.Abs(pa[i] - pb[i])
	}
	sum /= float64(len(pa))
	g.MeanDifference = &sum
	return nil
}

// relative is |a−b|/|a|; where a is 0 and b not, it is 1.
func relative(a, b float64) float64 {
	switch {
	case a == b:
		return 0
	case a == 0:
		return 1
	}
	return math.Abs(a-b) / math.Abs(a)
}

// Differing names the settings in which two runs differ, as "what: a, b". What
// is meant to differ, the device, is not among them.
func Differing(a, b Record) []string {
	var out []string
	say := func(what string, x, y any) {
		if sx, sy := fmt.Sprint(x), fmt.Sprint(y); sx != sy {
			out = append(out, fmt.Sprintf("%s: %s, %s", what, sx, sy))
		}
	}
	say("program", a.Program, b.Program)
	say("network", a.Network, b.Network)
	say("weights", a.SHA256, b.SHA256)
	say("source", a.Source, b.Source)
	say("ROI", a.ROI, b.ROI)
	say("layers", strings.Join(a.Layers, " "), strings.Join(b.Layers, " "))
	x, y := a.Options, b.Options
	say("preset", x.Preset, y.Preset)
	say("iterations", x.Iterations, y.Iterations)
	say("factor", x.Factor, y.Factor)
	say("weights divided by their sum", x.NormalizeWeights, y.NormalizeWeights)
	say("tolerances", []float64{x.FTol, x.GTol}, []float64{y.FTol, y.GTol})
	say("history", x.History, y.History)
	say("line search", x.MaxLineSearch, y.MaxLineSearch)
	say("mean", x.Mean, y.Mean)
	say("start colour", x.Start, y.Start)
	return out
}

// Summary is the worst and the median of a measure.
type Summary struct {
	Worst  float64 `json:"worst"`
	Median float64 `json:"median"`
}

// Summarise takes the worst, the largest or with low the smallest, and the
// median of at least one value.
func Summarise(v []float64, low bool) Summary {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	s := Summary{Worst: v[n-1], Median: (v[(n-1)/2] + v[n/2]) / 2}
	if low {
		s.Worst = v[0]
	}
	return s
}
