package uitest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"reverie/app/dataset/decoders"
	"reverie/app/job"
	"reverie/app/session"
)

// Training is how Engine trains. The zero value is quick and never fails.
type Training struct {
	Delay       time.Duration    // of a chunk of units
	Step        chan struct{}    // where not nil, a chunk waits to receive from it
	FailAt      int              // the chunk that fails, from 1; 0 never
	EstimateErr error            // what EstimateTraining fails with
	Free        int64            // bytes free; 0 is 1 TiB, negative is unknown
	There       int              // parts that are trained already
	Folders     []decoders.About // what Decoders lists; nil is a made-up list
	ListErr     error            // what Decoders fails with
	Estimated   chan struct{}    // where not nil, EstimateTraining waits to receive from it
}

// Estimates counts the calls of EstimateTraining.
func (e *Engine) Estimates() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.estimates
}

// ShapeOf is the shape of a layer of the tests' network.
func ShapeOf(layer string) []int {
	var block, n int
	if k, _ := fmt.Sscanf(layer, "conv%d_%d", &block, &n); k == 2 {
		return []int{8 << (block - 1), 64 >> block, 64 >> block}
	}
	if layer == "fc8" {
		return []int{1000}
	}
	return []int{4096}
}

func units(layer string) int { return decoders.About{Shape: ShapeOf(layer)}.Units() }

func voxels(s *session.Subject, roi string) int {
	for _, d := range s.Datasets {
		for _, r := range d.ROIs {
			if r.Name == roi {
				return r.Voxels
			}
		}
	}
	return 560
}

func (e *Engine) parts(s *session.Subject, plan session.TrainPlan) []session.TrainPart {
	var out []session.TrainPart
	for _, l := range plan.Layers {
		for _, r := range plan.ROIs {
			p := session.TrainPart{Layer: l, ROI: r, Units: units(l), Voxels: voxels(s, r)}
			if len(out) < e.Training.There {
				p.Done = p.Units
			}
			out = append(out, p)
		}
	}
	return out
}

// EstimateTraining implements session.Trainer.
func (e *Engine) EstimateTraining(ctx context.Context, s *session.Subject, plan session.TrainPlan) (session.TrainEstimate, error) {
	e.mu.Lock()
	e.estimates++
	e.mu.Unlock()
	if e.Training.Estimated != nil {
		select {
		case <-e.Training.Estimated:
		case <-ctx.Done():
			return session.TrainEstimate{}, ctx.Err()
		}
	}
	if e.Training.EstimateErr != nil {
		return session.TrainEstimate{}, e.Training.EstimateErr
	}
	est := session.TrainEstimate{Parts: e.parts(s, plan), Memory: 3 << 30, Free: e.Training.Free}
	if est.Free == 0 {
		est.Free = 1 << 40
	}
	for _, p := range est.Parts {
		left := int64(p.Units - p.Done)
		est.Time += time.Duration(left) * 2 * time.Millisecond
		est.Disk += left * 3000
	}
	if plan.CV != "" {
		est.Notes = append(est.Notes, "Each region is trained 24 times, once for each value of "+plan.CV+".")
	}
	return est, nil
}

// Train implements session.Trainer.
func (e *Engine) Train(ctx context.Context, s *session.Subject, plan session.TrainPlan, gate *job.Gate, update func(session.TrainUpdate), report job.Reporter) error {
	m := job.NewMeter(report)
	parts := e.parts(s, plan)
	const chunks = 4
	n := 0
	for _, p := range parts {
		for c := 1; p.Done < p.Units; c++ {
			n++
			if err := e.chunk(ctx, gate); err != nil {
				return err
			}
			if n == e.Training.FailAt {
				return errors.New("train: write conv3_1/units-000001.safetensors: no space left on device")
			}
			p.Done = p.Units * c / chunks
			u := session.TrainUpdate{Part: p, Path: filepath.Join(plan.Out, p.Layer, s.Name, p.ROI), PerSecond: 412}
			if p.Done == p.Units {
				u.Accuracy = accuracy(p.Layer, p.ROI, s)
			}
			update(u)
			m.Step("train "+p.Layer, n, len(parts)*chunks)
		}
	}
	return nil
}

func (e *Engine) chunk(ctx context.Context, gate *job.Gate) error {
	switch {
	case e.Training.Step != nil:
		select {
		case <-e.Training.Step:
		case <-ctx.Done():
			return ctx.Err()
		}
	case e.Training.Delay > 0:
		time.Sleep(e.Training.Delay)
	}
	return gate.Wait(ctx)
}

var conditions = []decoders.Condition{{Name: "seen natural", Stimuli: 50}, {Name: "seen shapes", Stimuli: 40}, {Name: "seen letters", Stimuli: 10}, {Name: "imagined natural", Stimuli: 10}, {Name: "imagined shapes", Stimuli: 15}}

func seeded(parts ...any) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, parts...)
	return rand.New(rand.NewPCG(h.Sum64(), 3))
}

func accuracy(layer, roi string, _ *session.Subject) []session.Accuracy {
	_, layers := (&Engine{}).Network()
	at := float64(slices.Index(layers, layer)) / 18
	rng := seeded(layer, roi)
	var out []session.Accuracy
	for i, c := range conditions {
		mean := 0.42 - 0.09*float64(i) - 0.25*math.Abs(at-0.5) + 0.03*rng.NormFloat64()
		a := session.Accuracy{Condition: c.Name, Stimuli: c.Stimuli, Units: 4000, Left: 12, Mean: mean, Low: mean - 0.008*float64(i+1), High: mean + 0.008*float64(i+1), Histogram: make([]int, 40)}
		for range 4000 {
			a.Histogram[min(max(int((mean+0.17*rng.NormFloat64()+1)*20), 0), 39)]++
		}
		out = append(out, a)
	}
	return out
}

