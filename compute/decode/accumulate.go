package decode

import (
	"fmt"
	"math"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/blas/blas32"
)

// Features are summed some stimuli at a time, in pieces that stay in cache:
// heldStimuli of them, fewer where a layer is so large that they would take
// more than heldValues float32 (full VGG19 has 14.9 million units).
const (
	heldStimuli = 16
	heldFewest  = 4
	heldValues  = 8 << 20
	pieceUnits  = 2048
)

// Accumulator decodes one layer while the training stimuli's features stream
// past. The order in which stimuli are added decides the rounding, nothing
// else does. One goroutine at a time may use it.
type Accumulator struct {
	mix     *Mixture
	units   int
	hold    int // stimuli summed at a time
	decoded [][]float32
	held    [][]float32
	which   []int  // stimulus of each held vector
	added   []bool // per stimulus
	missing int
}

// NewAccumulator starts a layer of the given number of units.
func NewAccumulator(m *Mixture, units int) *Accumulator {
	a := &Accumulator{
		mix: m, units: units,
		hold:    min(heldStimuli, max(heldFewest, heldValues/max(units, 1))),
		decoded: make([][]float32, len(m.Labels)),
		added:   make([]bool, len(m.Stimuli)),
		missing: len(m.Stimuli),
	}
	for t := range a.decoded {
		a.decoded[t] = make([]float32, units)
	}
	return a
}

// Add takes the features of training stimulus s (an index into
// Mixture.Stimuli), in any order, each stimulus once. f is copied.
func (a *Accumulator) Add(s int, f []float32) error {
	if s < 0 || s >= len(a.mix.Stimuli) {
		return fmt.Errorf("decode: stimulus %d of %d", s, len(a.mix.Stimuli))
	}
	if len(f) != a.units {
		return fmt.Errorf("decode: features of %q have %d units, want %d", a.mix.Stimuli[s], len(f), a.units)
	}
	if a.added[s] {
		return fmt.Errorf("decode: features of %q were added before", a.mix.Stimuli[s])
	}
	for u, x := range f {
		if x-x != 0 { // NaN or infinite: it would spoil every sample
			return fmt.Errorf("decode: unit %d of %q is %g: check the picture and the model file", u, a.mix.Stimuli[s], x)
		}
	}
	k := len(a.which)
	if k == len(a.held) {
		a.held = append(a.held, make([]float32, a.units))
	}
	copy(a.held[k], f)
	a.which = append(a.which, s)
	a.added[s] = true
	a.missing--
	if len(a.which) == a.hold {
		a.flush()
	}
	return nil
}

// flush adds the held stimuli to every decoded vector. Each unit is summed by
// one goroutine in the order of addition, so the result does not depend on their number.
func (a *Accumulator) flush() {
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for from := w * pieceUnits; from < a.units; from += workers * pieceUnits {
				a.piece(from, min(from+pieceUnits, a.units))
			}
		})
	}
	wg.Wait()
	a.which = a.which[:0]
}

func (a *Accumulator) piece(from, to int) {
	n := len(a.mix.Stimuli)
	for t, d := range a.decoded {
		y := blas32.Vector{N: to - from, Inc: 1, Data: d[from:to]}
		for k, s := range a.which {
			blas32.Axpy(float32(a.mix.Coef[t*n+s]), blas32.Vector{N: to - from, Inc: 1, Data: a.held[k][from:to]}, y)
		}
	}
}

// Decoded gives the decoded features, [test sample][unit]. Every training
// stimulus must have been added.
func (a *Accumulator) Decoded() ([][]float32, error) {
	if a.missing > 0 {
		for s, ok := range a.added {
			if !ok {
				return nil, fmt.Errorf("decode: features of %d of %d stimuli are missing, %q first", a.missing, len(a.added), a.mix.Stimuli[s])
			}
		}
	}
	a.flush()
	a.held = nil
	for t, d := range a.decoded {
		for u, x := range d {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return nil, fmt.Errorf("decode: unit %d of %q came out as %g: the features are too large for single precision", u, a.mix.Labels[t], x)
			}
		}
	}
	return a.decoded, nil
}
