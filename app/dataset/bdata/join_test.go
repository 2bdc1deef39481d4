package bdata

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type joinedFiles struct {
	Keys, Labels []string
	All          []*float64
	VMap         map[string]string
}

// joinPaths opens files and joins them. They are closed when the test ends.
func joinPaths(t *testing.T, o JoinOptions, paths ...string) (*File, error) {
	t.Helper()
	var files []*File
	for _, p := range paths {
		files = append(files, opened(t, p))
	}
	return Join(o, files...)
}

// Files joined as bdpy's concat_dataset and vstack join them.
func TestJoinAsBdpy(t *testing.T) {
	e := answers(t)
	a, b := fixture+"join_a.h5", fixture+"join_b.h5"
	for name, c := range map[string]struct {
		o     JoinOptions
		files []string
	}{
		"plain":      {JoinOptions{}, []string{a, a}},
		"successive": {JoinOptions{Successive: []string{"Session", "Run"}}, []string{a, a}},
		"three":      {JoinOptions{Successive: []string{"Session", "Run"}}, []string{a, a, a}},
		"minimal":    {JoinOptions{Successive: []string{"Run"}, Shared: true}, []string{a, b}},
		"one":        {JoinOptions{Shared: true}, []string{a}},
	} {
		var want joinedFiles
		if err := json.Unmarshal(e.Join[name], &want); err != nil {
			t.Fatal(err)
		}
		f, err := joinPaths(t, c.o, c.files...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		x, _, _, err := f.Select("VoxelData + Session + Run")
		if err != nil || !equal(x, want.All) || !slices.Equal(f.Keys(), want.Keys) {
			t.Errorf("%s: %v %v %v", name, x, f.Keys(), err)
		}
		if l, err := f.Labels("stimulus_name"); err != nil || !slices.Equal(l, want.Labels) {
			t.Errorf("%s: %v %v", name, l, err)
		}
		for k, v := range f.LabelMap("stimulus_name") {
			if w := want.VMap[fmt.Sprintf("%.1f", k)]; w != v {
				t.Errorf("%s: %g is %q, bdpy has %q", name, k, v, w)
			}
		}
	}
	var strict string
	if err := json.Unmarshal(e.Join["strict"], &strict); err != nil || strict == "" {
		t.Fatal(strict, err)
	}
	if _, err := joinPaths(t, JoinOptions{}, a, b); err == nil || !strings.Contains(err.Error(), "only_b") {
		t.Errorf("bdpy says %q, we say %v", strict, err)
	}
}

// written makes a file of columns, each with a key of its own, described as d0, d1, ….
func written(t *testing.T, names map[string]map[float64]string, keys []string, columns ...[]float64) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "w.h5")
	d := &Data{Rows: len(columns[0]), Cols: len(columns), VMap: names, Row: func(i int, dst []float64) error {
		for j := range dst {
			dst[j] = columns[j][i]
		}
		return nil
	}}
	for j, k := range keys {
		d.Keys = append(d.Keys, Key{k, fmt.Sprintf("d%d", j), Members(len(columns), j, j+1)})
	}
	if err := Write(context.Background(), p, d); err != nil {
		t.Fatal(err)
	}
	return p
}

