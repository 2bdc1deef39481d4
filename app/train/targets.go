package train

import (
	"fmt"
	"math"
)

// held are features of one range, [label][unit].
type held struct {
	Range
	values []float32
}

func (h *held) row(label, from, to int) []float32 {
	n := h.To - h.From
	return h.values[label*n+from-h.From : label*n+to-h.From]
}

// targets are a chunk's units, z-scored over the training stimuli (ddof 1,
// each stimulus once: kamitani.md §5.4). They implement l2.Targets.
type targets struct {
	rows       [][]float32 // [stimulus][unit]
	mean, norm []float64   // per unit; norm 0 where it is constant
}

func newTargets(h *held, labels []int, from, to int) (*targets, error) {
	t := &targets{rows: make([][]float32, len(labels)), mean: make([]float64, to-from), norm: make([]float64, to-from)}
	constant := make([]bool, to-from)
	for u := range constant {
		constant[u] = true
	}
	for i, l := range labels {
		t.rows[i] = h.row(l, from, to)
		for u, x := range t.rows[i] {
			if x-x != 0 {
				return nil, fmt.Errorf("train: unit %d of %s is %g for a training stimulus (number %d): check the features", from+u, h.Layer, x, i)
			}
			t.mean[u] += float64(x)
			constant[u] = constant[u] && x == t.rows[0][u]
		}
	}
	n := float64(len(labels))
	for u := range t.mean {
		t.mean[u] /= n
	}
	for _, row := range t.rows {
		for u, x := range row {
			d := float64(x) - t.mean[u]
			t.norm[u] += d * d
		}
	}
	for u := range t.norm {
		t.norm[u] = math.Sqrt(t.norm[u] / (n - 1))
		if constant[u] { // exactly, whatever the sums round to
			t.mean[u], t.norm[u] = float64(t.rows[0][u]), 0
		}
	}
	return t, nil
}

// Rows is the number of training stimuli.
func (t *targets) Rows() int { return len(t.rows) }

// Units is the number of units in the chunk.
func (t *targets) Units() int { return len(t.mean) }

// Read gives units from … to−1 of the chunk; constant ones are 0.
func (t *targets) Read(from, to int, dst []float64) error {
	for i, row := range t.rows {
		out := dst[i*(to-from) : (i+1)*(to-from)]
		for u, x := range row[from:to] {
			out[u] = 0
			if s := t.norm[from+u]; s > 0 {
				out[u] = (float64(x) - t.mean[from+u]) / s
			}
		}
	}
	return nil
}

func single(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}
