package npy

import (
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkRead reads 100 MB of float32: the file as bytes, the array as it is, converted, and its last rows.
func BenchmarkRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "x.npy")
	const rows, width = 25, 1 << 20
	if err := Write(path, []int{rows, width}, make([]float32, rows*width)); err != nil {
		b.Fatal(err)
	}
	a, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	b.Run("file", func(b *testing.B) {
		b.SetBytes(rows * width * 4)
		for b.Loop() {
			if _, err := os.ReadFile(path); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("float32", func(b *testing.B) {
		b.SetBytes(rows * width * 4)
		for b.Loop() {
			if _, err := ReadAll[float32](a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("float64", func(b *testing.B) {
		b.SetBytes(rows * width * 4)
		for b.Loop() {
			if _, err := ReadAll[float64](a); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("row", func(b *testing.B) {
		b.SetBytes(width * 4)
		for b.Loop() {
			if _, err := Read[float32](a, (rows-1)*width, width); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("fortran", func(b *testing.B) {
		f := *a
		f.Fortran = true
		b.SetBytes(rows * width * 4)
		for b.Loop() {
			if _, err := ReadAll[float32](&f); err != nil {
				b.Fatal(err)
			}
		}
	})
}
