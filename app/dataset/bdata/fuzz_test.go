package bdata

import (
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
