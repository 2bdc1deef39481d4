package pipeline

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"reverie/compute/format/pickle"
)

// LabArray is an array of numbers in options, in C order.
type LabArray struct {
	Shape []int
	Data  []float64
}

// optionReader turns pickled values into numbers. A pickle can hold one value in many places: left bounds how
// many numbers are made of it in all.
type optionReader struct{ left int64 }

// take counts n numbers.
func (r *optionReader) take(n int) error {
	if r.left -= int64(n); r.left < 0 {
		return errors.New("it holds more numbers than a file of its size can: the same ones in too many places")
	}
	return nil
}

// assign puts a pickled value into an option's place.
func (r *optionReader) assign(into any, v pickle.Value) (err error) {
	switch p := into.(type) {
	case *string:
		var ok bool
		if *p, ok = pickle.Text(v); !ok {
			return errors.New("it is no text")
		}
	case *bool:
		var x float64
		if x, err = r.number(v); err == nil {
			*p = x != 0
		}
	case *int:
		*p, err = r.whole(v)
	case *float64:
		*p, err = r.number(v)
	case **LabArray:
		var a LabArray
		if a, err = r.array(v); err == nil {
			*p = &a
		}
	case *[]float64:
		var a LabArray
		if a, err = r.array(v); err == nil {
			*p = a.Data
		}
	case *[][2]float64:
		*p, err = r.bounds(v)
	case *map[string]float64:
		*p, err = byLayer(v, r.number)
	case *map[string][]int:
		*p, err = byLayer(v, r.indices)
	case *map[string]LabArray:
		*p, err = byLayer(v, r.array)
	default:
		return fmt.Errorf("no place for a value in %T", into)
	}
	return err
}

// byLayer reads a dictionary of layers.
func byLayer[T any](v pickle.Value, read func(pickle.Value) (T, error)) (map[string]T, error) {
	d, ok := v.(*pickle.Dict)
	if !ok {
		return nil, errors.New("it is no dictionary of layers")
	}
	out := map[string]T{}
	for _, p := range d.Pairs {
		layer, ok := pickle.Text(p.Key)
		if !ok {
			return nil, errors.New("a layer's name is no text")
		}
		x, err := read(p.Value)
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", layer, err)
		}
		out[layer] = x
	}
	return out, nil
}

func (r *optionReader) indices(v pickle.Value) ([]int, error) {
	a, err := r.array(v)
	if err != nil {
		return nil, err
	}
	if err := r.take(len(a.Data)); err != nil {
		return nil, err
	}
	out := make([]int, len(a.Data))
	for i, x := range a.Data {
		if x != math.Trunc(x) || x < 0 || x > 1<<31 {
			return nil, fmt.Errorf("%g is no number of a channel", x)
		}
		out[i] = int(x)
	}
	return out, nil
}

// bounds reads a list of pairs, or an array of two columns. None in a pair is no bound.
func (r *optionReader) bounds(v pickle.Value) ([][2]float64, error) {
	items, ok := sequence(v)
	if !ok {
		a, err := r.array(v)
		if err != nil {
			return nil, err
		}
		if len(a.Shape) != 2 || a.Shape[1] != 2 {
			return nil, fmt.Errorf("bounds have the shape %v, want pairs", a.Shape)
		}
		out := make([][2]float64, a.Shape[0])
		for i := range out {
			out[i] = [2]float64(a.Data[2*i:])
		}
		return out, nil
	}
	if err := r.take(2 * len(items)); err != nil {
		return nil, err
	}
	out := make([][2]float64, len(items))
	for i, item := range items {
		pair, ok := sequence(item)
		if !ok || len(pair) != 2 {
			return nil, fmt.Errorf("bounds of unit %d are no pair", i)
		}
		for k, x := range pair {
			if x == nil {
				out[i][k] = math.Inf(2*k - 1)
				continue
			}
			var err error
			if out[i][k], err = r.number(x); err != nil {
				return nil, fmt.Errorf("bounds of unit %d: %w", i, err)
			}
		}
	}
	return out, nil
}

func sequence(v pickle.Value) ([]pickle.Value, bool) {
	switch s := v.(type) {
	case *pickle.List:
		return s.Items, true
	case *pickle.Tuple:
		return s.Items, true
	}
	return nil, false
}

func (r *optionReader) whole(v pickle.Value) (int, error) {
	x, err := r.number(v)
	if err == nil && (x != math.Trunc(x) || math.Abs(x) > 1<<31) {
		err = fmt.Errorf("%g is no count", x)
	}
	return int(x), err
}

// number reads a Python number or an array of one.
func (r *optionReader) number(v pickle.Value) (float64, error) {
	switch x := v.(type) {
	case bool:
		if x {
			return 1, nil
		}
		return 0, nil
	case int64:
		return float64(x), nil
	case float64:
		return x, nil
	case *big.Int:
		f, _ := new(big.Float).SetInt(x).Float64()
		return f, nil
	case *pickle.Object:
		a, err := r.ndarray(x)
		if err == nil && len(a.Data) != 1 {
			err = fmt.Errorf("an array of shape %v stands where a number is wanted", a.Shape)
		}
		if err != nil {
			return 0, err
		}
		return a.Data[0], nil
	}
	return 0, fmt.Errorf("%T is no number", v)
}

// array reads a NumPy array, a flat list of numbers, or a number.
func (r *optionReader) array(v pickle.Value) (LabArray, error) {
	if items, ok := sequence(v); ok {
		if err := r.take(len(items)); err != nil {
			return LabArray{}, err
		}
		a := LabArray{Shape: []int{len(items)}, Data: make([]float64, len(items))}
		for i, x := range items {
			var err error
			if a.Data[i], err = r.number(x); err != nil {
				return LabArray{}, fmt.Errorf("element %d: %w", i, err)
			}
		}
		return a, nil
	}
	if o, ok := v.(*pickle.Object); ok {
		return r.ndarray(o)
	}
	x, err := r.number(v)
	return LabArray{Shape: []int{}, Data: []float64{x}}, err
}
