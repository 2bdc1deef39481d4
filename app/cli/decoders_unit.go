package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"reverie/app/dataset/decoders"
	"reverie/app/engine"
	"reverie/app/session"
)

// unitReport is one decoder as JSON.
type unitReport struct {
	Path       string          `json:"path"`
	Layer      string          `json:"layer"`
	Subject    string          `json:"subject"`
	ROI        string          `json:"roi"`
	Fold       string          `json:"fold,omitempty"`
	Unit       int             `json:"unit"`
	Place      []int           `json:"place"` // in the layer's shape
	Bias       float32         `json:"bias"`
	Mean       float32         `json:"mean"` // of the unit's values over training stimuli, which the result is scaled back with
	Norm       float32         `json:"norm"`
	Iterations int64           `json:"iterations,omitempty"`
	Accuracy   []unitCondition `json:"accuracy,omitempty"`
	Weights    []unitWeight    `json:"weights"` // the strongest first
	Left       int             `json:"left"`    // weights that are not listed
}

type unitCondition struct {
	Condition   string   `json:"condition"`
	Stimuli     int      `json:"stimuli"`
	Correlation *float64 `json:"correlation"` // null where decoded or true values are constant
}

type unitWeight struct {
	Voxel  uint32    `json:"voxel"` // in the ROI, from 0
	Weight float32   `json:"weight"`
	XYZ    []float32 `json:"xyz_mm,omitempty"`
}

func showUnit(ctx context.Context, e *env, f decodersFlags, dir string, unit int) error {
	if !decoders.Is(dir) {
		found, err := f.open(ctx, e, []string{dir})
		if err != nil {
			return err
		}
		if len(found) > 1 {
			return fmt.Errorf("%s has %d folders of decoders: give one of them, such as %s", dir, len(found), found[0].Path())
		}
		dir = found[0].Path()
	}
	eng, err := engine.New(ctx, engine.Options{Later: true})
	if err != nil {
		return err
	}
	defer eng.Close()
	v, err := eng.Decoder(ctx, dir)
	if err != nil {
		return err
	}
	if unit < 0 || unit >= v.Units() {
		return usage("decoders unit: %s has units 0 to %d, not %d", v.Layer, v.Units()-1, unit)
	}
	u, err := eng.DecoderUnit(ctx, dir, unit)
	if err != nil {
		return err
	}
	r := newUnitReport(v, u, *f.voxels)
	e.say("%s, %s %s: unit %d at %s of %s", r.Layer, r.Subject, filepath.Join(r.ROI, r.Fold), unit, placeText(r.Place, v.Shape), shapeText(v.Shape))
	e.say("  %s", v.Method)
	e.say("  bias %.6g, values over training stimuli: mean %.6g, norm %.6g", r.Bias, r.Mean, r.Norm)
	if r.Iterations > 0 {
		e.say("  %d iterations", r.Iterations)
	}
	for _, a := range r.Accuracy {
		if a.Correlation == nil {
			e.say("  %-18s no correlation over %d stimuli: decoded or true values are constant", a.Condition, a.Stimuli)
			continue
		}
		e.say("  %-18s r = %.4f over %d stimuli", a.Condition, *a.Correlation, a.Stimuli)
	}
	e.say("  %d of %d voxels have a weight; the strongest", len(u.Voxels), v.Voxels)
	for _, w := range r.Weights {
		place := ""
		if w.XYZ != nil {
			place = fmt.Sprintf("  at %.1f, %.1f, %.1f mm", w.XYZ[0], w.XYZ[1], w.XYZ[2])
		}
		e.say("    voxel %6d  %+.6g%s", w.Voxel, w.Weight, place)
	}
	if r.Left > 0 {
		e.say("    and %d more: --voxels 0 shows all", r.Left)
	}
	return e.result(r)
}

func newUnitReport(v *session.DecoderView, u *session.UnitView, most int) unitReport {
	r := unitReport{Path: v.Path, Layer: v.Layer, Subject: v.Subject, ROI: v.ROI, Fold: v.Fold, Unit: u.Unit, Place: placeOf(u.Unit, v.Shape),
		Bias: u.Bias, Mean: u.Mean, Norm: u.Norm, Iterations: u.Iterations, Weights: []unitWeight{}}
	for k, x := range u.Accuracy {
		c := unitCondition{Condition: v.Conditions[k].Name, Stimuli: v.Conditions[k].Stimuli}
		if y := float64(x); !math.IsNaN(y) {
			c.Correlation = &y
		}
		r.Accuracy = append(r.Accuracy, c)
	}
	for i, voxel := range u.Voxels {
		w := unitWeight{Voxel: voxel, Weight: u.Weights[i]}
		if v.XYZ != nil {
			w.XYZ = v.XYZ[3*voxel : 3*voxel+3]
		}
		r.Weights = append(r.Weights, w)
	}
	slices.SortStableFunc(r.Weights, func(a, b unitWeight) int {
		return cmp.Compare(math.Abs(float64(b.Weight)), math.Abs(float64(a.Weight)))
	})
	if most > 0 && len(r.Weights) > most {
		r.Left = len(r.Weights) - most
		r.Weights = r.Weights[:most]
	}
	return r
}

// placeOf is where a unit stands in the C order of a shape.
func placeOf(unit int, shape []int) []int {
	out := make([]int, len(shape))
	for i := len(shape) - 1; i >= 0; i-- {
		out[i] = unit % shape[i]
		unit /= shape[i]
	}
	return out
}

func placeText(place, shape []int) string {
	if len(shape) == 3 {
		return fmt.Sprintf("channel %d, row %d, column %d", place[0], place[1], place[2])
	}
	return fmt.Sprint(place)
}
