package eval

import "reverie/compute/stats"

// Condition is one of the five kinds of test samples of Supplementary Fig. 1.
type Condition string

const (
	SeenNatural     Condition = "seen natural"
	SeenShapes      Condition = "seen shapes"
	SeenLetters     Condition = "seen letters"
	ImaginedNatural Condition = "imagined natural"
	ImaginedShapes  Condition = "imagined shapes"
)

// Conditions are all five, in the paper's order.
func Conditions() []Condition {
	return []Condition{SeenNatural, SeenShapes, SeenLetters, ImaginedNatural, ImaginedShapes}
}

// FeatureAccuracy is one bar of Supplementary Fig. 1 with the lab's two other
// measures beside it.
type FeatureAccuracy struct {
	Subject   string      `json:"subject"`
	ROI       string      `json:"roi"`
	Layer     string      `json:"layer"`
	Condition Condition   `json:"condition"`
	Profile   UnitSummary `json:"profile_correlation"`
	// Means over samples with Student's t interval; nil where not measured or under two samples.
	Pattern        *stats.Interval `json:"pattern_correlation,omitempty"`
	Identification *stats.Interval `json:"identification_accuracy,omitempty"`
}

// Measure fills in pattern correlation and identification; samples without a
// pattern correlation are left out of its mean.
func (a *FeatureAccuracy) Measure(s PatternSummary, level float64) {
	var r []float64
	for _, x := range s.Pattern {
		if x == x {
			r = append(r, x)
		}
	}
	a.Pattern, a.Identification = interval(r, level), interval(s.Identification.Pairwise, level)
}

func interval(x []float64, level float64) *stats.Interval {
	i := stats.Mean(x, level)
	if !i.Defined() {
		return nil
	}
	return &i
}