// Decoders implements session.Trainer: two layers from two regions, and a folder of the lab's.
func (e *Engine) Decoders(_ context.Context, root string) ([]session.DecoderFolder, error) {
	if e.Training.ListErr != nil {
		return nil, e.Training.ListErr
	}
	list := e.Training.Folders
	if list == nil {
		for _, l := range []string{"conv1_1", "conv3_2", "conv5_4", "fc6", "fc8"} {
			for _, r := range []string{"V1", "VC"} {
				list = append(list, decoders.About{Layer: l, Subject: "sub-demo", ROI: r, Shape: ShapeOf(l), Voxels: voxels(demoSubject(), r), Trained: units(l), Conditions: conditions, Method: "ridge, alpha 100, 500 voxels a unit"})
			}
		}
		list[2].Trained /= 3
		list[2].Notes = []string{fmt.Sprintf("%d of %d units are trained so far.", list[2].Trained, list[2].Units())}
		list = append(list, decoders.About{Layer: "fc8", Subject: "S1", ROI: "VC", Fold: "run-3", Lab: true, Shape: []int{1, 1000}, Voxels: 900, Trained: 1000, Method: "FastL2LiR", Notes: []string{"The places of the voxels are not in these files."}})
	}
	var out []session.DecoderFolder
	for _, a := range list {
		out = append(out, session.DecoderFolder{About: a, Path: filepath.Join(root, a.Layer, a.Subject, a.ROI, a.Fold)})
	}
	return out, nil
}

func demoSubject() *session.Subject {
	return &session.Subject{Datasets: []session.Dataset{{ROIs: []session.ROI{{Name: "V1", Voxels: 300}, {Name: "VC", Voxels: 1400}}}}}
}

func (e *Engine) folder(path string) (session.DecoderFolder, error) {
	for root := filepath.Dir(path); ; root = filepath.Dir(root) {
		list, err := e.Decoders(context.Background(), root)
		for _, f := range list {
			if f.Path == path {
				return f, nil
			}
		}
		if err != nil || root == filepath.Dir(root) {
			return session.DecoderFolder{}, fmt.Errorf("open decoders: %s has none", path)
		}
	}
}

// Decoder implements session.Trainer.
func (e *Engine) Decoder(_ context.Context, path string) (*session.DecoderView, error) {
	f, err := e.folder(path)
	if err != nil {
		return nil, err
	}
	v := &session.DecoderView{DecoderFolder: f}
	if f.Lab {
		return v, nil
	}
	v.Accuracy = accuracy(f.Layer, f.ROI, nil)
	rng := seeded(f.ROI)
	for i := 0; len(v.XYZ) < 3*f.Voxels && i < 200000; i++ { // two shells of a cortex, on a grid of 3 mm
		a, b := rng.NormFloat64()*0.5, rng.NormFloat64()*0.7
		side := float64(rng.IntN(2)*2 - 1)
		p := [3]float64{side * (8 + 22*math.Cos(a)*math.Abs(math.Cos(b))), -92 + 34*math.Abs(math.Sin(a))*math.Cos(b) + 5*rng.Float64(), 4 + 30*math.Sin(b)}
		for _, x := range p {
			v.XYZ = append(v.XYZ, float32(math.Round(x/3)*3))
		}
	}
	return v, nil
}

// DecoderUnit implements session.Trainer.
func (e *Engine) DecoderUnit(ctx context.Context, path string, unit int) (*session.UnitView, error) {
	v, err := e.Decoder(ctx, path)
	if err != nil {
		return nil, err
	}
	if unit >= v.Trained {
		return nil, fmt.Errorf("read decoders: unit %d of %s is not trained yet", unit, v.Layer)
	}
	rng := seeded(path, unit)
	u := &session.UnitView{Unit: unit, Bias: float32(0.02 * rng.NormFloat64()), Mean: float32(3 + rng.NormFloat64()), Norm: float32(1 + rng.Float64())}
	for i := range v.Voxels {
		if len(u.Voxels) < 500 && rng.IntN(3) > 0 {
			w := 0.02 * rng.NormFloat64()
			if v.XYZ != nil { // weights that are alike nearby
				w += 0.05 * math.Sin(float64(v.XYZ[3*i])/14+float64(unit)) * math.Cos(float64(v.XYZ[3*i+2])/16)
			}
			u.Voxels, u.Weights = append(u.Voxels, uint32(i)), append(u.Weights, float32(w))
		}
	}
	for i := range v.Conditions {
		u.Accuracy = append(u.Accuracy, float32(math.Tanh(0.4-0.08*float64(i)+0.2*rng.NormFloat64())))
	}
	return u, nil
}

// BestUnit implements session.Trainer.
func (e *Engine) BestUnit(ctx context.Context, path string, condition int) (int, error) {
	v, err := e.Decoder(ctx, path)
	if err != nil {
		return 0, err
	}
	best, at := float32(math.Inf(-1)), 0
	for i := range v.Trained {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		u, err := e.DecoderUnit(ctx, path, i)
		if err != nil {
			return 0, err
		}
		if u.Accuracy[condition] > best {
			best, at = u.Accuracy[condition], i
		}
	}
	return at, nil
}
