package bdata

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/compute/format/guard"
	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

// Tests start children of this binary.
func TestMain(m *testing.M) {
	guard.Main()
	os.Exit(m.Run())
}

type containerFile struct {
	Keys, Descriptions []string
	All, V1V2, X, Run  []*float64
	Shape              []int
}

// answers are bdpy's: testdata/bdata/containers.py.
func answers(t *testing.T) (e struct {
	Containers map[string]containerFile
	God        struct {
		Names []string
		VC    []*float64
	}
	Join    map[string]json.RawMessage
	Offsets []struct {
		Runs   [][]float64
		Joined []float64
	}
	Twice        map[string][]int
	Many, Raised map[string]any
	V73          string
}) {
	t.Helper()
	raw, err := os.ReadFile(fixture + "expect2.json")
	if err == nil {
		err = json.Unmarshal(raw, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// equal compares to the bit; null is NaN.
func equal(got []float64, want []*float64) bool {
	return slices.EqualFunc(got, want, func(g float64, w *float64) bool {
		return w == nil && math.IsNaN(g) || w != nil && g == *w
	})
}

func TestContainers(t *testing.T) {
	e := answers(t)
	legacy := e.Containers["legacy.mat"]
	// bdpy opens no file of version 7.3; the content is the same as in legacy.mat.
	if e.V73 != "NotImplementedError" || len(e.Containers) != 5 {
		t.Error(e.V73, len(e.Containers))
	}
	e.Containers["v73.mat"] = legacy
	e.Containers["v73c.mat"] = legacy
	for name, want := range e.Containers {
		for _, guarded := range []bool{false, true} {
			t.Run(name+map[bool]string{true: " guarded"}[guarded], func(t *testing.T) {
				openFile := Open
				if guarded {
					openFile = func(p string) (*File, error) { return OpenGuarded(context.Background(), p) }
				}
				f, err := openFile(fixture + name)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if f.Rows() != want.Shape[0] || f.Cols() != want.Shape[1] || !slices.Equal(f.Keys(), want.Keys) {
					t.Fatal(f.Rows(), f.Cols(), f.Keys())
				}
				for i, k := range want.Keys {
					if f.Description(k) != want.Descriptions[i] {
						t.Errorf("%s: %q, bdpy has %q", k, f.Description(k), want.Descriptions[i])
					}
				}
				for expr, x := range map[string][]*float64{"VoxelData + Run + Label": want.All, "ROI_V1 + ROI_V2": want.V1V2, "Run": want.Run} {
					if got, _, _, err := f.Select(expr); err != nil || !equal(got, x) {
						t.Errorf("%s: %v %v", expr, got, err)
					}
				}
				if got, err := f.Metadata("voxel_x"); err != nil || !equal(got, want.X) {
					t.Error(got, err)
				}
				if l, err := f.Labels("Label"); err != nil || strings.Join(l, " ") != "3 1 n/a 2 2 1 3" {
					t.Error(l, err)
				}
				if is73 := strings.HasPrefix(name, "v73"); is73 != (len(f.Notices()) == 1 && strings.Contains(f.Notices()[0].String(), "bdpy does not open")) {
					t.Error(f.Notices())
				}
			})
		}
	}
}

// 300 random selections, brackets and all: where bdpy's columns are ours there is no notice, else there is one.
func TestNoticesAgainstBdpy(t *testing.T) {
	f := opened(t, fixture+"sample.h5")
	e := answers(t)
	differ := 0
	for expr, raw := range e.Many {
		var theirs []int
		for _, j := range raw.([]any) {
			theirs = append(theirs, int(j.(float64)))
		}
		at, notices, err := f.ColumnsNoted(expr)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(at, theirs) == (len(notices) > 0) {
			t.Errorf("%s: %v, bdpy %v, notices %v", expr, at, theirs, notices)
		}
		tokens, err := scan(expr)
		if err != nil {
			t.Fatal(err)
		}
		in, err := f.asBdpy(tokens)
		if err != nil {
			t.Fatal(expr, err)
		}
		var simulated []int
		for j, b := range in {
			if b {
				simulated = append(simulated, j)
			}
		}
		if !slices.Equal(simulated, theirs) {
			t.Errorf("%s: simulated %v, bdpy %v", expr, simulated, theirs)
		}
		differ += len(notices)
	}
	t.Logf("%d selections, %d where bdpy selects other columns", len(e.Many), differ)
	if len(e.Many) < 250 || differ < 10 {
		t.Error(len(e.Many), differ)
	}
	for expr, raw := range e.Raised {
		if _, err := f.Columns(expr); err == nil && expr != `"(" & ROI_V1` {
			t.Errorf("%s is accepted; bdpy: %v", expr, raw)
		}
	}
	deep := strings.Repeat("(", 1<<20) + "ROI_V1"
	if _, err := f.Columns(deep); err == nil || !strings.Contains(err.Error(), "deep") {
		t.Error("brackets without end are accepted")
	}
}

func TestWrongMAT(t *testing.T) {
	dir := t.TempDir()
	one, _ := mat.Numeric([]int{1, 2}, []float64{1, 2})
	short, _ := mat.Numeric([]int{1, 3}, []float64{1, 2, 3})
	key, _ := mat.Cells([]int{1, 1}, []*mat.Array{mat.Text("A")})
	number, _ := mat.Cells([]int{1, 1}, []*mat.Array{one})
	meta := func(key, value *mat.Array) *mat.Array {
		s, err := mat.Structs([]int{1, 1}, []string{"key", "value"}, []*mat.Array{key, value})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, vars := range map[string][]mat.Variable{
		"good":   {{Name: "dataset", Value: one}, {Name: "metadata", Value: meta(key, one)}},
		"alone":  {{Name: "dataset", Value: one}},
		"number": {{Name: "dataset", Value: one}, {Name: "metadata", Value: one}},
		"short":  {{Name: "dataset", Value: one}, {Name: "metadata", Value: meta(key, short)}},
		"text":   {{Name: "dataset", Value: one}, {Name: "metadata", Value: meta(number, one)}},
		"cells":  {{Name: "dataset", Value: key}, {Name: "metadata", Value: meta(key, one)}},
	} {
		p := filepath.Join(dir, name+".mat")
		if err := mat.Write(p, false, vars...); err != nil {
			t.Fatal(err)
		}
		f, err := Open(p)
		if err == nil {
			_, _, _, err = f.Select("A")
			f.Close()
		}
		switch {
		case name == "good":
			if err != nil {
				t.Error(err)
			}
		case err == nil || !strings.Contains(err.Error(), p):
			t.Errorf("%s: %v", name, err)
		case name != "text" && name != "cells" && !errors.Is(err, ErrNotBData):
			t.Errorf("%s: %v", name, err)
		}
	}
	// A model's or a feature's MAT file is none, whatever its version.
	p := filepath.Join(dir, "x.mat")
	os.WriteFile(p, []byte("not MATLAB at all, but long enough to be looked at as if it were some"), 0o600)
	if _, err := Open(p); err == nil || !strings.Contains(err.Error(), "MAT-file") {
		t.Error(err)
	}
}

// Of a key that stands twice the first row counts, as in bdpy.
func TestKeyTwice(t *testing.T) {
	f := opened(t, fixture+"twice.h5")
	want := answers(t).Twice
	if len(want) < 5 {
		t.Fatal(want)
	}
	for expr, columns := range want {
		if got, notices, err := f.ColumnsNoted(expr); err != nil || !slices.Equal(got, columns) || notices != nil {
			t.Errorf("%s: %v %v %v, bdpy has %v", expr, got, notices, err, columns)
		}
	}
	if n := f.Notices(); len(n) != 2 || n[0].Where != "A" || !strings.Contains(n[0].Text, "more than once") || n[1].Where != "gone" {
		t.Error(n)
	}
	if !slices.Equal(f.Keys(), []string{"A", "B"}) || f.Description("A") != "first" {
		t.Error(f.Keys(), f.Description("A"))
	}
	if _, err := f.Metadata("C"); err == nil || !strings.Contains(err.Error(), `no key "C"; it has A, B`) {
		t.Error(err)
	}
}

// A file of a few kB that claims 512 MiB. A part that is small is read: the claim itself is no error.
func TestBomb(t *testing.T) {
	f := opened(t, fixture+"bomb73.mat")
	if x, _, _, err := f.Select("A"); !errors.Is(err, hdf5.ErrTooLarge) || !strings.Contains(err.Error(), "bomb73.mat") {
		t.Error(len(x), err)
	}
	if x, err := f.src.columns([]int{7}); err != nil || len(x) != 262144 || x[5] != 1 {
		t.Error(len(x), err)
	}
}
