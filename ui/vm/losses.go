package vm

import (
	"slices"
	"sync"
)

// maxLossPoints bounds the stored points of a curve: more than a chart has
// pixels is never needed.
const maxLossPoints = 2048

// Curve is the loss of one layer group over the iterations of one image.
type Curve struct {
	Name       string
	Iterations []int
	Loss       []float64 // same length
}

// Losses records the loss per layer group of every image of a run. When a
// history outgrows its bound every second point is dropped, the newest never.
// Safe for concurrent use.
type Losses struct {
	mu     sync.Mutex
	groups []string
	of     []int // group of each layer
	images []lossHistory
}

type lossHistory struct {
	iterations []int
	loss       [][]float64 // per point, per group
	stride     int
}

// NewLosses records images whose updates carry one loss for each of layers.
func NewLosses(layers []string, images int) *Losses {
	l := &Losses{images: make([]lossHistory, images)}
	for _, g := range Groups(layers) {
		l.groups = append(l.groups, g.Name)
	}
	for _, layer := range layers {
		l.of = append(l.of, slices.Index(l.groups, GroupOf(layer)))
	}
	return l
}

// Add records the loss per layer of an image at an iteration: a group's loss is
// the sum over its layers. A repeated iteration replaces; one out of order or
// with another number of layers is left out.
func (l *Losses) Add(index, iteration int, loss []float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if index < 0 || index >= len(l.images) || len(loss) != len(l.of) {
		return
	}
	sums := make([]float64, len(l.groups))
	for i, v := range loss {
		sums[l.of[i]] += v
	}
	h := &l.images[index]
	n := len(h.iterations)
	if n > 0 && iteration < h.iterations[n-1] {
		return
	}
	h.stride = max(h.stride, 1)
	// The newest point gives way to its successor while it is off the stride.
	if n > 0 && (iteration == h.iterations[n-1] || n > 1 && h.iterations[n-1]-h.iterations[n-2] < h.stride) {
		h.iterations[n-1], h.loss[n-1] = iteration, sums
		return
	}
	h.iterations = append(h.iterations, iteration)
	h.loss = append(h.loss, sums)
	if len(h.iterations) > maxLossPoints {
		h.thin()
	}
}

func (h *lossHistory) thin() {
	n := len(h.iterations)
	var its []int
	var loss [][]float64
	for i := range n {
		if i%2 == 0 || i == n-1 {
			its = append(its, h.iterations[i])
			loss = append(loss, h.loss[i])
		}
	}
	h.iterations, h.loss = its, loss
	h.stride *= 2
}

// Curves copies the curves of one image, one per group in forward order.
func (l *Losses) Curves(index int) []Curve {
	l.mu.Lock()
	defer l.mu.Unlock()
	if index < 0 || index >= len(l.images) {
		return nil
	}
	h := l.images[index]
	out := make([]Curve, len(l.groups))
	for g, name := range l.groups {
		c := Curve{Name: name, Iterations: slices.Clone(h.iterations), Loss: make([]float64, len(h.loss))}
		for i, sums := range h.loss {
			c.Loss[i] = sums[g]
		}
		out[g] = c
	}
	return out
}
