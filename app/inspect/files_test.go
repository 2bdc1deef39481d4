package inspect

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"reverie/compute/format/caffe"
)

func decode(t *testing.T, path string, to any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testdata, path))
	if err == nil {
		err = json.Unmarshal(b, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestSmall holds small files against the libraries that wrote them.
func TestSmall(t *testing.T) {
	var all map[string]map[string]expected
	decode(t, "inspect/small.json", &all)
	for file, want := range all {
		d := open(t, filepath.Join(testdata, "inspect", file))
		for name, x := range want {
			check(t, d, name, x)
		}
	}
}

// digest is the checksum of all values of a node as float32.
func digest(t *testing.T, n *Node) string {
	t.Helper()
	v, err := n.Values(context.Background(), max(n.Len(), 1))
	if err != nil {
		t.Error(err)
	}
	h := sha256.New()
	for _, s := range v {
		if s == "true" || s == "false" {
			s = map[bool]string{true: "1", false: "0"}[s == "true"]
		}
		x, err := strconv.ParseFloat(s, 32)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(x))))
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// TestTorch reads all tensors of files of both containers, value by value as printed.
func TestTorch(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testdata, "torchfiles/*.pt.json"))
	if err != nil || len(files) < 30 {
		t.Fatal(len(files), err)
	}
	compared := 0
	for _, name := range files {
		var want struct {
			Tensors []struct {
				Name, DType, SHA256 string
				Shape               []int
			}
			Skip []string
		}
		decode(t, "torchfiles/"+filepath.Base(name), &want)
		d := open(t, strings.TrimSuffix(name, ".json"))
		if d.Kind != "PyTorch file" || len(d.Roots) < len(want.Tensors) {
			t.Errorf("%s: %s of %d tensors", d.Path, d.Kind, len(d.Roots))
		}
		for _, w := range want.Tensors {
			i := slices.IndexFunc(d.Roots, func(n *Node) bool { return n.Name == w.Name })
			if i < 0 {
				t.Errorf("%s has no %s", d.Path, w.Name)
				continue
			}
			n := d.Roots[i]
			if n.Type != w.DType || !slices.Equal(n.Shape, w.Shape) {
				t.Errorf("%s: %s is %s %v, want %s %v", d.Path, w.Name, n.Type, n.Shape, w.DType, w.Shape)
			}
			if w.DType != "float64" { // printed with eight digits
				compared++
				if digest(t, n) != w.SHA256 {
					t.Errorf("%s: %s has other values than torch's", d.Path, w.Name)
				}
			}
		}
	}
	t.Logf("%d tensors of %d files", compared, len(files))
}

