package bdata

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// FuzzSelect: any selection is read or refused, and bdpy's reading of it is simulated or refused.
func FuzzSelect(f *testing.F) {
	for _, s := range []string{"ROI_V1", "ROI_V1 + ROI_V2", "(ROI_V1 = 1) | (ROI_V2 = 1)", "ROI_* - (ROI_V1 | ROI_V2)", `'ROI_L-V1' & "Run"`, "((", "= 1", "ROI_V1 = 01"} {
		f.Add(s)
	}
	file, err := Open(fixture + "sample.h5")
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	f.Fuzz(func(t *testing.T, expr string) {
		at, _, err := file.ColumnsNoted(expr)
		if err != nil {
			return
		}
		for i, j := range at {
			if j < 0 || j >= file.Cols() || i > 0 && at[i-1] >= j {
				t.Fatal(at)
			}
		}
	})
}

// FuzzTable: any text is a table whose stimuli can be found again, or refused.
func FuzzTable(f *testing.F) {
	for _, s := range []string{"n01518878_5958.JPEG\t1\n", "name,id\ncat,1518878.005958\n", "a;1;2\nb;1;3\n", "\ufeff1\n2\n", "n/a,1\n", `"a""b",1`} {
		f.Add([]byte(s))
	}
	path := filepath.Join(f.TempDir(), "table.csv")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		table, err := ReadTable(path)
		if err != nil {
			return
		}
		for _, s := range table.Stimuli {
			if got, ok := table.ByName(s.Name); s.Name != "" && (!ok || got.Name != s.Name) {
				t.Fatalf("%q is not found: %v", s.Name, got)
			}
		}
	})
}

// readAll reads all that a subject file says.
func readAll(f *File) {
	for _, k := range f.Keys() {
		f.Metadata(k)
		f.Labels(k)
		f.Description(k)
	}
	f.Samples("*", "Label")
}

// FuzzMAT opens subject files of MAT level 5. HDF5 is for TestMutated: libhdf5 may crash, which needs the guard.
func FuzzMAT(f *testing.F) {
	for _, name := range []string{"legacy.mat", "packed.mat"} {
		raw, err := os.ReadFile(fixture + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	path := filepath.Join(f.TempDir(), "s.mat")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if bytes.Contains(raw, []byte("\x89HDF")) {
			t.Skip()
		}
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if file, err := Open(path); err == nil {
			readAll(file)
			file.Close()
		}
	})
}

// TestMutated opens damaged HDF5 files through the guard: an error or data, and this process lives.
func TestMutated(t *testing.T) {
	rounds := 20
	if os.Getenv("REVERIE_MUTATE") != "" {
		rounds = 400
	}
	path := filepath.Join(t.TempDir(), "s.h5")
	r := rand.New(rand.NewPCG(20171, 4))
	for _, name := range []string{"sample.h5", "bdtb2.h5", "v73.mat", "v73c.mat"} {
		whole, err := os.ReadFile(fixture + name)
		if err != nil {
			t.Fatal(err)
		}
		opened, refused := 0, 0
		for range rounds {
			raw := bytes.Clone(whole)
			for range 1 + r.IntN(8) {
				raw[r.IntN(len(raw))] = byte(r.UintN(256))
			}
			if r.IntN(8) == 0 {
				raw = raw[:r.IntN(len(raw))]
			}
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := OpenGuarded(context.Background(), path)
			if err != nil {
				refused++
				continue
			}
			opened++
			readAll(f)
			f.Close()
		}
		t.Logf("%s: %d damaged files opened, %d refused", name, opened, refused)
	}
}
