// Package evaluation scores reconstructions as the paper does (Reconstruction quality evaluation, Statistics):
// from a catalogue of reconstructions to scores of each image, means with intervals, tests, figures and a report
// from which the same numbers come again.
package evaluation

import (
	"fmt"
	"slices"
	"strings"

	"reverie/app/results"
	"reverie/compute/eval"
)

// Measure is what a reconstruction is scored by.
type Measure string

// The measures. Identification is the fraction of other originals of its type that a reconstruction is less like than
// its own, by pixel correlation over all pixels and colours (the paper's); the others are the likeness itself.
const (
	Identification Measure = "identification"
	Correlation    Measure = "correlation" // Pearson's r over all pixels and colours at the reconstruction's size
	Best           Measure = "best"        // 1 where no original is as like a reconstruction as its own, by pixel correlation
	PixCorr        Measure = "pixcorr"     // Correlation at 425 × 425, as brain-diffuser
	SSIM           Measure = "ssim"        // structural similarity on grey at 425 × 425, as brain-diffuser
	SSIMColour     Measure = "ssim-rgb"    // structural similarity on RGB at the reconstruction's size, as the lab's cookbook
	Human          Measure = "human"       // how often raters chose the original
	// Winning is how often raters judged a reconstruction the better of two of the same original from different sets
	// of layers.
	Winning Measure = "winning"
)

// featurePrefix begins identification in the features of a layer: identification:fc6.
const featurePrefix = "identification:"

// FeatureIdentification is identification by the correlation of a layer's features.
func FeatureIdentification(layer string) Measure { return Measure(featurePrefix + layer) }

// Layer is that of a feature identification; "" of any other measure.
func (m Measure) Layer() string {
	l, ok := strings.CutPrefix(string(m), featurePrefix)
	if !ok {
		return ""
	}
	return l
}

// Relative tells whether the measure compares with other originals, so that 0.5 is chance.
func (m Measure) Relative() bool {
	return m == Identification || m == Human || m == Winning || m.Layer() != ""
}

// How a mean's interval is made.
const (
	Student   = "t"         // Student's t over images × subjects
	Bootstrap = "bootstrap" // BCa, 10,000 resamples
)

// Ways to count ties.
const (
	Strict  = "strict"  // a tie fails, as bdpy
	Lenient = "lenient" // a tie succeeds
	Half    = "half"    // a tie is half a success
)

// Spec is what to evaluate and how. It stands in the report whole.
type Spec struct {
	Paths    []string       `json:"paths"`             // folders of reconstructions
	Stimuli  []string       `json:"stimuli,omitempty"` // folders of originals
	Tables   []string       `json:"tables,omitempty"`  // stimulus tables
	Ratings  []string       `json:"ratings,omitempty"` // files of human judgements
	Filter   results.Filter `json:"filter,omitempty"`
	Labels   []string       `json:"labels,omitempty"` // parts of labels, joined by or
	Measures []Measure      `json:"measures"`
	Network  string         `json:"network,omitempty"` // for measures by features
	Ties     string         `json:"ties"`
	Level    float64        `json:"level"`    // of the intervals
	Interval string         `json:"interval"` // t or bootstrap
	// Trials takes single trials for the units of means and tests. They are not independent: several are of one image.
	Trials   bool   `json:"trials,omitempty"`
	Shuffles int    `json:"shuffles"` // of labels, for the p of identification
	Seed     uint64 `json:"seed"`
}

// Default is the paper's evaluation of some folders.
func Default(paths ...string) Spec {
	return Spec{Paths: paths, Measures: []Measure{Identification, Correlation, Best}, Ties: Strict, Level: 0.95, Interval: Student, Shuffles: 1000, Seed: 1}
}

// Check says what is wrong with a specification by itself.
func (s Spec) Check() error {
	known := []Measure{Identification, Correlation, Best, PixCorr, SSIM, SSIMColour}
	for _, m := range s.Measures {
		if !slices.Contains(known, m) && m.Layer() == "" {
			return fmt.Errorf("evaluate: no measure %q: choose of %q, or %slayer", m, known, featurePrefix)
		}
	}
	switch {
	case len(s.Measures) == 0:
		return fmt.Errorf("evaluate: no measure: choose of %q", known)
	case s.Ties != Strict && s.Ties != Lenient && s.Ties != Half:
		return fmt.Errorf("evaluate: ties %q: choose %s, %s or %s", s.Ties, Strict, Lenient, Half)
	case !(s.Level > 0 && s.Level < 1):
		return fmt.Errorf("evaluate: intervals of level %g, want between 0 and 1", s.Level)
	case s.Interval != Student && s.Interval != Bootstrap:
		return fmt.Errorf("evaluate: interval %q: choose %s or %s", s.Interval, Student, Bootstrap)
	case s.Shuffles < 0 || s.Shuffles > 1_000_000:
		return fmt.Errorf("evaluate: %d shuffles, want 0 to 1,000,000", s.Shuffles)
	}
	return nil
}

func (s Spec) ties() eval.Ties {
	switch s.Ties {
	case Lenient:
		return eval.Lenient
	case Half:
		return eval.Half
	}
	return eval.Strict
}

// keep tells whether a reconstruction is to be evaluated.
func (s Spec) keep(r *results.Reconstruction) bool {
	if !s.Filter.Keep(r) {
		return false
	}
	if len(s.Labels) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Labels, func(l string) bool { return strings.Contains(r.Label, l) || strings.Contains(r.Trial, l) })
}
