package weights

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// StdLayer sets one layer's standard deviation over natural images against the published one.
type StdLayer struct {
	Layer     string  `json:"layer"`
	Computed  float64 `json:"computed"`  // averaged over the channels; 0 where that is no positive number
	Reference float64 `json:"reference"` // as Computed
	Ratio     float64 `json:"ratio"`     // Computed / Reference; 0 where one is 0
	Verdict   string  `json:"verdict"`   // "ok", "near" or "far"; "unusable" where one is 0
}

// StdReport is the comparison of all layers that both sides have, by name.
type StdReport struct {
	Layers []StdLayer `json:"layers"`
	// Verdict is "ok" where all layers are, "near" or "far" as the worst, "unusable" where none can be compared.
	Verdict string `json:"verdict"`
	Why     string `json:"why"` // for people, with the layers that are far
}

// The limits are choices of ours: the pictures at hand are not the 10,000 of the published statistics.
const (
	stdOK  = 1.5
	stdFar = 3
)

// CompareStd compares standard deviations of features over natural images, layer → one value for each
// channel (or one for all), with the published reference of the lab's statistics files. Both are averaged
// over channels first. Values of single channels that are not finite make their layer unusable.
//
// A ratio within 1.5 is ok, one within 3 near, else far. Ratios of one size in all convolutions that are
// far below or above 1 come from the scale of the input.
func CompareStd(computed, reference map[string][]float64) StdReport {
	var r StdReport
	rank := map[string]int{"ok": 1, "near": 2, "far": 3}
	worst := 0
	for _, name := range slices.Sorted(maps.Keys(computed)) {
		want, ok := reference[name]
		if !ok {
			continue
		}
		l := StdLayer{Layer: name, Computed: mean(computed[name]), Reference: mean(want), Verdict: "unusable"}
		if l.Computed > 0 && l.Reference > 0 {
			l.Ratio = l.Computed / l.Reference
			switch off := math.Exp(math.Abs(math.Log(l.Ratio))); {
			case off <= stdOK:
				l.Verdict = "ok"
			case off <= stdFar:
				l.Verdict = "near"
			default:
				l.Verdict = "far"
			}
		}
		worst = max(worst, rank[l.Verdict])
		r.Layers = append(r.Layers, l)
	}
	r.Verdict = [...]string{"unusable", "ok", "near", "far"}[worst]
	r.Why = r.why()
	return r
}

// mean is 0 where it is no positive finite number.
func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	if sum /= float64(len(v)); !(sum > 0) || math.IsInf(sum, 0) {
		return 0
	}
	return sum
}

// why says what the ratios mean.
func (r *StdReport) why() string {
	var first float64 // of conv1_1
	var far, unusable []string
	for _, l := range r.Layers {
		switch {
		case l.Verdict == "far":
			far = append(far, fmt.Sprintf("%s %.3g×", l.Layer, l.Ratio))
		case l.Verdict == "unusable":
			unusable = append(unusable, l.Layer)
		}
		if l.Layer == "conv1_1" {
			first = l.Ratio
		}
	}
	why := "the features vary as the published ones do"
	switch {
	case r.Verdict == "unusable":
		return "no layer can be compared with the published statistics"
	case r.Verdict == "near":
		why = "the features vary somewhat unlike the published ones: few or unusual pictures, or another mean or resize"
	case r.Verdict == "far" && first > 0 && first < 0.1:
		why = "conv1_1 varies far too little: the input is probably scaled 0–1 and the weights expect 0–255"
	case r.Verdict == "far" && first > 10:
		why = "conv1_1 varies far too much: the weights probably expect an input of 0–1 and it is 0–255"
	case r.Verdict == "far" && first > 0 && first <= stdOK && first >= 1/stdOK:
		why = "conv1_1 is as published and others are not: other weights, or features after the ReLU"
	case r.Verdict == "far":
		why = "these are not the published network's features, or the pictures are not natural"
	}
	if len(far) > 0 {
		why += " (" + strings.Join(far, ", ") + ")"
	}
	if len(unusable) > 0 {
		why += "; not comparable: " + strings.Join(unusable, ", ")
	}
	return why
}
