package lab

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"reverie/compute/decode"
	"reverie/compute/format/pickle"
)

var gzipMagic = []byte{0x1f, 0x8b}

// openPickle reads a pickled model whole.
func openPickle(path string) (*model, error) {
	f, size, closing, err := unpacked(path)
	if err != nil {
		return nil, err
	}
	defer closing()
	m, err := decodeModel(f, size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, err, ErrFormat)
	}
	m.close = func() {}
	return m, nil
}

// unpacked opens a pickle. One that is compressed, as few are whatever their name says, is unpacked into a temporary file.
func unpacked(path string) (io.ReaderAt, int64, func(), error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, nil, fmt.Errorf("open decoders: %w", err)
	}
	fail := func(err error) (io.ReaderAt, int64, func(), error) {
		f.Close()
		return nil, 0, nil, fmt.Errorf("%s: %w", path, err)
	}
	info, err := f.Stat()
	if err != nil {
		return fail(err)
	}
	if info.Size() > maxPickle {
		return fail(fmt.Errorf("%d bytes are more than the %d of the largest decoders: %w", info.Size(), int64(maxPickle), ErrFormat))
	}
	magic := make([]byte, 2)
	if _, err := f.ReadAt(magic, 0); err != nil {
		return fail(fmt.Errorf("it has %d bytes: the file is cut off: copy it again: %w", info.Size(), ErrFormat))
	}
	if !slices.Equal(magic, gzipMagic) {
		return f, info.Size(), func() { f.Close() }, nil
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return fail(err)
	}
	t, err := os.CreateTemp("", "decoder-*.pkl")
	if err != nil {
		return fail(err)
	}
	closing := func() {
		t.Close()
		os.Remove(t.Name())
	}
	most := min(int64(maxPickle), spareBytes+expandRatio*info.Size())
	n, err := io.Copy(t, io.LimitReader(z, most+1))
	if err == nil && n > most {
		err = fmt.Errorf("it unpacks to more than %d bytes: it is made to fill the disk: %w", most, ErrFormat)
	}
	if err != nil {
		closing()
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("the file is cut off: copy it again: %w", err)
		}
		return fail(err)
	}
	return t, n, closing, nil
}

// linear are scikit-learn's models that predict x·coef_ + intercept_.
var linear = []string{"LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV", "MultiTaskLasso",
	"MultiTaskElasticNet", "Lars", "LarsCV", "LassoLars", "LassoLarsCV", "OrthogonalMatchingPursuit", "ARDRegression",
	"BayesianRidge", "HuberRegressor"}

// decodeModel reads a model, or bdpy's dictionary of a model and the shape of its units.
func decodeModel(r io.ReaderAt, size int64) (*model, error) {
	v, err := pickle.NewDecoder(r, 0, size).Decode()
	if err != nil {
		return nil, err
	}
	var shape []int
	if d, ok := v.(*pickle.Dict); ok {
		y, ok := d.Get("y_shape")
		if !ok {
			return nil, errors.New("a dictionary without y_shape")
		}
		if shape, err = axesOf(y); err != nil {
			return nil, fmt.Errorf("y_shape: %w", err)
		}
		if count(shape) < 0 || len(shape) == 0 {
			return nil, fmt.Errorf("y_shape is %v, between 1 and %d units are expected", shape, maxUnits)
		}
		if v, ok = d.Get("model"); !ok {
			return nil, errors.New("a dictionary without model")
		}
	}
	o, ok := v.(*pickle.Object)
	if !ok {
		return nil, errors.New("it holds no model")
	}
	class, _ := o.Class.(pickle.Global)
	sklearn := strings.HasPrefix(class.Module, "sklearn.") && slices.Contains(linear, class.Name)
	if class.Name != "FastL2LiR" && !sklearn {
		return nil, fmt.Errorf("a model of class %.100q: FastL2LiR and scikit-learn's linear models are read", class.String())
	}
	fields, _ := o.State.(*pickle.Dict)
	if t, ok := o.State.(*pickle.Tuple); ok && len(t.Items) == 2 { // of objects with slots
		fields, _ = t.Items[0].(*pickle.Dict)
	}
	if fields == nil {
		return nil, fmt.Errorf("%.100q has no fields", class.String())
	}
	m := &model{method: class.Name, whole: true}
	get := func(name string) *ndarray {
		v, ok := fields.Get(name)
		if !ok || err != nil {
			if err == nil {
				err = fmt.Errorf("%.100q has no %s: was it trained?", class.String(), name)
			}
			return nil
		}
		a, e := arrayOf(v)
		if e != nil {
			err = fmt.Errorf("%s: %w", name, e)
		}
		return a
	}
	var w, b, s *ndarray
	if !sklearn {
		w, b = get("_FastL2LiR__W"), get("_FastL2LiR__b")
		if _, ok := fields.Get("_FastL2LiR__S"); ok {
			s = get("_FastL2LiR__S")
		}
	} else {
		if w, b = get("coef_"), get("intercept_"); err == nil {
			w.turn()
			b.lead()
		}
		for _, name := range []string{"alpha", "alpha_"} {
			v, _ := fields.Get(name)
			if a, e := arrayOf(v); e == nil && a.size == 1 {
				m.alpha = float64(a.at(0))
			}
		}
	}
	if err != nil {
		return nil, err
	}
	return m, m.take(w, b, s, shape)
}

