package hdf5

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// A reader's child goes from file to file, not after an error, and not to two files at once.
func TestReader(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := NewReader(ctx)
	files := []string{"../../../testdata/hdf5/features.h5", "../../../testdata/hdf5/latest.h5"}
	want := map[string][]Info{}
	for _, p := range files {
		f, err := Open(p)
		if err != nil {
			t.Fatal(err)
		}
		if want[p], err = f.List("/"); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	look := func(p string) *worker {
		t.Helper()
		f, err := r.Open(p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.List("/")
		if err != nil || len(got) != len(want[p]) {
			t.Error(len(got), err)
		}
		for i := range got {
			if got[i].Name != want[p][i].Name {
				t.Errorf("%s: %s, want %s", p, got[i].Name, want[p][i].Name)
			}
		}
		w := f.src.(*remote).worker
		f.Close()
		f.Close()
		if _, err := f.List("/"); err == nil {
			t.Error("a closed file is read")
		}
		return w
	}
	first := look(files[0])
	for i := range 10 {
		if look(files[i%2]) != first {
			t.Fatal("another child")
		}
	}
	f, err := r.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.List("/no such group"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	f.Close()
	if look(files[0]) == first {
		t.Error("a child was used after an error")
	}
	cut := filepath.Join(t.TempDir(), "cut.h5")
	if err := os.WriteFile(cut, []byte("\x89HDF\r\n\x1a\n and nothing more"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(cut); err == nil {
		t.Error("a damaged file is open")
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 4 {
				look(files[i%2])
			}
		})
	}
	wg.Wait()
	if len(r.idle) > idleMost {
		t.Error(len(r.idle), "children wait")
	}
	cancel()
	if _, err := r.Open(files[0]); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
