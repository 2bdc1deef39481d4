package widget

import (
	"math"
	"strconv"
	"strings"

	"reverie/ui/vm"
)

// logScale maps losses to [0, 1], 0 at the bottom, on a logarithmic axis.
type logScale struct {
	low, high float64 // log10 of the ends
	linear    bool    // they are the ends themselves
	ticks     []float64
}

// newLogScale spans the positive finite values of the curves, at least a third
// of a decade of them; ok is false where there are none.
func newLogScale(curves []vm.Curve) (s logScale, ok bool) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, c := range curves {
		for _, v := range c.Loss {
			if v > 0 && !math.IsInf(v, 1) {
				low, high = min(low, math.Log10(v)), max(high, math.Log10(v))
			}
		}
	}
	if high < low {
		return s, false
	}
	if gap := 0.34 - (high - low); gap > 0 {
		low, high = low-gap/2, high+gap/2
	}
	margin := 0.04 * (high - low)
	s.low, s.high = low-margin, high+margin
	steps := []float64{1}
	switch span := s.high - s.low; {
	case span < 1.2:
		steps = []float64{1, 2, 3, 5, 7}
	case span < 2.5:
		steps = []float64{1, 3}
	}
	every := max(1, int(math.Ceil((s.high-s.low)/6)))
	for d := int(math.Floor(s.low)); d <= int(math.Ceil(s.high)); d++ {
		if d%every != 0 {
			continue
		}
		for _, m := range steps {
			v := m * math.Pow(10, float64(d))
			if l := math.Log10(v); l >= s.low && l <= s.high {
				s.ticks = append(s.ticks, v)
			}
		}
	}
	return s, true
}

// newLinearScale goes from 0 to the largest finite value.
func newLinearScale(curves []vm.Curve) (s logScale, ok bool) {
	for _, c := range curves {
		for _, v := range c.Loss {
			if v > s.high && !math.IsInf(v, 1) {
				s.high = v
			}
		}
	}
	s.linear = true
	if s.high == 0 {
		return s, false
	}
	step := math.Pow(10, math.Floor(math.Log10(s.high)))
	switch n := s.high / step; {
	case n < 2:
		step /= 4
	case n < 5:
		step /= 2
	}
	for v := 0.0; v <= s.high*1.0001; v += step {
		s.ticks = append(s.ticks, v)
	}
	return s, true
}

func (s logScale) at(v float64) float32 {
	if s.linear {
		return float32(v / s.high * 0.97)
	}
	return float32((math.Log10(v) - s.low) / (s.high - s.low))
}

// tickText writes a loss on the axis: 0.03, 2, 10⁻⁵.
func tickText(v float64) string {
	if v == 0 || v >= 0.001 && v < 1e4 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	e := int(math.Floor(math.Log10(v) + 1e-9))
	m := int(math.Round(v / math.Pow(10, float64(e))))
	s := "10" + superscript(e)
	if m != 1 {
		s = strconv.Itoa(m) + "·" + s
	}
	return s
}

func superscript(n int) string {
	return strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(strconv.Itoa(n))
}

// iterationTicks are round iterations up to last, six at most.
func iterationTicks(last int) []int {
	step := 1
	for f := 0; last/step > 5; f++ {
		step = []int{2, 5, 10}[f%3] * pow10(f/3)
	}
	var out []int
	for i := 0; i <= last; i += step {
		out = append(out, i)
	}
	return out
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}
