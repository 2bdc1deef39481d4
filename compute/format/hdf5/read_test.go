package hdf5

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"reverie/compute/format/guard"
)

func TestMain(m *testing.M) {
	guard.Main()
	os.Exit(m.Run())
}

// each runs a test on kinds.h5 (made by h5py: testdata/make.py), open in this process and in a child.
func each(t *testing.T, test func(t *testing.T, f *File)) {
	for name, open := range map[string]func(string) (*File, error){
		"here":    Open,
		"guarded": func(p string) (*File, error) { return OpenGuarded(t.Context(), p) },
	} {
		t.Run(name, func(t *testing.T) {
			f, err := open("testdata/kinds.h5")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.Close() })
			test(t, f)
		})
	}
}

func TestReadNumbers(t *testing.T) { each(t, testReadNumbers) }

func testReadNumbers(t *testing.T, f *File) {
	want := make([]float64, 12)
	for i := range want {
		want[i] = float64(i) / 4
	}
	for _, name := range []string{"f64", "/f64", "f32be"} {
		if got, err := Read[float64](f, name); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	if got, err := Read[float32](f, "f64"); err != nil || got[11] != 2.75 {
		t.Errorf("f64 as float32: %v %v", got, err)
	}
	if got, err := Read[int64](f, "i16"); err != nil || !reflect.DeepEqual(got, []int64{-3, -2, -1, 0, 1, 2}) {
		t.Errorf("i16: %v %v", got, err)
	}
	if got, err := Read[float64](f, "scalar"); err != nil || !reflect.DeepEqual(got, []float64{2.5}) {
		t.Errorf("scalar: %v %v", got, err)
	}
	for _, name := range []string{"empty", "null"} {
		if got, err := Read[float64](f, name); err != nil || len(got) != 0 {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	if got, err := ReadRows[float64](f, "f64", 1, 3); err != nil || !reflect.DeepEqual(got, want[3:9]) {
		t.Errorf("rows: %v %v", got, err)
	}
}

func TestReadColumns(t *testing.T) { each(t, testReadColumns) }

func testReadColumns(t *testing.T, f *File) {
	many := []Span{}
	for c := 39; c >= 0; c -= 2 { // descending and above the gather limit with the contiguous one
		many = append(many, Span{c, c + 1})
	}
	for _, runs := range [][]Span{{{0, 40}}, {{3, 5}}, {{30, 33}, {0, 2}, {11, 12}}, many} {
		got, err := ReadColumns[float64](f, "packed", runs)
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for r := range 50 {
			for _, s := range runs {
				for c := s.From; c < s.To; c++ {
					if want := float64((r*40 + c) % 97); got[at] != want {
						t.Fatalf("runs %v row %d column %d: %g, want %g", runs, r, c, got[at], want)
					}
					at++
				}
			}
		}
		if at != len(got) {
			t.Fatalf("%d values, want %d", len(got), at)
		}
	}
	got, err := ReadColumns[float32](f, "f64", []Span{{2, 3}, {0, 1}})
	if err != nil || !reflect.DeepEqual(got, []float32{.5, 0, 1.25, .75, 2, 1.5, 2.75, 2.25}) {
		t.Error(got, err)
	}
}

func TestStringsReferencesAttributes(t *testing.T) { each(t, testStringsReferencesAttributes) }

func testStringsReferencesAttributes(t *testing.T, f *File) {
	for name, want := range map[string][]string{
		"strings/vlen": {"V1", "café", ""}, "strings/scalar": {"one"}, "strings/nullpad": {"ab", "c", "abc"},
		"strings/nullterm": {"ab", "cd"}, "strings/spacepad": {"ab", "c d"}, "strings/latin": {"caf\uFFFD"},
	} {
		if got, err := f.Strings(name); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	refs, err := f.Refs("cells")
	if err != nil || len(refs) != 3 || refs[2] != "" {
		t.Fatal(refs, err)
	}
	if got, err := Read[float64](f, refs[0]); err != nil || len(got) != 12 {
		t.Error(got, err)
	}
	if got, err := f.Strings(refs[1]); err != nil || got[0] != "one" {
		t.Error(got, err)
	}
	if _, err := f.Strings(refs[0]); err == nil || !strings.Contains(err.Error(), "referred to") {
		t.Error(err)
	}
	for name, want := range map[string]any{
		"text": "double", "bytes": "cell", "int": int64(2), "float": 1.5, "ints": []int64{1, 2, 3},
		"texts": []string{"a", "b"}, "missing": nil,
	} {
		if got, err := f.Attr("f64", name); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("attribute %s: %v %v", name, got, err)
		}
	}
	if got, err := f.Attr("f64", "bool"); err != nil || got != true {
		t.Error(got, err)
	}
	if got, _ := f.Attrs("f64"); len(got) != 7 {
		t.Error(got)
	}
}

func TestList(t *testing.T) { each(t, testList) }

func testList(t *testing.T, f *File) {
	all, err := f.List("/")
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]Info{}
	for _, i := range all {
		by[i.Name] = i
	}
	got := by["packed"]
	want := Info{Name: "packed", Kind: Dataset, Links: 1, Shape: []int{50, 40}, Class: Float, Bytes: 8, IEEE: true, Chunk: []int{7, 9}}
	want.Address, want.Stored, want.Filters = got.Address, got.Stored, got.Filters
	if !reflect.DeepEqual(got, want) || got.Stored < 1000 || len(got.Filters) != 3 || by["strings"].Kind != Group || by["gone"].Kind != Other ||
		by["cells"].Class != Reference || by["bool"].Class != Bool || by["u64"].Class != Integer {
		t.Errorf("%+v", by)
	}
	if got, err := f.Stat("strings/nullpad"); err != nil || got.Name != "nullpad" || got.Bytes != 3 {
		t.Error(got, err)
	}
	if !f.Has("strings/vlen") || f.Has("gone") || f.Has("no/where") || f.Has("") {
		t.Error("Has")
	}
}

// Whatever is asked of whatever object, the answer is a value or an error that names the file and the object.
func TestRefusals(t *testing.T) { each(t, testRefusals) }

func testRefusals(t *testing.T, f *File) {
	all, _ := f.List("/")
	for _, i := range all {
		for what, read := range map[string]func(string) error{
			"numbers":  func(n string) error { _, err := Read[float64](f, n); return err },
			"integers": func(n string) error { _, err := Read[int64](f, n); return err },
			"rows":     func(n string) error { _, err := ReadRows[float64](f, n, 0, 1<<40); return err },
			"columns":  func(n string) error { _, err := ReadColumns[float64](f, n, []Span{{0, 1 << 40}}); return err },
			"strings":  func(n string) error { _, err := f.Strings(n); return err },
			"refs":     func(n string) error { _, err := f.Refs(n); return err },
			"list":     func(n string) error { _, err := f.List(n); return err },
		} {
			err := read(i.Name)
			if err != nil && (!strings.Contains(err.Error(), i.Name) || !strings.Contains(err.Error(), "kinds.h5")) {
				t.Errorf("%s as %s: %v", i.Name, what, err)
			}
		}
	}
	if _, err := Read[float64](f, "absurd"); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
	if _, err := Read[int64](f, "f64"); err == nil {
		t.Error("fractions were read as integers")
	}
	if _, err := Read[float64](f, "strings/none/deep"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	f.Close()
	if _, err := Read[float64](f, "f64"); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Error(err)
	}
}

func TestOpenDamaged(t *testing.T) {
	dir := t.TempDir()
	whole, err := os.ReadFile("testdata/kinds.h5")
	if err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(dir, "text.h5")
	os.WriteFile(text, []byte(strings.Repeat("subject,run\n", 200)), 0o600)
	if _, err := Open(text); !errors.Is(err, ErrNotHDF5) || !strings.Contains(err.Error(), text) {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(dir, "none.h5")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("a folder was opened")
	}
	for _, n := range []int{0, 100, 600, len(whole) / 2, len(whole) - 1} {
		p := filepath.Join(dir, "cut.h5")
		os.WriteFile(p, whole[:n], 0o600)
		if _, err := Open(p); err == nil || !strings.Contains(err.Error(), p) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
}

func TestConcurrent(t *testing.T) { each(t, testConcurrent) }

func testConcurrent(t *testing.T, f *File) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 50 {
				if v, err := Read[float64](f, "packed"); err != nil || v[96] != 96 {
					t.Error(err)
				}
				f.Strings("strings/vlen")
			}
		}()
	}
	wg.Wait()
}
