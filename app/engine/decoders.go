package engine

import (
	"context"
	"fmt"

	"reverie/app/dataset/decoders"
	"reverie/app/session"
	"reverie/compute/eval"
)

// Decoders lists the folders of decoders below a root (session.Trainer).
func (e *Engine) Decoders(ctx context.Context, root string) ([]session.DecoderFolder, error) {
	dirs, err := decoders.Scan(root)
	if err != nil {
		return nil, err
	}
	var out []session.DecoderFolder
	for _, dir := range dirs {
		f, err := decoders.Open(ctx, dir)
		if err != nil {
			return nil, err
		}
		out = append(out, session.DecoderFolder{About: f.About(), Path: dir})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: %w", root, decoders.ErrNone)
	}
	return out, nil
}

// Decoder opens a folder of decoders (session.Trainer).
func (e *Engine) Decoder(ctx context.Context, path string) (*session.DecoderView, error) {
	f, err := decoders.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	n, err := f.Norms()
	if err != nil {
		return nil, err
	}
	v := &session.DecoderView{DecoderFolder: session.DecoderFolder{About: f.About(), Path: path}, XYZ: n.XYZ}
	if s, ok := f.(*decoders.Store); ok && v.Trained > 0 {
		v.Accuracy, err = accuracy(ctx, s)
	}
	return v, err
}

// DecoderUnit reads one decoder (session.Trainer).
func (e *Engine) DecoderUnit(ctx context.Context, path string, unit int) (*session.UnitView, error) {
	f, err := decoders.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	c, err := f.Read(ctx, unit, unit+1)
	if err != nil {
		return nil, err
	}
	v := &session.UnitView{Unit: unit, Voxels: c.Weights.Index, Weights: c.Weights.W, Bias: c.Weights.B[0], Norm: 1}
	if c.Norm != nil {
		v.Mean, v.Norm = c.Mean[0], c.Norm[0]
	}
	for _, r := range c.Accuracy {
		v.Accuracy = append(v.Accuracy, r[0])
	}
	if c.Iterations != nil {
		v.Iterations = c.Iterations[0]
	}
	return v, nil
}

// BestUnit finds the unit that is decoded best (session.Trainer).
func (e *Engine) BestUnit(ctx context.Context, path string, condition int) (int, error) {
	f, err := decoders.Open(ctx, path)
	if err != nil {
		return 0, err
	}
	s, ok := f.(*decoders.Store)
	if !ok || condition < 0 || condition >= len(s.Conditions) {
		return 0, fmt.Errorf("%s has no accuracy of that condition", path)
	}
	at, best := -1, float32(0)
	err = s.EachAccuracy(ctx, func(from int, r [][]float32) error {
		for u, x := range r[condition] {
			if x == x && (at < 0 || x > best) {
				at, best = from+u, x
			}
		}
		return nil
	})
	if err == nil && at < 0 {
		err = fmt.Errorf("no unit of %s has a correlation on %s: all are constant there", path, s.Conditions[condition].Name)
	}
	return at, err
}

// level is that of the paper's intervals.
const level = 0.95

// accuracy summarises what was measured while the decoders were trained, over the units that are there.
func accuracy(ctx context.Context, s *decoders.Store) ([]session.Accuracy, error) {
	if len(s.Conditions) == 0 {
		return nil, nil
	}
	sums := make([]eval.UnitAccuracy, len(s.Conditions))
	err := s.EachAccuracy(ctx, func(_ int, all [][]float32) error {
		for k, row := range all {
			r := make([]float64, len(row))
			for u, x := range row {
				r[u] = float64(x)
			}
			if err := sums[k].AddCorrelations(r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []session.Accuracy
	for k, c := range s.Conditions {
		x := sums[k].Summary(level)
		a := session.Accuracy{Condition: c.Name, Stimuli: c.Stimuli, Units: x.Units, Left: x.Left, Histogram: x.Histogram}
		if x.Accuracy != nil {
			a.Mean, a.Low, a.High = x.Accuracy.Mean, x.Accuracy.Lower, x.Accuracy.Upper
		}
		out = append(out, a)
	}
	return out, nil
}
