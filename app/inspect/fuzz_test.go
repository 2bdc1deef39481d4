package inspect

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// FuzzOpen opens any bytes under any name and reads all nodes: an error or a tree,
// no panic, no endless walk. HDF5 is left out: it goes to a child process and has
// tests of its own in package hdf5.
func FuzzOpen(f *testing.F) {
	names := []string{"x.npy", "x.npz", "x.mat", "x.pt", "x.pkl", "x.gz", "x.safetensors", "x.caffemodel", "x.binaryproto", "x.prototxt",
		"x.csv", "x.tsv", "x.json", "x.yaml", "x.txt", "x.bin", "x.png", "x.jpg"}
	for i, path := range []string{"formats/arrays/version1.npy", "inspect/arrays4.pkl", "inspect/arrays0.pkl", "inspect/arrays5.pkl.gz",
		"inspect/small.safetensors", "torchfiles/t1_legacy_list.pt", "torchfiles/t2_names.pt", "caffe/v1_packed_float.caffemodel",
		"caffe/new_loose_double.caffemodel", "caffe/mean.binaryproto", "prototxt/v1.prototxt", "formats/arrays/level4.mat", "formats/arrays/written.mat"} {
		b, err := os.ReadFile(filepath.Join(testdata, path))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), b)
	}
	f.Add(uint8(10), []byte("name,id\nn01443537_22563,1443537.022563\n"))
	f.Add(uint8(12), []byte(`{"a": [1, 2, {"b": null}], "c": "text"}`))
	f.Add(uint8(13), []byte("a: 1\nb:\n  c: 2\n  - d\n"))
	f.Add(uint8(14), []byte("1 2 3.5\n-4e5 nan\n"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, name uint8, content []byte) {
		path := filepath.Join(dir, names[int(name)%len(names)])
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, isHDF5, _ := beginning(path); isHDF5 {
			t.Skip()
		}
		d, err := Open(context.Background(), path)
		if err != nil {
			return
		}
		defer d.Close()
		left := 2000
		walk(d.Roots, &left)
	})
}

// walk reads at most left nodes.
func walk(list []*Node, left *int) {
	for _, n := range list {
		if *left--; *left < 0 {
			return
		}
		n.Preview(context.Background(), 5)
		children, _ := n.Children(context.Background())
		walk(children, left)
	}
}
