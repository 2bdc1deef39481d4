package npy

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// spend fails when f takes more memory than a bound set by the size of the input: DEFLATE makes at most 1032
// bytes of one, and a value at most 16 of one. Readers have buffers of their own.
func spend(t *testing.T, input int, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20+uint64(input)*1032*64 {
		t.Errorf("%d bytes of input took %d bytes of memory", input, used)
	}
}

// readAll reads an array in every way.
func readAll(t *testing.T, a *Array) {
	whole, err := ReadAll[float64](a)
	if rows, width := a.Rows(); err == nil && rows > 1 && a.Len > 0 {
		last, err := Read[float64](a, a.Len-width, width)
		if err != nil {
			t.Fatalf("the last row of what is read whole: %v", err)
		}
		for i, x := range last {
			if y := whole[a.Len-width+i]; x != y && x == x {
				t.Fatalf("element %d of the last row is %v, of the whole %v", i, x, y)
			}
		}
		if one, err := Read[float64](a, a.Len/2, 1); err != nil || one[0] != whole[a.Len/2] && one[0] == one[0] {
			t.Fatalf("the middle element is %v, %v, of the whole %v", one, err, whole[a.Len/2])
		}
	}
	Read[float32](a, a.Len/2, a.Len-a.Len/2)
	ReadAll[int64](a)
	ReadComplex(a, 0, a.Len)
	ReadStrings(a, 0, a.Len)
}

func FuzzArray(f *testing.F) {
	names, _ := filepath.Glob(fixtures + "*.npy")
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	z, err := zip.OpenReader(fixtures + "stored.npz")
	if err != nil {
		f.Fatal(err)
	}
	defer z.Close()
	for _, m := range z.File {
		r, err := m.Open()
		if err != nil {
			f.Fatal(err)
		}
		var b bytes.Buffer
		b.ReadFrom(r)
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		spend(t, len(b), func() {
			if a, err := New("fuzz", bytes.NewReader(b), int64(len(b))); err == nil {
				readAll(t, a)
			}
		})
	})
}

func FuzzArchive(f *testing.F) {
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, n := range []string{"version1.npy", "fortran_big.npy", "object.npy"} {
			data, err := os.ReadFile(fixtures + n)
			if err != nil {
				f.Fatal(err)
			}
			w, err := z.CreateHeader(&zip.FileHeader{Name: n, Method: method})
			if err != nil {
				f.Fatal(err)
			}
			w.Write(data)
		}
		z.Close()
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		z, err := NewArchive("fuzz", bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for _, n := range z.Names() {
			spend(t, len(b), func() {
				if a, err := z.Array(n); err == nil {
					readAll(t, a)
				}
			})
		}
	})
}
