package bdata

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func sevenColumns() *Data {
	return &Data{
		Rows: 9, Cols: 7,
		Row: func(i int, dst []float64) error {
			for j := range 5 {
				dst[j] = float64(10*i + j)
			}
			dst[5] = float64(1 + i/3)
			dst[6] = []float64{1, 2.5, math.NaN()}[i%3]
			return nil
		},
		Keys: []Key{
			{"VoxelData", "1 = VoxelData", Members(7, 0, 5)},
			{"ROI_V1", "1 = ROI V1", Members(7, 0, 3)},
			{"ROI_V2", "1 = ROI V2", Members(7, 2, 4)},
			{"Run", "", Members(7, 5, 6)},
			{"stimulus_name", "", Members(7, 6, 7)},
		},
		VMap: map[string]map[float64]string{"stimulus_name": {1: "cat", 2.5: "café"}},
	}
}

// REVERIE_KEEP=path keeps the file for testdata/bdata/check_bdpy.py.
func TestWriteOpens(t *testing.T) {
	path := os.Getenv("REVERIE_KEEP")
	if path == "" {
		path = filepath.Join(t.TempDir(), "s.h5")
	}
	if err := Write(context.Background(), path, sevenColumns()); err != nil {
		t.Fatal(err)
	}
	f := opened(t, path)
	s, err := f.Samples("ROI_V1 & ROI_V2", "stimulus_name")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.X, []float64{2, 12, 32, 42, 62, 72}) || !slices.Equal(s.Runs, []int{1, 1, 2, 2, 3, 3}) ||
		!slices.Equal(s.Labels, []string{"cat", "café", "cat", "café", "cat", "café"}) {
		t.Error(s)
	}
	if f.Description("VoxelData") != "1 = VoxelData" || !slices.Equal(f.LabelKeys(), []string{"stimulus_name"}) {
		t.Error(f.Description("VoxelData"), f.LabelKeys())
	}
}

func TestWriteLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s.h5")
	stopped, stop := context.WithCancel(context.Background())
	stop()
	if err := Write(stopped, path, sevenColumns()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	broken := errors.New("no signal")
	for name, spoil := range map[string]func(*Data){
		"sample 4":    func(d *Data) { d.Row = func(i int, _ []float64) error { return map[bool]error{true: broken}[i == 4] } },
		"7 columns":   func(d *Data) { d.Keys[0].Value = nil },
		"twice":       func(d *Data) { d.Keys[1].Name = "VoxelData" },
		"not a key":   func(d *Data) { d.VMap = map[string]map[float64]string{"x": nil} },
		"number NaN":  func(d *Data) { d.VMap["stimulus_name"][math.NaN()] = "x" },
		"0 samples":   func(d *Data) { d.Rows = 0 },
		"cannot be s": func(d *Data) { d.Keys[0].Description = "a\x00b" },
	} {
		d := sevenColumns()
		spoil(d)
		if err := Write(context.Background(), path, d); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Error(left)
	}
}

func TestPythonFloat(t *testing.T) {
	for v, want := range map[float64]string{1: "1.0", 10: "10.0", 2.5: "2.5", -3: "-3.0", 0: "0.0", 1518878.005958: "1518878.005958", 1e20: "1e+20", 1e-5: "1e-05"} {
		if got := pythonFloat(v); got != want {
			t.Errorf("%g: %s, Python has %s", v, got, want)
		}
	}
}
