package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func info(t *testing.T, status int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if got := Run(context.Background(), append([]string{"info"}, args...), &out, &errs); got != status {
		t.Errorf("reverie info %q: status %d, want %d\n%s", args, got, status, errs.String())
	}
	return out.String(), errs.String()
}

func TestInfoTree(t *testing.T) {
	out, _ := info(t, OK, "--values", "3", "../../testdata/caffe/v1_packed_float.caffemodel")
	for _, want := range []string{"Caffe model, ", "network           a small net", "V1 (layers)", "Convolution", "4 × 3 × 3 × 3", "x → conv1", ", …"} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
	// the columns stand under their headings
	lines := strings.Split(out, "\n")
	head := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "  name ") })
	if head < 0 {
		t.Fatal(out)
	}
	at := strings.Index(lines[head], "shape")
	row := lines[slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "    weight ") })]
	if i := strings.Index(row, "4 × 3"); i < 0 || utf8.RuneCountInString(row[:i]) != at {
		t.Errorf("the shape does not stand under its heading:\n%s\n%s", lines[head], row)
	}
}

func TestInfoChoices(t *testing.T) {
	file := "../../testdata/hdf5/features.h5"
	out, _ := info(t, OK, "--depth", "0", file)
	if strings.Contains(out, "numbers") || !strings.Contains(out, "HDF5 file") {
		t.Errorf("--depth 0:\n%s", out)
	}
	out, _ = info(t, OK, "--depth", "1", file)
	if !strings.Contains(out, "numbers/") || strings.Contains(out, "i8be") {
		t.Errorf("--depth 1:\n%s", out)
	}
	out, _ = info(t, OK, "--at", "numbers/i8be", "--values", "2", file)
	if !strings.Contains(out, "int64 BE  5      -9223372036854775808, 9223372036854775807, …") || strings.Contains(out, "i8le") {
		t.Errorf("--at:\n%s", out)
	}
	_, errs := info(t, Failed, "--at", "numbers/none", file)
	if !strings.Contains(errs, `no "none" at numbers, where there are`) {
		t.Error(errs)
	}
	long := "../../testdata/formats/arrays/stored.npz"
	out, _ = info(t, OK, long)
	if !strings.Contains(out, "… and 41 more") {
		t.Errorf("a long list is not cut:\n%s", out)
	}
	if out, _ = info(t, OK, "--all", long); strings.Contains(out, "more") || strings.Count(out, "\n") < 66 {
		t.Errorf("--all:\n%s", out)
	}
	info(t, Usage, "--depth", "-1", file)
}

func TestInfoSeveral(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.npy")
	if err := os.WriteFile(bad, []byte("\x93NUMPY\x01\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := "../../testdata/formats/arrays/version1.npy"
	out, errs := info(t, Failed, bad, good, "none.h5")
	if !strings.Contains(out, "NumPy array") || !strings.Contains(errs, "it looks like a NumPy array") || !strings.Contains(errs, "none.h5") {
		t.Errorf("%s\n%s", out, errs)
	}
	out, _ = info(t, Failed, "--json", bad, good)
	var docs []fileInfo
	if err := json.Unmarshal([]byte(out), &docs); err != nil || len(docs) != 2 || docs[0].Error == "" || docs[1].Kind != "NumPy array" {
		t.Errorf("%v %+v", err, docs)
	}
}

func TestInfoJSON(t *testing.T) {
	out, _ := info(t, OK, "--json", "../../testdata/bdata/sample.h5")
	var docs []fileInfo
	if err := json.Unmarshal([]byte(out), &docs); err != nil || len(docs) != 1 {
		t.Fatal(err, out)
	}
	d := docs[0]
	if !strings.HasPrefix(d.Kind, "BData") || d.Facts[0].Name != "samples" || d.Facts[0].Text != "24" {
		t.Errorf("%+v", d)
	}
	i := slices.IndexFunc(d.Tree, func(n *nodeInfo) bool { return n.Name == "dataset" })
	if i < 0 || !slices.Equal(d.Tree[i].Shape, []int{24, 34}) || len(d.Tree[i].Values) != 5 || d.Tree[i].Bytes != 24*34*8 {
		t.Errorf("%+v", d.Tree)
	}
}
