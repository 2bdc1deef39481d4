package train

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"reverie/app/dataset/decoders"
	"reverie/compute/brain"
	"reverie/compute/decode"
)

// prepared is what is known of data once its samples were read; the samples
// themselves are dropped and read again where memory is short.
type prepared struct {
	*Data
	samples *Samples // nil while dropped
	stimuli []string // of training, sorted
	of      []int    // stimulus of each sample
	trials  int
	size    int64 // bytes of the samples
	voxels  int
	norms   decoders.Norms
	hash    string
	tests   []decoders.Condition
	tested  [][]string // stimuli of each test
}

func prepare(ctx context.Context, d *Data) (*prepared, error) {
	s, err := load(ctx, d)
	if err != nil {
		return nil, err
	}
	n, v := s.Train.Len(), s.Train.Voxels
	if n < 2 || v < 1 || len(s.Train.X) != n*v {
		return nil, fmt.Errorf("train: %d values for %d samples of %d voxels of %s: want at least 2 samples", len(s.Train.X), n, v, d.ROI)
	}
	if err := finite("training", s.Train); err != nil {
		return nil, fmt.Errorf("train: %s: %w", d.ROI, err)
	}
	p := &prepared{Data: d, samples: s, trials: n, voxels: v}
	p.size = int64(n) * int64(v) * 8
	p.stimuli = slices.Clone(s.Train.Labels)
	slices.Sort(p.stimuli)
	p.stimuli = slices.Compact(p.stimuli)
	if len(p.stimuli) < 2 {
		return nil, fmt.Errorf("train: all %d training samples of %s are of stimulus %q: want at least two stimuli", n, d.ROI, p.stimuli[0])
	}
	for _, l := range s.Train.Labels {
		i, _ := slices.BinarySearch(p.stimuli, l)
		p.of = append(p.of, i)
	}
	p.norms, p.hash = moments(s), digest(s.Train)
	for _, t := range s.Tests {
		if t.Voxels != v {
			return nil, fmt.Errorf("train: %s has %d voxels in %s and %d in training", d.ROI, t.Voxels, t.Condition, v)
		}
		if err := finite(t.Condition, t.Samples); err != nil {
			return nil, fmt.Errorf("train: %s: %w", d.ROI, err)
		}
		p.size += int64(len(t.X)) * 8
		p.tests = append(p.tests, decoders.Condition{Name: t.Condition, Stimuli: t.Len(), X: digest(t.Samples)})
		p.tested = append(p.tested, t.Labels)
	}
	return p, nil
}

// load reads samples. Tests of one stimulus have no correlation and are left out.
func load(ctx context.Context, d *Data) (*Samples, error) {
	s, err := d.Load(ctx)
	if err == nil {
		s.Tests = slices.DeleteFunc(s.Tests, func(t Test) bool { return t.Len() < 2 })
	}
	return s, err
}

// load reads the samples where they were dropped.
func (p *prepared) load(ctx context.Context) (*Samples, error) {
	if p.samples == nil {
		s, err := load(ctx, p.Data)
		if err != nil {
			return nil, err
		}
		if digest(s.Train) != p.hash {
			return nil, fmt.Errorf("train: the samples of %s changed while decoders were trained on them", p.ROI)
		}
		p.samples = s
	}
	return p.samples, nil
}

// finite refuses samples that a decoder cannot take.
func finite(what string, s brain.Samples) error {
	for i, x := range s.X {
		if x-x != 0 {
			return fmt.Errorf("%s sample %d (%s) has %g in voxel %d: leave the voxel or the sample out", what, i/s.Voxels, s.Labels[i/s.Voxels], x, i%s.Voxels)
		}
	}
	return nil
}

// moments are the voxels' mean and standard deviation (ddof 1) over the training samples.
func moments(s *Samples) decoders.Norms {
	d, n := s.Train.Voxels, s.Train.Len()
	mean, ss := make([]float64, d), make([]float64, d)
	constant := make([]bool, d)
	for v := range constant {
		constant[v] = true
	}
	for i := range n {
		for v, x := range s.Train.Row(i) {
			mean[v] += x
			constant[v] = constant[v] && x == s.Train.X[v]
		}
	}
	for v := range mean {
		mean[v] /= float64(n)
	}
	for i := range n {
		for v, x := range s.Train.Row(i) {
			ss[v] += (x - mean[v]) * (x - mean[v])
		}
	}
	for v := range ss {
		ss[v] = math.Sqrt(ss[v] / float64(n-1))
		if constant[v] {
			ss[v] = 0
		}
	}
	return decoders.Norms{Mean: single(mean), Norm: single(ss), XYZ: s.XYZ}
}

// digest is the SHA-256 of samples with their stimuli.
func digest(s brain.Samples) string {
	h := sha256.New()
	raw := make([]byte, 8*s.Voxels)
	for i, l := range s.Labels {
		fmt.Fprintf(h, "%q", l)
		for v, x := range s.Row(i) {
			binary.LittleEndian.PutUint64(raw[8*v:], math.Float64bits(x))
		}
		h.Write(raw)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// meta describes the decoders of a layer.
func (j *Job) meta(l Layer, p *prepared) decoders.Meta {
	return decoders.Meta{
		Layer: l.Name, Subject: p.Subject, ROI: p.ROI, Fold: p.Fold, Shape: l.Shape, Voxels: p.voxels,
		Chunk: j.Options.chunk(), Method: j.Options.Method, Fit: j.Options.record(), Conditions: p.tests,
		Training: decoders.Training{Samples: p.trials, Stimuli: len(p.stimuli), Selected: p.Selected, X: p.hash,
			Features: j.Source.About(), Digest: j.Source.Digest(), Absolute: j.Options.Absolute,
			Session: p.Session, Key: p.Key, Held: p.Held},
	}
}

// z is the z-scored training samples, as the decoders will see samples.
func (p *prepared) z(ctx context.Context) ([]float64, error) {
	s, err := p.load(ctx)
	if err != nil {
		return nil, err
	}
	return decode.ZScore(s.Train.X, p.norms.Mean, p.norms.Norm), nil
}
