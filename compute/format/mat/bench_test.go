package mat

import (
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkRead reads conv1_1 features of four images, 51 MB of single, as the field stores them: the file
// as bytes, the array, in row-major order, and compressed.
func BenchmarkRead(b *testing.B) {
	dims := []int{4, 64, 224, 224}
	n, _ := product(dims)
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i * 2654435761 % 1000)
	}
	a, err := Numeric(dims, v)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	for _, name := range []string{"plain", "packed"} {
		path := filepath.Join(dir, name)
		if err := Write(path, name == "packed", Variable{"feat", a}); err != nil {
			b.Fatal(err)
		}
		b.Run(name+" file", func(b *testing.B) {
			b.SetBytes(int64(4 * n))
			for b.Loop() {
				if _, err := os.ReadFile(path); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(4 * n))
			for b.Loop() {
				f, err := Open(path)
				if err != nil {
					b.Fatal(err)
				}
				x, err := f.Read("feat")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := x.Float32(); err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
	}
	b.Run("row-major", func(b *testing.B) {
		b.SetBytes(int64(4 * n))
		for b.Loop() {
			RowMajor(dims, v)
		}
	})
}
