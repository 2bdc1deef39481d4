package decode

import (
	"fmt"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/blas/blas32"
)

// Features are summed this many stimuli at a time, in pieces that stay in cache.
const (
	heldStimuli = 16
	pieceUnits  = 2048
)

// Accumulator decodes one layer while the training stimuli's features stream past.
type Accumulator struct {
	mix     *Mixture
	units   int
	decoded [][]float32
	held    [][]float32
	which   []int
	seen    int
}

// NewAccumulator starts a layer of the given number of units.
func NewAccumulator(m *Mixture, units int) *Accumulator {
	a := &Accumulator{mix: m, units: units, decoded: make([][]float32, len(m.Labels))}
	for t := range a.decoded {
		a.decoded[t] = make([]float32, units)
	}
	return a
}

// Add takes the features of training stimulus s (an index into Mixture.Stimuli). f is copied.
func (a *Accumulator) Add(s int, f []float32) error {
	if s < 0 || s >= len(a.mix.Stimuli) {
		return fmt.Errorf("decode: stimulus %d of %d", s, len(a.mix.Stimuli))
	}
	if len(f) != a.units {
		return fmt.Errorf("decode: features of %q have %d units, want %d", a.mix.Stimuli[s], len(f), a.units)
	}
	k := len(a.which)
	if k == len(a.held) {
		a.held = append(a.held, make([]float32, a.units))
	}
	copy(a.held[k], f)
	a.which = append(a.which, s)
	a.seen++
	if len(a.which) == heldStimuli {
		a.flush()
	}
	return nil
}

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
// stimulus must have been added once.
func (a *Accumulator) Decoded() ([][]float32, error) {
	if a.seen != len(a.mix.Stimuli) {
		return nil, fmt.Errorf("decode: features of %d stimuli, want %d", a.seen, len(a.mix.Stimuli))
	}
	a.flush()
	a.held = nil
	return a.decoded, nil
}