// turn makes coef_ [units,voxels], or [voxels] of one unit, weights [voxels,units].
func (a *ndarray) turn() {
	if len(a.shape) == 1 {
		a.shape, a.strides = append(a.shape, 1), append(a.strides, 0)
		return
	}
	slices.Reverse(a.shape)
	slices.Reverse(a.strides)
}

// lead gives biases [units], or a single one, an axis of length 1 before.
func (a *ndarray) lead() {
	a.shape, a.strides = append([]int{1}, a.shape...), append([]int{0}, a.strides...)
}

// take makes a model of weights [voxels,units…], biases [1,units…] and, where not nil, which weights were chosen.
func (m *model) take(w, b, s *ndarray, shape []int) error {
	if len(w.shape) < 2 || w.shape[0] < 1 || w.shape[0] > maxVoxels || count(w.shape[1:]) < 0 || w.bools {
		return fmt.Errorf("weights W of shape %v where [voxels,unit…] is expected", w.shape)
	}
	if shape == nil {
		shape = w.shape[1:]
	}
	m.voxels, m.shape = w.shape[0], shape
	d, err := w.units(shape)
	if err != nil {
		return fmt.Errorf("weights W: %w", err)
	}
	if len(b.shape) < 1 || b.shape[0] != 1 && len(b.shape) > 1 || b.bools {
		return fmt.Errorf("biases b of shape %v where [1,unit…] is expected", b.shape)
	}
	if len(b.shape) == 1 {
		b.lead()
	}
	bias, err := b.units(shape)
	if err != nil && b.size == 1 { // scikit-learn's 0.0 of models without an intercept
		bias, err = &dense{at: b.at, voxels: 1, shape: shape, strides: make([]int, len(shape))}, nil
	}
	if err != nil {
		return fmt.Errorf("biases b: %w", err)
	}
	if s != nil {
		if !s.bools || !slices.Equal(s.shape, w.shape) {
			return fmt.Errorf("choices S of shape %v do not fit W of shape %v", s.shape, w.shape)
		}
		if !slices.Equal(s.strides, w.strides) {
			return errors.New("choices S and weights W are not in the same order")
		}
		for i := range w.size {
			if s.at(i) == 0 && w.at(i) != 0 {
				return fmt.Errorf("weight %g in W where S says that the voxel was not chosen", w.at(i))
			}
		}
		d.chosen, m.chosen = func(i int) bool { return s.at(i) != 0 }, true
	}
	units := count(shape)
	m.rows = func(_ context.Context, from, to int) (*decode.Sparse, error) { return d.sparse(from, to), nil }
	m.bias = func() ([]float32, error) {
		out := make([]float32, 0, units)
		bias.units(0, units, func(at int) { out = append(out, b.at(at)) })
		return out, nil
	}
	return nil
}

// units arranges the axes behind the first as those of shape: they are the same but for axes of length 1, or one axis of
// all units in Fortran order.
func (a *ndarray) units(shape []int) (*dense, error) {
	d := &dense{at: a.at, voxels: a.shape[0], vstride: a.strides[0], shape: shape, strides: make([]int, len(shape))}
	own := a.shape[1:]
	if slices.Equal(long(own), long(shape)) {
		var steps []int
		for k, n := range own {
			if n > 1 {
				steps = append(steps, a.strides[k+1])
			}
		}
		for k, n := range shape {
			if n > 1 {
				d.strides[k], steps = steps[0], steps[1:]
			}
		}
		return d, nil
	}
	if len(long(own)) > 1 || count(own) != count(shape) {
		return nil, fmt.Errorf("its units have the shape %v, which does not fit y_shape %v", own, shape)
	}
	step := 0
	for k, n := range own {
		if n > 1 {
			step = a.strides[k+1]
		}
	}
	for k, n := range shape {
		d.strides[k] = step
		step *= n
	}
	return d, nil
}