// Runs count on as bdpy's concat_dataset counts them: from the largest number of all files so far.
func TestJoinOffsets(t *testing.T) {
	nan := math.NaN()
	cases := answers(t).Offsets
	if len(cases) < 4 {
		t.Fatal(len(cases))
	}
	// Ours: where bdpy makes NaN of all that follows.
	cases = append(cases, struct {
		Runs   [][]float64
		Joined []float64
	}{[][]float64{{1, nan}, {nan, nan}, {1, 2}}, []float64{1, nan, nan, nan, 2, 3}})
	for _, c := range cases {
		var paths []string
		for _, r := range c.Runs {
			paths = append(paths, written(t, nil, []string{"V", "Run"}, []float64{7, 8}, r))
		}
		// A key named twice counts on once.
		f, err := joinPaths(t, JoinOptions{Successive: []string{"Run", "Run"}}, paths...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.Column("Run")
		same := slices.EqualFunc(got, c.Joined, func(a, b float64) bool { return a == b || a != a && b != b })
		if v, _ := f.Column("V"); err != nil || !same || !slices.Equal(v, []float64{7, 8, 7, 8, 7, 8}) {
			t.Error(c, got, v, err)
		}
		hasNaN := math.IsNaN(c.Runs[0][1])
		if hasNaN != (len(f.Notices()) == 1 && strings.Contains(f.Notices()[0].Text, "bdpy would make it NaN")) {
			t.Error(f.Notices())
		}
		if f.Rows() != 6 || !strings.HasSuffix(f.Path(), "and 2 more") {
			t.Error(f.Rows(), f.Path())
		}
	}
}

func TestJoinRefusals(t *testing.T) {
	x := []float64{1, 2}
	names := func(label string) map[string]map[float64]string {
		return map[string]map[float64]string{"L": {1: label}}
	}
	base := written(t, names("cat"), []string{"V", "L"}, x, x)
	other := twoKeys(t, x, Key{"V", "other words", Members(2, 0, 1)}, Key{"L", "d1", Members(2, 1, 2)})
	empty := twoKeys(t, x, Key{"V", "", Members(2, 0, 1)}, Key{"None", "", make([]float64, 2)})
	for _, c := range []struct {
		want  string
		o     JoinOptions
		files []string
	}{
		{"has 2 columns", JoinOptions{}, []string{base, written(t, nil, []string{"V"}, x)}},
		{`no key "L"`, JoinOptions{}, []string{base, written(t, nil, []string{"V", "M"}, x, x)}},
		{"marks other", JoinOptions{}, []string{base, written(t, nil, []string{"L", "V"}, x, x)}},
		{`1 "owl"`, JoinOptions{}, []string{base, written(t, names("owl"), []string{"V", "L"}, x, x)}},
		{"is described as", JoinOptions{}, []string{base, other}},
		{"shares no key", JoinOptions{Shared: true}, []string{base, written(t, nil, []string{"A", "B"}, x, x)}},
		{"cannot go on", JoinOptions{Successive: []string{"None"}}, []string{empty, empty}},
		{`no key "Nowhere"`, JoinOptions{Successive: []string{"Nowhere"}}, []string{base, base}},
		{"no files", JoinOptions{}, nil},
	} {
		if _, err := joinPaths(t, c.o, c.files...); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "join subject data: ") {
			t.Errorf("%s: %v", c.want, err)
		}
	}
	f := opened(t, base)
	if _, err := Join(JoinOptions{}, f, f); err == nil || !strings.Contains(err.Error(), "is given twice") {
		t.Error(err)
	}
	// What is said of a key does not matter where it is to be ignored.
	f, err := joinPaths(t, JoinOptions{IgnoreDescriptions: true}, base, other)
	if err != nil || f.Description("V") != "d0" || f.LabelMap("L")[1] != "cat" {
		t.Error(err)
	}
}

// twoKeys makes a file of two columns, both x.
func twoKeys(t *testing.T, x []float64, keys ...Key) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "k.h5")
	d := &Data{Rows: len(x), Cols: 2, Keys: keys, Row: func(i int, dst []float64) error { dst[0], dst[1] = x[i], x[i]; return nil }}
	if err := Write(context.Background(), p, d); err != nil {
		t.Fatal(err)
	}
	return p
}

// A join reads each file's columns and closes all of them.
func TestJoinCloses(t *testing.T) {
	f, err := joinPaths(t, JoinOptions{}, fixture+"join_a.h5", fixture+"join_a.h5")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if x, err := f.Column("Run"); err == nil {
		t.Error("read after closing: ", x)
	}
}
