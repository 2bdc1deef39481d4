package inspect

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestHDF5 reads every dataset whose numbers are committed.
func TestHDF5(t *testing.T) {
	var want struct {
		Files map[string]map[string]struct {
			Numbers []string
			Shape   []int
			Stored  int64
		}
	}
	decode(t, "hdf5/expect.json", &want)
	for _, file := range []string{"features.h5", "latest.h5"} {
		d := open(t, filepath.Join(testdata, "hdf5", file))
		for name, w := range want.Files[file] {
			n, err := d.Find(context.Background(), name)
			if err != nil {
				t.Error(err)
				continue
			}
			if name != "null" && (!slices.Equal(n.Shape, w.Shape) || n.Bytes != w.Stored) {
				t.Errorf("%s, %s: %v in %d bytes, want %v in %d", file, name, n.Shape, n.Bytes, w.Shape, w.Stored)
			}
			if w.Numbers == nil {
				continue
			}
			v, err := n.Values(context.Background(), 100)
			if err != nil || len(v) != len(w.Numbers) {
				t.Errorf("%s, %s: %q (%v), want %q", file, name, v, err, w.Numbers)
				continue
			}
			for i, x := range w.Numbers {
				x = strings.TrimSuffix(strings.Replace(x, "inf", "+Inf", 1), ".0")
				if n.Type == "boolean" {
					x = map[string]string{"0": "false", "1": "true"}[x]
				}
				if v[i] != x {
					t.Errorf("%s, %s[%d] is %s, want %s", file, name, i, v[i], x)
				}
			}
		}
		// links and attributes
		if n, err := d.Find(context.Background(), "links/loop"); err != nil || n.Kind != Link {
			t.Error(n, err)
		}
		if n, err := d.Find(context.Background(), "links/self"); err != nil || n.Leaf() {
			t.Error("a group that holds itself: ", err)
		}
	}
	d := open(t, filepath.Join(testdata, "hdf5/matlab.mat"))
	if d.Kind != "MATLAB 7.3 file" {
		t.Error(d.Kind)
	}
	for path, want := range map[string]string{"cell/{1}": "1, 2, 3", "cell/{2}": "\"LOC\"", "char": "\"V1 é\"", "int16": "-5, 7", "D/zeta": "5"} {
		n, err := d.Find(context.Background(), path)
		if err != nil {
			t.Error(err)
		} else if got := n.Preview(context.Background(), 5); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// TestReferences: what points elsewhere is told by the place it points to.
func TestReferences(t *testing.T) {
	d := open(t, filepath.Join(testdata, "hdf5/features.h5"))
	for path, want := range map[string]string{
		"refs": "→ /links/hard, → /cube, → null", "target/@ref": "→ /cube", "target/@seq": "[1 2 3], []", "target/@text": "\"é\"",
		"target/@big": "9223372036854775813", "target/@bools": "true, false", "sequences/int": "[], [0 1], [0 1 2 3]",
		"regions": "→ /links/hard, 1 block, → /links/hard, 3 blocks, → /links/hard, 2 points, …", "compound/x": "1, 2, 3.5", "compound/text": "\"é\", \"\", \"zz\"",
	} {
		n, err := d.Find(context.Background(), path)
		if err != nil {
			t.Error(err)
		} else if got := n.Preview(context.Background(), 3); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
