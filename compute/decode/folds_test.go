package decode

import (
	"math"
	"slices"
	"strings"
	"testing"
)

type foldCase struct{ Train, Test []int }

func TestFoldsAgainstBdpy(t *testing.T) {
	// folds.json is made by bdpy.ml.
	var e struct {
		Run, Category   []int
		Lists           []FoldList
		Group, Listed   []foldCase
		GroupExclusive  []foldCase `json:"group_exclusive"`
		ListedExclusive []foldCase `json:"listed_exclusive"`
	}
	readDecoding(t, "folds.json", &e)
	group, err := GroupFolds(e.Run)
	if err != nil {
		t.Fatal(err)
	}
	listed, err := ListedFolds(e.Run, e.Lists)
	if err != nil {
		t.Fatal(err)
	}
	float := make([]float64, len(e.Category))
	for i, c := range e.Category {
		float[i] = float64(c)
	}
	groupExclusive, err := Exclude(group, e.Category)
	if err != nil {
		t.Fatal(err)
	}
	listedExclusive, err := Exclude(listed, float)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		got  []Fold
		want []foldCase
	}{
		"group": {group, e.Group}, "listed": {listed, e.Listed},
		"group, exclusive": {groupExclusive, e.GroupExclusive}, "listed, exclusive": {listedExclusive, e.ListedExclusive},
	} {
		if len(c.got) != len(c.want) {
			t.Errorf("%s: %d folds, want %d", what, len(c.got), len(c.want))
			continue
		}
		for f, w := range c.want {
			if g := c.got[f]; !slices.Equal(g.Train, w.Train) || !slices.Equal(g.Test, w.Test) || g.Name != []string{"cv-fold1", "cv-fold2", "cv-fold3", "cv-fold4", "cv-fold5", "cv-fold6"}[f] {
				t.Errorf("%s, fold %d: %+v, want %+v", what, f, g, w)
			}
		}
	}
	if !slices.Equal(group[0].Values, []int{2}) || !slices.Equal(listed[2].Values, []int{4, 10}) {
		t.Errorf("values %v and %v", group[0].Values, listed[2].Values)
	}
}

func TestFoldsRefuse(t *testing.T) {
	values := []int{1, 1, 2, 3}
	for _, c := range []struct {
		lists []FoldList
		want  string
	}{
		{nil, "list of folds is empty"},
		{[]FoldList{{Train: []int{1}, Test: []int{2}}, {Name: "b", Train: []int{1}, Test: []int{2}}}, "fold 2 and fold 1: name all"},
		{[]FoldList{{Name: "b", Train: []int{1}, Test: []int{2}}, {Name: "b", Train: []int{1}, Test: []int{3}}}, `two folds have the name "b"`},
		{[]FoldList{{Name: "../b", Train: []int{1}, Test: []int{2}}}, "cannot name a folder"},
		{[]FoldList{{Train: []int{1, 2}, Test: []int{2, 3}}}, "trains and tests with the value 2"},
		{[]FoldList{{Train: []int{1}, Test: []int{9}}}, "3 test"},
		{[]FoldList{{Test: []int{2}}}, "0 training and 1 test samples"},
	} {
		_, err := ListedFolds(values, c.lists)
		if want := strings.Replace(c.want, "3 test", "2 training and 0 test samples: the data have the values [1 2 3]", 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want an error with %q", c.lists, err, want)
		}
	}
	named, err := ListedFolds(values, []FoldList{{Name: "a", Train: []int{1, 1}, Test: []int{2}}, {Name: "b", Train: []int{2}, Test: []int{3}}})
	if err != nil || named[0].Name != "cv-a" || named[1].Name != "cv-b" || !slices.Equal(named[0].Train, []int{0, 1}) || !slices.Equal(named[1].Test, []int{3}) {
		t.Errorf("%+v, %v", named, err)
	}
	if _, err := Exclude(named, []int{1, 2, 3}); err == nil || !strings.Contains(err.Error(), "sample 3") {
		t.Errorf("short exclusive key: %v", err)
	}
	if _, err := Exclude(named, []int{1, 1, 1, 1}); err == nil || !strings.Contains(err.Error(), "cv-a keeps no training") {
		t.Errorf("one category: %v", err)
	}
	nan := math.NaN()
	if got, err := Exclude(named, []float64{nan, 4, nan, 4}); err != nil || !slices.Equal(got[0].Train, []int{0, 1}) {
		t.Errorf("NaN in the exclusive key: %+v, %v", got, err)
	}
	if _, err := GroupFolds(nil); err == nil || !strings.Contains(err.Error(), "no samples") {
		t.Errorf("no samples: %v", err)
	}
}
