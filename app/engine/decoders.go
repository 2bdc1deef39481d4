package engine

import (
	"context"
	"fmt"

	"reverie/app/dataset/decoders"
	"reverie/app/session"
	"reverie/compute/eval"
)

var _ session.Trainer = (*Engine)(nil)

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

// level is that of the paper's intervals.
const level = 0.95

// accuracy summarises what was measured while the decoders were trained, over the units that are there.
func accuracy(ctx context.Context, s *decoders.Store) ([]session.Accuracy, error) {
	if len(s.Conditions) == 0 {
		return nil, nil
	}
	sums := make([]eval.UnitAccuracy, len(s.Conditions))
	for c := range s.Chunks() {
		if !s.Has(c) {
			continue
		}
		from, to := s.Range(c)
		all, err := s.Accuracy(ctx, from, to)
		if err != nil {
			return nil, err
		}
		for k, row := range all {
			r := make([]float64, len(row))
			for u, x := range row {
				r[u] = float64(x)
			}
			if err := sums[k].AddCorrelations(r); err != nil {
				return nil, err
			}
		}
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
