package torch

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

type hostileFile struct{ Name, Hex, Want string }

func hostileFiles(t testing.TB) []hostileFile {
	b, err := os.ReadFile(made + "/hostile.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []hostileFile
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestHostile: every malicious or damaged file is a clear error, nothing runs, no memory beyond the
// file's size is taken and none takes long.
func TestHostile(t *testing.T) {
	files := hostileFiles(t)
	if len(files) < 90 {
		t.Fatalf("%d files", len(files))
	}
	folder := t.TempDir()
	t.Chdir(folder)
	for _, c := range files {
		b, err := hex.DecodeString(c.Hex)
		if err != nil {
			t.Fatal(err)
		}
		var m0, m1 runtime.MemStats
		runtime.ReadMemStats(&m0)
		began := time.Now()
		_, err = New(bytes.NewReader(b), int64(len(b)), "x.pt")
		runtime.ReadMemStats(&m1)
		ok := false
		for _, w := range strings.Split(c.Want, "|") {
			ok = ok || err != nil && strings.Contains(err.Error(), w)
		}
		if !ok {
			t.Errorf("%s: %v, want %q", c.Name, err, c.Want)
		}
		t.Logf("%-44s %v", c.Name, err)
		if grown := m1.TotalAlloc - m0.TotalAlloc; grown > uint64(len(b))*600+2<<20 {
			t.Errorf("%s: %d bytes allocated for %d", c.Name, grown, len(b))
		}
		if d := time.Since(began); d > 2*time.Second {
			t.Errorf("%s took %v", c.Name, d)
		}
	}
	if left, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(left) > 0 {
		t.Errorf("something ran: %v (%v)", left, err)
	}
}

func FuzzNew(f *testing.F) {
	for _, c := range hostileFiles(f) {
		if b, err := hex.DecodeString(c.Hex); err == nil && len(b) < 5000 {
			f.Add(b)
		}
	}
	names, err := filepath.Glob(made + "/*.pt")
	if err != nil {
		f.Fatal(err)
	}
	for _, n := range names {
		if b, err := os.ReadFile(n); err == nil && len(b) < 5000 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m0, m1 runtime.MemStats
		runtime.ReadMemStats(&m0)
		p, err := New(bytes.NewReader(b), int64(len(b)), "f")
		runtime.ReadMemStats(&m1)
		if grown := m1.TotalAlloc - m0.TotalAlloc; grown > uint64(len(b))*8000+2<<20 { // of which some 600 at a time: names of 1 KiB four times per byte
			t.Errorf("%d bytes allocated for %d", grown, len(b))
		}
		if err != nil {
			return
		}
		for _, x := range p.Tensors {
			if x.Len() > 1<<16 {
				continue // repeated by strides of 0, allowed up to 4 Mi elements: slow to fuzz
			}
			if v, err := x.Float32(); err == nil && len(v) != x.Len() {
				t.Errorf("%d elements of %d", len(v), x.Len())
			}
		}
	})
}
