package subject

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/app/dataset/bdata"
	"reverie/app/intake"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/format/guard"
)

func TestMain(m *testing.M) {
	guard.Main()
	os.Exit(m.Run())
}

const data = "../../testdata/"

func copyTo(t *testing.T, dir, name, from string) string {
	t.Helper()
	raw, err := os.ReadFile(data + from)
	if err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o700), os.WriteFile(p, raw, 0o600)); err != nil {
		t.Fatal(err)
	}
	return p
}

func opened(t *testing.T, paths ...string) *session.Subject {
	t.Helper()
	items, err := intake.Sort(t.Context(), paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), items, Options{Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func reported(s *session.Subject, level session.Level, words string) bool {
	return slices.ContainsFunc(s.Report, func(f session.Finding) bool {
		return f.Level == level && strings.Contains(f.About+": "+f.Text+" "+f.Do, words)
	})
}

// A person's folder: sessions by file name, two files of one session joined, pictures found, a stranger's file refused.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	copyTo(t, dir, "sub-01_ImageNetTraining.h5", "bdata/sample.h5")
	copyTo(t, dir, "sub-01_ImageNetTest_a.h5", "bdata/sample.h5")
	copyTo(t, dir, "sub-01_ImageNetTest_b.h5", "bdata/sample.h5")
	copyTo(t, dir, "sub-02_ImageNetTest.h5", "bdata/sample.h5")
	copyTo(t, dir, "sub-01_odd.h5", "bdata/sample.h5")
	if err := os.WriteFile(filepath.Join(dir, "sub-01_cut.h5"), []byte("\x89HDF\r\n\x1a\n and nothing more"), 0o600); err != nil {
		t.Fatal(err)
	}
	cat := copyTo(t, dir, "stimuli/cat.png", "stimuli/smooth.png")
	s := opened(t, dir)
	if s.Name != "sub-01" || s.Dir != dir || len(s.Datasets) != 3 {
		t.Fatalf("%s in %s has %d sessions", s.Name, s.Dir, len(s.Datasets))
	}
	train, test := s.Datasets[0], s.Datasets[1]
	if train.Session != brain.NaturalTraining || test.Session != brain.NaturalTest || s.Datasets[2].Session != "sub-01_odd" {
		t.Error(train.Session, test.Session, s.Datasets[2].Session)
	}
	if train.Samples != 24 || test.Samples != 48 || len(test.Files) != 2 || train.Runs != 2 || test.Runs != 4 {
		t.Errorf("%d and %d samples, %d and %d runs, files %v", train.Samples, test.Samples, train.Runs, test.Runs, test.Files)
	}
	if at := slices.IndexFunc(test.Stimuli, func(x session.Stimulus) bool { return x.Label == "cat" }); at < 0 || test.Stimuli[at].Image != cat || len(test.Stimuli) != 4 {
		t.Error(test.Stimuli)
	}
	for words, level := range map[string]session.Level{
		"sub-02": session.Wrong, "sub-01_cut.h5": session.Wrong, "tells no session type": session.Warning, "3 of 4 have no picture": session.Warning,
		"joined from 2 files": session.Fine, "V1 8, V2 8": session.Fine, "No voxels in none": session.Warning, "samples without a label": session.Fine,
	} {
		if !reported(s, level, words) {
			t.Errorf("level %d: nothing says %q: %+v", level, words, s.Report)
		}
	}
	dog := copyTo(t, t.TempDir(), "dog.png", "stimuli/smooth.png") // a picture named itself
	if more := opened(t, dir, dog); !slices.ContainsFunc(more.Datasets[1].Stimuli, func(x session.Stimulus) bool { return x.Label == "dog" && x.Image == dog }) {
		t.Error(more.Datasets[1].Stimuli)
	}
	x, _, err := Samples(t.Context(), s, test, "ROI_V1")
	if err != nil || x.Voxels != 8 || x.Len() != 40 { // 8 samples have no label
		t.Error(x.Voxels, x.Len(), err)
	}
	// Runs count on over the joined files.
	if runs := slices.Compact(slices.Sorted(slices.Values(x.Runs))); len(runs) != 8 {
		t.Errorf("runs %v", runs)
	}
	if _, _, err := Samples(t.Context(), s, session.Dataset{Session: Pictures}, "ROI_V1"); err == nil {
		t.Error("samples of a session without brain activity")
	}
}

// write makes a file in the way of Generic Object Decoding: training, test and imagery in one, numbers for names.
func write(t *testing.T, path string, keys []string, rows [][]float64) {
	t.Helper()
	cols := len(rows[0])
	d := &bdata.Data{Rows: len(rows), Cols: cols, Row: func(i int, dst []float64) error { copy(dst, rows[i]); return nil }}
	d.Keys = append(d.Keys, bdata.Key{Name: "ROI_V1", Value: bdata.Members(cols, 0, 2)})
	for j, k := range keys {
		d.Keys = append(d.Keys, bdata.Key{Name: k, Value: bdata.Members(cols, 2+j, 3+j)})
	}
	if err := bdata.Write(t.Context(), path, d); err != nil {
		t.Fatal(err)
	}
}

func TestGenericObjectDecoding(t *testing.T) {
	dir := t.TempDir()
	p := filepath.Join(dir, "Subject1.h5")
	id := 1518878.005958
	write(t, p, []string{"Run", "DataType", "stimulus_id"}, [][]float64{
		{1, 2, 1, 1, id}, {3, 4, 1, 1, id + 1}, {5, 6, 2, 1, id}, {1, 2, 3, 2, id}, {7, 8, 3, 2, id}, {9, 9, 4, 3, 1443537},
	})
	s := opened(t, p)
	var got []string
	for _, d := range s.Datasets {
		got = append(got, fmt.Sprintf("%s: %d samples, %d runs, %d stimuli, %d repeated", d.Session, d.Samples, d.Runs, len(d.Stimuli), d.Repeated))
	}
	if want := []string{
		"ImageNetTraining: 3 samples, 2 runs, 2 stimuli, 0 repeated", "ImageNetTest: 2 samples, 1 runs, 1 stimuli, 1 repeated", "Imagery: 1 samples, 1 runs, 1 stimuli, 0 repeated",
	}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	test := s.Datasets[1]
	if test.Stimuli[0].Label != "n01518878_5958" || !test.ByID {
		t.Error(test)
	}
	x, _, err := Samples(t.Context(), s, test, "ROI_V1")
	if err != nil || !slices.Equal(x.X, []float64{1, 2, 7, 8}) {
		t.Error(x, err)
	}
	s.DropRepetitions = true
	if x, _, err = Samples(t.Context(), s, test, "ROI_V1"); err != nil || !slices.Equal(x.X, []float64{1, 2}) {
		t.Error("without repetitions:", x, err)
	}
	if !reported(s, session.Fine, "stimulus_id") {
		t.Error(s.Report)
	}
}

// Numbers are named by a stimulus table opened with the file; without it a warning says so.
func TestTable(t *testing.T) {
	dir := t.TempDir()
	p := filepath.Join(dir, "sub-01_ImageNetTest.h5")
	write(t, p, []string{"image_index"}, [][]float64{{1, 2, 2}, {3, 4, 1}, {5, 6, 2}})
	if s := opened(t, p); !reported(s, session.Warning, "numbers (image_index)") || s.Datasets[0].Stimuli[0].Label != "1" {
		t.Error(s.Report)
	}
	table := filepath.Join(dir, "stimuli.tsv")
	if err := os.WriteFile(table, []byte("n01518878_5958.JPEG\t1\nn01443537_22563.JPEG\t2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := opened(t, table, p)
	if !reported(s, session.Fine, "named by image_index from stimuli.tsv") || len(s.Datasets[0].Stimuli) != 2 || s.Datasets[0].Stimuli[0].Label != "n01443537_22563" {
		t.Error(s.Report, s.Datasets[0].Stimuli)
	}
	x, _, err := Samples(t.Context(), s, s.Datasets[0], "ROI_V1")
	if err != nil || x.Labels[1] != "n01518878_5958" {
		t.Error(x.Labels, err)
	}
}

func TestStoredFeatures(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "decoded"), os.DirFS(data+"features/trees/decoded")); err != nil {
		t.Fatal(err)
	}
	copyTo(t, dir, "pictures/n01_9.png", "stimuli/smooth.png")
	s := opened(t, dir)
	if len(s.Stored) != 1 || len(s.Datasets) != 1 || s.Name != "sub-01" {
		t.Fatalf("%+v", s)
	}
	f, d := s.Stored[0], s.Datasets[0]
	if !slices.Equal(f.ROIs, []string{"HVC", "V1"}) || len(f.Layers) != 3 || len(f.Units) != 3 || d.Store != f.Path || len(d.Stimuli) != 2 || d.Samples != 0 {
		t.Errorf("%+v %+v", f, d)
	}
	write(t, filepath.Join(dir, "sub-01_ImageNetTest.h5"), []string{"image_index"}, [][]float64{{1, 2, 1}, {3, 4, 2}})
	if err := os.WriteFile(filepath.Join(dir, "names.csv"), []byte("n01_9,1\nn99_1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if both := opened(t, dir); !reported(both, session.Fine, "1 of 2 labels are stimuli of the open sessions") || len(both.Datasets) != 2 {
		t.Error(both.Report)
	}
	if err := os.WriteFile(filepath.Join(dir, "decoded", RecordFile), []byte(`{"simulated": true}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := opened(t, filepath.Join(dir, "decoded")); !again.Simulated || s.Simulated {
		t.Error("features of a simulated subject are not said to be so")
	}
	if !reported(s, session.Fine, "1 of 2 labels have their picture") || d.Stimuli[1].Image == "" {
		t.Error(s.Report)
	}
}

func TestNothing(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "cut.h5")
	if err := os.WriteFile(bad, []byte("\x89HDF\r\n\x1a\n and nothing more"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, paths := range [][]string{{bad}, {t.TempDir()}} {
		items, err := intake.Sort(t.Context(), paths, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), items, Options{}); err == nil || len(items) > 0 && !strings.Contains(err.Error(), "cut.h5") {
			t.Errorf("%v: %v", paths, err)
		}
	}
	s := opened(t, data+"stimuli/smooth.png")
	if s.Name != "Pictures" || len(s.Datasets[0].Stimuli) != 1 || s.Datasets[0].File != "" {
		t.Errorf("%+v", s)
	}
}
