// Package decode predicts DNN features from fMRI samples.
//
// The decoder here is ridge regression with one penalty for all units. Other
// members of the family (sparse regression with ARD, ridge with voxel
// selection per unit) need weights per unit and come beside it, as a Decoder
// each; Linear holds the weights of any of them.
package decode

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"reverie/compute/brain"
)

// Options of ridge regression.
type Options struct {
	// Alpha is the penalty on the squared weights of z-scored voxels; 0 is 100, as in the lab's scripts.
	Alpha float64
}

// Ridge decodes all units of all layers with one factorisation.
//
// Voxels are z-scored by the training samples (ddof 1; constant voxels count
// as 0), units by the training stimuli, each stimulus counted once. With one
// penalty for all units the decoded value of a unit is then a fixed affine
// combination of its values for the training stimuli: the unit's standard
// deviation cancels and so do the weights. Features can stream past and no
// weights are stored (kamitani.md §5.4 gives the lab's pipeline).
//
// There is no bias column. The lab's FastL2LiR has one and penalises it; where
// all stimuli are repeated equally often its bias is 0 and the two agree,
// otherwise it adds 1/(samples+alpha) of each training sample's z-scored unit.
type Ridge struct {
	mean, scale []float64 // per voxel; scale 0 for a constant voxel
	stimuli     []string
	of          []int // stimulus of each training sample
	z           *mat.Dense
	chol        mat.Cholesky
	dual        bool
}

// FitRidge factorises the training samples, one row per trial.
func FitRidge(train brain.Samples, opt Options) (*Ridge, error) {
	n, d := train.Len(), train.Voxels
	if n < 2 {
		return nil, fmt.Errorf("ridge: %d training samples, want at least 2", n)
	}
	if d < 1 || len(train.X) != n*d {
		return nil, fmt.Errorf("ridge: %d values for %d samples of %d voxels", len(train.X), n, d)
	}
	alpha := opt.Alpha
	if alpha == 0 {
		alpha = 100
	}
	if !(alpha > 0) || math.IsInf(alpha, 0) {
		return nil, fmt.Errorf("ridge: alpha %g, want a positive number", alpha)
	}
	r := &Ridge{mean: make([]float64, d), scale: make([]float64, d), dual: n <= d}
	if err := r.standardise(train); err != nil {
		return nil, err
	}
	at := map[string]int{}
	for _, l := range train.Labels {
		s, seen := at[l]
		if !seen {
			s = len(r.stimuli)
			at[l] = s
			r.stimuli = append(r.stimuli, l)
		}
		r.of = append(r.of, s)
	}
	r.z = r.scores(train)
	k := d
	var a mat.Matrix = r.z.T()
	if r.dual {
		k, a = n, r.z
	}
	gram := mat.NewSymDense(k, nil)
	gram.SymOuterK(1, a)
	for i := range k {
		gram.SetSym(i, i, gram.At(i, i)+alpha)
	}
	if !r.chol.Factorize(gram) {
		return nil, errors.New("ridge: the samples' matrix is not positive definite; raise alpha")
	}
	return r, nil
}

func (r *Ridge) standardise(train brain.Samples) error {
	n := float64(train.Len())
	for i := range train.Len() {
		for v, x := range train.Row(i) {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("ridge: sample %d (%s) has %g in voxel %d", i, train.Labels[i], x, v)
			}
			r.mean[v] += x
		}
	}
	for v := range r.mean {
		r.mean[v] /= n
	}
	for i := range train.Len() {
		for v, x := range train.Row(i) {
			r.scale[v] += (x - r.mean[v]) * (x - r.mean[v])
		}
	}
	for v, ss := range r.scale {
		sd := math.Sqrt(ss / (n - 1))
		// Rounding leaves a constant voxel a spread of some ulps.
		if sd > 1e-12*math.Abs(r.mean[v]) {
			r.scale[v] = 1 / sd
		} else {
			r.scale[v] = 0
		}
	}
	return nil
}

func (r *Ridge) scores(s brain.Samples) *mat.Dense {
	z := mat.NewDense(s.Len(), s.Voxels, nil)
	for i := range s.Len() {
		row := z.RawRowView(i)
		for v, x := range s.Row(i) {
			row[v] = (x - r.mean[v]) * r.scale[v]
		}
	}
	return z
}

// Stimuli are the training stimuli in order of first appearance.
func (r *Ridge) Stimuli() []string { return r.stimuli }

// Mixture says how decoded features are made of the training stimuli's:
// decoded[t] = Σ_s Coef[t·len(Stimuli)+s] · features[s]. Each row sums to 1.
type Mixture struct {
	Labels  []string // of the test samples
	Stimuli []string // of the training set
	Coef    []float64
}

// Mix gives the combinations for test samples of the same voxels.
func (r *Ridge) Mix(test brain.Samples) (*Mixture, error) {
	if err := checkTest(test, len(r.mean)); err != nil {
		return nil, err
	}
	zt := r.scores(test)
	var weights mat.Dense // [training samples × test samples]
	if r.dual {
		var k mat.Dense
		k.Mul(r.z, zt.T())
		if err := r.solve(&weights, &k); err != nil {
			return nil, err
		}
	} else {
		var w mat.Dense
		if err := r.solve(&w, zt.T()); err != nil {
			return nil, err
		}
		weights.Mul(r.z, &w)
	}
	m := &Mixture{Labels: test.Labels, Stimuli: r.stimuli, Coef: make([]float64, test.Len()*len(r.stimuli))}
	for t := range test.Len() {
		row := m.Coef[t*len(r.stimuli) : (t+1)*len(r.stimuli)]
		rest := 1.0
		for i, s := range r.of {
			w := weights.At(i, t)
			row[s] += w
			rest -= w
		}
		for s := range row {
			row[s] += rest / float64(len(row))
		}
	}
	return m, nil
}

// solve gives (gram + alpha)⁻¹ b.
func (r *Ridge) solve(dst *mat.Dense, b mat.Matrix) error {
	if err := r.chol.SolveTo(dst, b); err != nil {
		return fmt.Errorf("ridge: %w; raise alpha", err)
	}
	return nil
}

// checkTest refuses samples that decoders for so many voxels cannot take.
func checkTest(test brain.Samples, voxels int) error {
	if test.Len() == 0 {
		return errors.New("ridge: no test samples")
	}
	if test.Voxels != voxels {
		return fmt.Errorf("ridge: test samples have %d voxels, the training samples %d: choose the same ROI", test.Voxels, voxels)
	}
	if len(test.X) != test.Len()*voxels {
		return fmt.Errorf("ridge: %d values for %d test samples of %d voxels", len(test.X), test.Len(), voxels)
	}
	for i := range test.Len() {
		for v, x := range test.Row(i) {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("ridge: test sample %d (%s) has %g in voxel %d", i, test.Labels[i], x, v)
			}
		}
	}
	return nil
}
