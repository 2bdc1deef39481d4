package decode

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"reverie/compute/brain"
)

// Fold is one round of cross-validation. Train and Test are indices into the
// samples, ascending.
type Fold struct {
	// Name is the fold's folder in the lab's layout: "cv-" and the fold's name,
	// or "cv-fold1", "cv-fold2" … where folds have none. (The lab's training
	// script does so; its prediction script counts even folds that have names.)
	Name string
	// Values are those of the key (Run, for instance) that are tested, ascending.
	Values      []int
	Train, Test []int
}

// FoldList says which values of the key train and test a fold (cv.folds of the
// lab's configurations: [{name: …, train: […], test: […]}, …]).
type FoldList struct {
	Name  string `json:"name,omitempty"`
	Train []int  `json:"train"`
	Test  []int  `json:"test"`
}

// RunFolds leaves one run out at a time, in ascending order of run. Samples
// must carry their runs (averaged ones do not) and have at least two.
func RunFolds(s brain.Samples) ([]Fold, error) {
	if len(s.Runs) != s.Len() || s.Len() == 0 {
		return nil, fmt.Errorf("leave one run out: %d runs for %d samples: use single trials, not averages", len(s.Runs), s.Len())
	}
	folds, err := GroupFolds(s.Runs)
	if err != nil {
		return nil, fmt.Errorf("leave one run out: %w", err)
	}
	return folds, nil
}

// GroupFolds leaves one value of the key out at a time, in ascending order;
// values holds the key's value of each sample. It is
// bdpy.ml.make_cvindex_generator without folds, and cvindex_groupwise.
func GroupFolds(values []int) ([]Fold, error) {
	unique := slices.Compact(slices.Sorted(slices.Values(values)))
	switch len(unique) {
	case 0:
		return nil, errors.New("cross-validation: no samples")
	case 1:
		return nil, fmt.Errorf("cross-validation: all samples have the value %d, want at least two values", unique[0])
	}
	folds := make([]Fold, len(unique))
	for f, left := range unique {
		folds[f] = Fold{Name: foldName(f, ""), Values: []int{left}}
		for i, v := range values {
			if v == left {
				folds[f].Test = append(folds[f].Test, i)
			} else {
				folds[f].Train = append(folds[f].Train, i)
			}
		}
	}
	return folds, nil
}

// ListedFolds splits samples by lists of the key's values, in the order of the
// lists; values holds the key's value of each sample. It is
// bdpy.ml.make_cvindex_generator with folds. Values that no sample has are
// passed over, as bdpy does; samples in neither list take no part. An error is
// a fold without training or test samples, a value on both sides of a fold (it
// would be tested on what it was trained with) and names that are missing in
// some folds, stand twice or cannot be a folder's.
func ListedFolds(values []int, lists []FoldList) ([]Fold, error) {
	if len(lists) == 0 {
		return nil, errors.New("cross-validation: the list of folds is empty: leave it out to leave one value out at a time")
	}
	folds := make([]Fold, len(lists))
	seen := map[string]bool{}
	for f, l := range lists {
		if (l.Name == "") != (lists[0].Name == "") {
			return nil, fmt.Errorf("cross-validation: fold %d and fold 1: name all folds or none", f+1)
		}
		name := foldName(f, l.Name)
		if seen[name] {
			return nil, fmt.Errorf("cross-validation: two folds have the name %q", l.Name)
		}
		if strings.ContainsAny(name, "/\\:\x00") {
			return nil, fmt.Errorf("cross-validation: fold %d has the name %q, which cannot name a folder", f+1, l.Name)
		}
		seen[name] = true
		train, test := setOf(l.Train), setOf(l.Test)
		for _, v := range l.Test {
			if train[v] {
				return nil, fmt.Errorf("cross-validation: fold %d trains and tests with the value %d", f+1, v)
			}
		}
		folds[f].Name = name
		for i, v := range values {
			switch {
			case test[v]:
				folds[f].Test = append(folds[f].Test, i)
				folds[f].Values = append(folds[f].Values, v)
			case train[v]:
				folds[f].Train = append(folds[f].Train, i)
			}
		}
		if len(folds[f].Train) == 0 || len(folds[f].Test) == 0 {
			return nil, fmt.Errorf("cross-validation: fold %d has %d training and %d test samples: the data have the values %v",
				f+1, len(folds[f].Train), len(folds[f].Test), slices.Compact(slices.Sorted(slices.Values(values))))
		}
		slices.Sort(folds[f].Values)
		folds[f].Values = slices.Compact(folds[f].Values)
	}
	return folds, nil
}

// Exclude gives folds without the training samples whose value occurs among
// the fold's test samples, so that, with category_index, no category is in
// both (cv.exclusive_key of the lab's configurations). values holds the value
// of each sample; NaN equals nothing. A fold left without training samples is
// an error. folds are not changed.
func Exclude[T comparable](folds []Fold, values []T) ([]Fold, error) {
	out := make([]Fold, len(folds))
	for f, fold := range folds {
		for _, side := range [][]int{fold.Train, fold.Test} {
			for _, i := range side {
				if i < 0 || i >= len(values) {
					return nil, fmt.Errorf("cross-validation: %s uses sample %d, the exclusive key has %d values", fold.Name, i, len(values))
				}
			}
		}
		tested := map[T]bool{}
		for _, i := range fold.Test {
			tested[values[i]] = true
		}
		out[f] = fold
		out[f].Train = nil
		for _, i := range fold.Train {
			if !tested[values[i]] {
				out[f].Train = append(out[f].Train, i)
			}
		}
		if len(out[f].Train) == 0 {
			return nil, fmt.Errorf("cross-validation: %s keeps no training sample: the test samples have all values of the exclusive key", fold.Name)
		}
	}
	return out, nil
}

// foldName is the lab's: cv-<name>, or cv-fold1 for the first.
func foldName(f int, name string) string {
	if name == "" {
		name = fmt.Sprintf("fold%d", f+1)
	}
	return "cv-" + name
}

func setOf(values []int) map[int]bool {
	out := make(map[int]bool, len(values))
	for _, v := range values {
		out[v] = true
	}
	return out
}
