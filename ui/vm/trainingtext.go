package vm

import (
	"fmt"
	"strings"

	"reverie/app/session"
)

// ProgressText says how much is done of a training.
func ProgressText(t *Training) string {
	p := t.Progress()
	switch {
	case p.Total == 0:
		return ""
	case !t.whole: // steps of the trainer's own
		return fmt.Sprintf("%s of %s", Count(p.Done, ""), Count(p.Total, ""))
	}
	return fmt.Sprintf("%s of %s", Count(p.Done, ""), Count(p.Total, "unit"))
}

// PartText names a part's region: "V1 · 300", with its fold where it has one.
func PartText(p session.TrainPart) string {
	s := p.ROI
	if p.Voxels > 0 {
		s += " · " + Count(p.Voxels, "")
	}
	if p.Fold != "" {
		s += " · fold " + p.Fold
	}
	return s
}

// Rate writes units in a second.
func Rate(x float64) string {
	if x < 10 {
		return fmt.Sprintf("%.1f", x)
	}
	return Count(int(x+0.5), "")
}

// TrainingText says in a line what a training is of.
func TrainingText(p session.TrainPlan) string {
	how := "ridge"
	if p.Method == Sparse {
		how = "sparse regression"
	}
	return fmt.Sprintf("%s · %s · %s", how, Count(len(p.Layers), "layer"), strings.Join(p.ROIs, ", "))
}
