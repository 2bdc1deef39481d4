package bdata

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reverie/compute/format/hdf5"
)

// The file and the expectations are bdpy's own: testdata/bdata/make.py.
const fixture = "../../../testdata/bdata/"

type expectation struct {
	Select, Differ map[string][]int
	Labels, Keys   []string
	V1V2, Session  []float64
}

func sample(t *testing.T) (*File, expectation) {
	t.Helper()
	var e expectation
	raw, err := os.ReadFile(fixture + "expect.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return opened(t, fixture+"sample.h5"), e
}

func opened(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestSelectAsBdpy(t *testing.T) {
	f, e := sample(t)
	if len(e.Select) < 25 {
		t.Fatal("too few expectations")
	}
	for expr, want := range e.Select {
		if got, err := f.Columns(expr); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v %v, bdpy has %v", expr, got, err, want)
		}
	}
	// Where we follow algebra and bdpy does not.
	algebra := map[string]string{
		"ROI_V3 | ((ROI_V1 | ROI_V2) & ROI_V1)": "ROI_V3 + ROI_V1",
		"ROI_V1 - (ROI_V2) = 0":                 "ROI_V1 & ROI_V2",
	}
	for expr, theirs := range e.Differ {
		want, err := f.Columns(algebra[expr])
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Columns(expr); err != nil || !slices.Equal(got, want) || slices.Equal(got, theirs) {
			t.Errorf("%s: %v %v, algebra says %v, bdpy %v", expr, got, err, want, theirs)
		}
	}
}

func TestSelectRefusals(t *testing.T) {
	f, _ := sample(t)
	for _, expr := range []string{"", "  ", "ROI_XX", "ROI_V1 +", "+ ROI_V1", "(ROI_V1", "ROI_V1)", "ROI_V1 ROI_V2", "ROI_V1 (ROI_V2)",
		"ROI_V1 = ROI_V2", "1", "'ROI_V1", "ROI_V1 @ ROI_V2", "()", "ROI_L-V1", "ROI_V1 = "} {
		if got, err := f.Columns(expr); err == nil || !strings.Contains(err.Error(), "sample.h5") {
			t.Errorf("%q: %v %v", expr, got, err)
		}
	}
	if _, err := f.Columns("ROI_XX"); err == nil || !strings.Contains(err.Error(), "ROI_hV4") {
		t.Error("does not list what there is:", err)
	}
	if _, _, _, err := f.Select("ROI_none"); err == nil || !strings.Contains(err.Error(), "ROI_V1 (8)") {
		t.Error(err)
	}
}

func TestContents(t *testing.T) {
	f, e := sample(t)
	if !reflect.DeepEqual(f.Keys(), e.Keys) {
		t.Error(f.Keys())
	}
	x, rows, cols, err := f.Select("ROI_V1 - ROI_V2")
	if err != nil || rows != 24 || cols != 6 || !slices.Equal(x, e.V1V2) {
		t.Error(rows, cols, err)
	}
	if got, err := f.Labels("stimulus_name"); err != nil || !slices.Equal(got, e.Labels) {
		t.Error(got, err)
	}
	if got, err := f.Labels("stimulus_id"); err != nil || got[0] != "7" || got[3] != "1518878.005958" || got[5] != NotAvailable {
		t.Error(got, err)
	}
	if got, err := f.Column("Session"); err != nil || !slices.Equal(got, e.Session) {
		t.Error(got, err)
	}
	rois := f.ROIs()
	if len(rois) != 8 || rois[0] != (ROI{"V1", 8}) || rois[6] != (ROI{"none", 0}) || rois[7].Key() != "ROI_café" {
		t.Error(rois)
	}
	for _, key := range []string{"nothing", "VoxelData"} {
		if _, err := f.Labels(key); err == nil || !strings.Contains(err.Error(), key) {
			t.Error(err)
		}
	}
}

func TestSamples(t *testing.T) {
	f, e := sample(t)
	s, err := f.Samples("ROI_V1 - ROI_V2", "stimulus_name")
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 20 || s.Voxels != 6 || len(s.X) != 120 || slices.Contains(s.Labels, NotAvailable) {
		t.Fatal(s.Len(), s.Voxels, s.Labels)
	}
	if !slices.Equal(s.Row(5), e.V1V2[6*6:7*6]) { // row 5 of the file has no label
		t.Error("rows and labels moved apart")
	}
	// Both sessions number their runs 1 and 2.
	want := []int{1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4}
	if !slices.Equal(s.Runs, want) {
		t.Error(s.Runs)
	}
}

// A file of the lab, not made by us.
func TestLabFile(t *testing.T) {
	path := "../../../../shared/data/bdpy/examples/data/sample_vmap.h5"
	if _, err := os.Stat(path); err != nil {
		t.Skip("the lab's sample file is not here: ", err)
	}
	f := opened(t, path)
	if f.Rows() != 8 || f.Cols() != 11 {
		t.Error(f.Rows(), f.Cols())
	}
	labels, err := f.Labels("Label")
	if err != nil || len(labels) != 8 {
		t.Fatal(labels, err)
	}
	v, err := f.Column("Label")
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range labels {
		text, err := f.src.(plainHDF5).h.Strings(fmt.Sprintf("vmap/Label/%.1f", v[i]))
		if err != nil || text[0] != l {
			t.Error(i, l, text, err)
		}
	}
	x, rows, cols, err := f.Select(f.Keys()[0])
	if err != nil || rows*cols != len(x) || cols != 10 {
		t.Error(rows, cols, err)
	}
}

func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	whole, err := os.ReadFile(fixture + "sample.h5")
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, p := range []string{write("cut.h5", whole[:len(whole)/2]), write("text.h5", []byte("a,b\n1,2\n")), dir + "/none.h5"} {
		if _, err := Open(p); err == nil || !strings.Contains(err.Error(), p) {
			t.Error(err)
		}
	}
	make := func(name string, fill func(*hdf5.Writer)) string {
		p := filepath.Join(dir, name)
		w, err := hdf5.Create(p)
		if err != nil {
			t.Fatal(err)
		}
		fill(w)
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	bare := make("bare.h5", func(w *hdf5.Writer) { hdf5.Write(w, "dataset", []int{1, 2}, []float64{1, 2}) })
	if _, err := Open(bare); !errors.Is(err, ErrNotBData) || !strings.Contains(err.Error(), "metadata/key") {
		t.Error(err)
	}
	short := make("short.h5", func(w *hdf5.Writer) {
		hdf5.Write(w, "dataset", []int{1, 2}, []float64{1, 2})
		w.WriteFixed("metadata/key", []string{"A"})
		hdf5.Write(w, "metadata/value", []int{1, 3}, []float64{1, 2, 3})
	})
	if _, err := Open(short); !errors.Is(err, ErrNotBData) {
		t.Error(err)
	}
	// The old spelling, numbers of another type, no descriptions, a label without a name, voxels that are not finite.
	old := make("old.h5", func(w *hdf5.Writer) {
		hdf5.Write(w, "dataSet", []int{2, 3}, []float32{1, float32(math.NaN()), 5, float32(math.Inf(1)), 2, 6})
		w.WriteStrings("metaData/key", []string{"ROI_V1", "Label"})
		hdf5.Write(w, "metaData/value", []int{2, 3}, []float32{1, 1, 0, 0, 0, 1})
		w.WriteString("vmap/Label/5.0", "five")
	})
	f := opened(t, old)
	if _, err := f.Labels("Label"); err == nil || !strings.Contains(err.Error(), "Label = 6") {
		t.Error(err)
	}
	delete(f.vmap, "Label")
	_, err = f.Samples("ROI_V1", "Label")
	if err == nil || !strings.Contains(err.Error(), "2 values") || !strings.Contains(err.Error(), "sample 0, column 1") {
		t.Error(err)
	}
}
