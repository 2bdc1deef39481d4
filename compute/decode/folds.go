package decode

import (
	"fmt"
	"slices"

	"reverie/compute/brain"
)

// Fold is one round of leave-one-run-out: Test are the samples of Run, Train
// all others, as indices into the samples, ascending.
type Fold struct {
	Run         int
	Train, Test []int
}

// RunFolds gives one fold for each run, in ascending order of run. Samples
// must carry their runs (averaged ones do not) and have at least two.
func RunFolds(s brain.Samples) ([]Fold, error) {
	if len(s.Runs) != s.Len() || s.Len() == 0 {
		return nil, fmt.Errorf("leave one run out: %d runs for %d samples: use single trials, not averages", len(s.Runs), s.Len())
	}
	runs := slices.Clone(s.Runs)
	slices.Sort(runs)
	runs = slices.Compact(runs)
	if len(runs) < 2 {
		return nil, fmt.Errorf("leave one run out: all samples are of run %d, want at least two runs", runs[0])
	}
	folds := make([]Fold, len(runs))
	for f, run := range runs {
		folds[f].Run = run
		for i, r := range s.Runs {
			if r == run {
				folds[f].Test = append(folds[f].Test, i)
			} else {
				folds[f].Train = append(folds[f].Train, i)
			}
		}
	}
	return folds, nil
}