// TestCaffe reads all blobs of models of both generations in all forms.
func TestCaffe(t *testing.T) {
	var all map[string]struct {
		Name   string
		Layers []struct {
			Name, Type string
			Blobs      []struct {
				Shape  []int
				SHA256 string
			}
		}
	}
	decode(t, "caffe/expect.json", &all)
	files := 0
	for name, want := range all {
		if filepath.Ext(name) != ".caffemodel" {
			continue
		}
		files++
		d := open(t, filepath.Join(testdata, "caffe", name))
		f, err := caffe.Open(d.Path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if d.Kind != "Caffe model" || len(d.Roots) != len(want.Layers) || fact(d, "network") != want.Name {
			t.Errorf("%s: %s of %d layers", name, d.Kind, len(d.Roots))
			continue
		}
		for i, l := range want.Layers {
			n := d.Roots[i]
			blobs, err := n.Children(context.Background())
			if err != nil || n.Name != l.Name || n.Type != l.Type || len(blobs) != len(l.Blobs) {
				t.Errorf("%s: layer %s %s of %d blobs (%v), want %+v", name, n.Name, n.Type, len(blobs), err, l)
				continue
			}
			for j, b := range l.Blobs {
				if !slices.Equal(blobs[j].Shape, b.Shape) {
					t.Errorf("%s: %s, blob %d: %v", name, n.Name, j, blobs[j].Shape)
				}
				if blobs[j].Type == "float32 LE" {
					if digest(t, blobs[j]) != b.SHA256 {
						t.Errorf("%s: %s, blob %d: other values", name, n.Name, j)
					}
					continue
				}
				got, err := blobs[j].Values(context.Background(), 1000) // printed with eight digits
				v, err2 := f.Layers[i].Blobs[j].Float32()
				if err != nil || err2 != nil || len(got) != len(v) {
					t.Errorf("%s: %s, blob %d: %d values (%v, %v), want %d", name, n.Name, j, len(got), err, err2, len(v))
				}
				for k := range got {
					if x, err := strconv.ParseFloat(got[k], 64); err != nil || math.Abs(x-float64(v[k])) > 1.2e-7*math.Abs(x) {
						t.Fatalf("%s: %s, blob %d[%d]: %s, want %g", name, n.Name, j, k, got[k], v[k])
					}
				}
			}
		}
	}
	if files < 5 {
		t.Errorf("%d models", files)
	}
	d := open(t, filepath.Join(testdata, "caffe/mean.binaryproto"))
	if d.Kind != "Caffe mean image" {
		t.Error(d.Kind)
	}
}

// TestFeatures opens the trees of every layout and reads samples as bdpy does.
func TestFeatures(t *testing.T) {
	var all map[string]struct {
		Layers  []string
		Labels  []string
		Samples []struct {
			Key    [5]string
			Shape  []int
			Values []float64
		}
	}
	decode(t, "features/trees.json", &all)
	stores := 0
	for tree, want := range all {
		path := filepath.Join(testdata, "features/trees", tree)
		if st, err := os.Stat(path); err != nil || !st.IsDir() || len(want.Samples) == 0 {
			continue
		}
		d := open(t, path)
		stores++
		if !strings.Contains(d.Kind, "features") || fact(d, "labels") != Count(len(want.Labels)) {
			t.Errorf("%s: %s, labels %q, want %d", tree, d.Kind, fact(d, "labels"), len(want.Labels))
		}
		for _, s := range want.Samples[:min(6, len(want.Samples))] {
			var sets []string // subject, ROI and fold, where there are several
			for _, p := range s.Key[2:] {
				if p != "" {
					sets = append(sets, p)
				}
			}
			n, err := d.Find(context.Background(), s.Key[0]+"/"+s.Key[1])
			if err != nil {
				n, err = d.Find(context.Background(), s.Key[0]+"/"+strings.Join(sets, "/")+"/"+s.Key[1])
			}
			if err != nil {
				n, err = d.Find(context.Background(), s.Key[0]+"/natural/VGG19/"+strings.Join(sets, "/")+"/"+s.Key[1])
			}
			if err != nil {
				t.Errorf("%s %v: %v", tree, s.Key, err)
				continue
			}
			x := expected{Shape: n.Shape}
			for _, v := range s.Values[:min(5, len(s.Values))] {
				x.First = append(x.First, strconv.FormatFloat(v, 'g', -1, 64))
			}
			v, err := n.Values(context.Background(), 5)
			if err != nil || !slices.Equal(v, x.First) {
				t.Errorf("%s %v: %q (%v), want %q", tree, s.Key, v, err, x.First)
			}
		}
	}
	if stores < 8 {
		t.Errorf("%d stores", stores)
	}
}

func TestSubjects(t *testing.T) {
	d := open(t, filepath.Join(testdata, "bdata/sample.h5"))
	for name, want := range map[string]string{"samples": "24", "columns": "34", "voxels": "30", "ROI_V1": "8 voxels", "ROI_café": "1 voxel",
		"sessions": "2", "runs": "4", "container": "HDF5 file"} {
		if fact(d, name) != want {
			t.Errorf("%s: %q, want %q", name, fact(d, name), want)
		}
	}
	d = open(t, filepath.Join(testdata, "bdtb/twin.mat"))
	if !strings.HasPrefix(d.Kind, "BDTB-1.0 subject") {
		t.Error(d.Kind, d.Facts)
	}
	if _, err := os.Stat(specimens); err != nil {
		t.Skip("shared/data is absent: ", err)
	}
	d = open(t, filepath.Join(specimens, "NeuralCodeConverter/S2_figureImage.mat"))
	for name, want := range map[string]string{"subject": "MF100609", "volumes": "520, one every 2 s", "voxels": "910", "runs": "4",
		"condition 2001": "square8x8, 48 volumes"} {
		if fact(d, name) != want {
			t.Errorf("%s: %q, want %q", name, fact(d, name), want)
		}
	}
}
