package vm

import (
	"fmt"
	"slices"
	"strings"

	"reverie/app/session"
)

// FolderTitle names a folder of decoders: "conv1_1 from V1".
func FolderTitle(f session.DecoderFolder) string {
	t := f.Layer
	if t == "" {
		t = "Layer unknown"
	}
	if f.ROI != "" {
		t += " from " + f.ROI
	}
	return t
}

// FolderText tells of a folder in a line.
func FolderText(f session.DecoderFolder) string {
	var parts []string
	if f.Subject != "" {
		parts = append(parts, f.Subject)
	}
	if f.Fold != "" {
		parts = append(parts, "fold "+f.Fold)
	}
	if n := f.Units(); f.Trained < n {
		parts = append(parts, fmt.Sprintf("%s of %s", Count(f.Trained, ""), Count(n, "unit")))
	} else {
		parts = append(parts, Count(n, "unit"))
	}
	return strings.Join(parts, " · ")
}

// ShapeText writes a layer's shape: "64 × 224 × 224".
func ShapeText(shape []int) string {
	var parts []string
	for _, s := range shape {
		parts = append(parts, fmt.Sprint(s))
	}
	return strings.Join(parts, " × ")
}

// PlaceText says where a unit of a layer stands: "channel 12, row 100, column
// 87" of a convolutional layer, counted from 0, else nothing.
func PlaceText(shape []int, unit int) string {
	// The lab's files have shapes with leading ones.
	for len(shape) > 1 && shape[0] == 1 {
		shape = shape[1:]
	}
	if len(shape) != 3 || unit < 0 {
		return ""
	}
	h, w := shape[1], shape[2]
	return fmt.Sprintf("channel %d, row %d, column %d", unit/(h*w), unit/w%h, unit%w)
}

// Fact is a name with a value.
type Fact struct{ Name, Value string }

// UnitFacts are the numbers of a unit.
func UnitFacts(v *session.DecoderView, u *session.UnitView) []Fact {
	if v == nil || u == nil {
		return nil
	}
	out := []Fact{
		{"Voxels with a weight", fmt.Sprintf("%s of %s", Count(len(u.Weights), ""), Count(v.Voxels, ""))},
		{"Bias", Number(float64(u.Bias))},
		{"Mean of the unit", Number(float64(u.Mean))},
		{"Norm of the unit", Number(float64(u.Norm))},
	}
	if len(u.Weights) > 0 {
		out = slices.Insert(out, 1, Fact{"Weights", Number(float64(slices.Min(u.Weights))) + " to " + Number(float64(slices.Max(u.Weights)))})
	}
	if u.Iterations > 0 {
		out = append(out, Fact{"Iterations", Count(int(u.Iterations), "")})
	}
	for i, r := range u.Accuracy {
		name := "r"
		if i < len(v.Conditions) {
			name = "r, " + ConditionTitle(v.Conditions[i].Name)
		}
		out = append(out, Fact{name, Correlation(float64(r))})
	}
	return out
}

// Number writes a number with four digits and a true minus sign.
func Number(x float64) string {
	return strings.ReplaceAll(fmt.Sprintf("%.4g", x), "-", "−")
}

// Correlation writes a correlation; a constant unit has none.
func Correlation(r float64) string {
	if r != r {
		return "none, constant"
	}
	return strings.Replace(fmt.Sprintf("%.3f", r), "-", "−", 1)
}

// AccuracyText writes a mean with its interval: "0.312 [0.301, 0.322]".
func AccuracyText(a session.Accuracy) string {
	if a.Mean != a.Mean || a.Units == 0 {
		return "of no unit"
	}
	return fmt.Sprintf("%s [%s, %s]", Correlation(a.Mean), Correlation(a.Low), Correlation(a.High))
}
