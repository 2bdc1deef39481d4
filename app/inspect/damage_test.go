package inspect

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"reverie/compute/format/hdf5"
)

func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestUnknown holds the errors of files of no known format.
func TestUnknown(t *testing.T) {
	for _, c := range []struct {
		name    string
		content string
		want    []string
	}{
		{"empty.h5", "", []string{"the file is empty"}},
		{"notes.md", "# Notes\nof a day", []string{`it begins with the text "# Notes of a day"`, "Reverie opens"}},
		{"notes.h5", "these are notes", []string{"its name says .h5", "these are notes"}},
		{"random.bin", "\x01\x02\x03\xff\xfe\x80zzzz\x07", []string{"it begins with the bytes 01 02 03 ff fe 80 7a 7a"}},
		{"other.zip", "PK\x05\x06" + strings.Repeat("\x00", 18), []string{"a zip archive"}},
		{"file.gz", zipped("plain text"), []string{"a gzip file of something else than a Python pickle", "plain text"}},
		{"page.mat", "\x00\x01\x02<html>", []string{"it looks like a MATLAB file by its name", "damaged"}},
	} {
		path := write(t, c.name, []byte(c.content))
		_, err := Open(context.Background(), path)
		if err == nil {
			t.Errorf("%s opens", c.name)
			continue
		}
		for _, w := range append(c.want, path) {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v\nlacks %q", c.name, err, w)
			}
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: several lines: %v", c.name, err)
		}
	}
	if _, err := Open(context.Background(), write(t, "x.xyz", []byte("\x01\x02\x03"))); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if _, err := Open(context.Background(), filepath.Join(t.TempDir(), "none.h5")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func zipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

// TestDamaged cuts files off in the middle: an error that says what the file looks
// like, or what could be read with a fact or a message where the rest is missing.
func TestDamaged(t *testing.T) {
	for _, name := range []string{
		"hdf5/features.h5", "hdf5/matlab.mat", "bdata/sample.h5", "bdtb/twin.mat", "formats/arrays/version1.npy", "formats/arrays/deflated.npz",
		"formats/arrays/packed.mat", "formats/arrays/plain.mat", "formats/arrays/level4.mat", "torchfiles/t2_zip.pt", "torchfiles/t2_legacy.pt",
		"inspect/small.safetensors", "inspect/arrays4.pkl", "inspect/arrays5.pkl.gz", "caffe/v1_packed_float.caffemodel", "caffe/new_loose_double.caffemodel",
		"caffe/mean.binaryproto", "stimuli/smooth.jpg", "stimuli/smooth.png",
	} {
		b, err := os.ReadFile(filepath.Join(testdata, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []int{9, 3} {
			path := write(t, filepath.Base(name), b[:len(b)*part/10])
			d, err := Open(context.Background(), path)
			if err != nil {
				if !strings.Contains(err.Error(), "it looks like") || !strings.Contains(err.Error(), path) {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			_, failed := readAll(d.Roots, 0)
			if facts := fmt.Sprint(d.Facts); failed == nil && !strings.Contains(facts, "damaged") && d.Kind != "picture" {
				t.Errorf("%s, cut to %d tenths, opens as %s and reads", name, part, d.Kind)
			}
			d.Close()
		}
	}
}

// readAll reads the first values of all nodes and tells how many there are and what failed first.
func readAll(list []*Node, depth int) (n int, failed error) {
	for _, x := range list {
		n++
		_, err := x.Values(context.Background(), 4)
		if err == nil && strings.Contains(x.Note, "cannot be") {
			err = errors.New(x.Note)
		}
		if err != nil && failed == nil {
			failed = err
		}
		children, err := x.Children(context.Background())
		if err != nil && failed == nil {
			failed = err
		}
		if depth < 8 {
			more, err := readAll(children, depth+1)
			if n += more; err != nil && failed == nil {
				failed = err
			}
		}
	}
	return n, failed
}

// TestBombs: what unpacks or claims too much is refused, what holds itself ends.
func TestBombs(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte("\x80\x02]q\x00"))
	zeros := make([]byte, 1<<20)
	for range 64 {
		z.Write(zeros)
	}
	z.Close()
	if _, err := Open(context.Background(), write(t, "bomb.pkl.gz", b.Bytes())); err == nil || !strings.Contains(err.Error(), "it unpacks to more than") {
		t.Error(err)
	}
	// os.system("ls")
	d := open(t, write(t, "evil.pkl", []byte("\x80\x02cposix\nsystem\nX\x02\x00\x00\x00ls\x85R.")))
	if !strings.Contains(fact(d, "warning"), "it asks to run posix.system") {
		t.Error(d.Facts)
	}
	// l = []; l.append(l)
	d = open(t, write(t, "self.pkl", []byte("\x80\x02]q\x00h\x00a.")))
	list, depth := d.Roots, 0
	for ; len(list) > 0 && depth < 1000; depth++ {
		var err error
		if list, err = list[0].Children(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if depth > maxNesting+2 {
		t.Errorf("a list that holds itself is followed %d deep", depth)
	}
	d = open(t, filepath.Join(testdata, "hdf5/bombs.h5"))
	if n, _ := readAll(d.Roots, 0); n < 4 {
		t.Errorf("%d nodes", n)
	}
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	d = open(t, write(t, "deep.json", []byte(deep)))
	if n, _ := readAll(d.Roots, 0); n == 0 {
		t.Error("a deep document shows nothing")
	}
}

// sparse makes a file of size bytes that begins with head, whose rest takes no place on the disk.
func sparse(t *testing.T, name string, head []byte, size int64) string {
	t.Helper()
	path := write(t, name, head)
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	return path
}

func varint(v uint64) []byte { return binary.AppendUvarint(nil, v) }

func field(number int, b []byte) []byte {
	return append(append(varint(uint64(number<<3|2)), varint(uint64(len(b)))...), b...)
}

// TestLarge opens files of half a gigabyte and more and reads their first values:
// quickly, and with little memory.
func TestLarge(t *testing.T) {
	const side = 12_000 // a matrix of 576 MB
	// A .caffemodel of one layer, fc6, whose values end the file.
	blob := append([]byte{3 << 3}, varint(side)...)
	blob = append(append(append(blob, 4<<3), varint(side)...), 5<<3|2)
	blob = append(blob, varint(side*side*4)...)
	layer := append(field(4, []byte("fc6")), 5<<3, 14, 6<<3|2)
	layer = append(layer, varint(uint64(len(blob)+side*side*4))...)
	layer = append(layer, blob...)
	model := append([]byte{2<<3 | 2}, varint(uint64(len(layer)+side*side*4))...)
	model = append(model, layer...)
	first := binary.LittleEndian.AppendUint32(nil, 0x3fc00000) // 1.5

	header := fmt.Sprintf(`{"fc6":{"dtype":"F32","shape":[%d,%d],"data_offsets":[0,%d]}}`, side, side, side*side*4)
	safe := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)

	array := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", side, side)
	array += strings.Repeat(" ", 117-len(array)) + "\n"
	npy := append([]byte("\x93NUMPY\x01\x00\x76\x00"), array...)

	for _, c := range []struct {
		name, path, node string
		head             []byte
	}{
		{"big.caffemodel", "fc6/weight", "Caffe model", model},
		{"big.safetensors", "fc6", "safetensors", safe},
		{"big.npy", "array", "NumPy array", npy},
	} {
		path := sparse(t, c.name, append(c.head, first...), int64(len(c.head))+side*side*4)
		frugal(t, path, c.node, c.path, "1.5, 0, 0, …")
	}
}

// frugal opens a file, reads three values of a node and measures both.
func frugal(t *testing.T, path, kind, node, want string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	d := open(t, path)
	n, err := d.Find(context.Background(), node)
	if err != nil {
		t.Fatal(err)
	}
	got := n.Preview(context.Background(), 3)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	used := after.TotalAlloc - before.TotalAlloc
	t.Logf("%s: %v, %s in all", filepath.Base(path), took, Bytes(int64(used)))
	if !strings.HasPrefix(d.Kind, kind) || got != want {
		t.Errorf("%s: %s, %s, want %s, %s", path, d.Kind, got, kind, want)
	}
	if used > 8<<20 || took > time.Minute { // the content is not read, and nothing hangs
		t.Errorf("%s took %v and %s", path, took, Bytes(int64(used)))
	}
}

// TestLargeSubject opens a BData file of 6,000 × 11,729.
func TestLargeSubject(t *testing.T) {
	const rows, cols = 6000, 11729
	path := filepath.Join(t.TempDir(), "big.h5")
	w, err := hdf5.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	table, err := hdf5.NewTable[float64](w, "dataset", rows, []int{cols})
	if err != nil {
		t.Fatal(err)
	}
	row := make([]float64, cols)
	row[0], row[cols-1] = 1.5, 1
	keys := []string{"VoxelData", "ROI_V1", "Run"}
	value := make([]float64, len(keys)*cols)
	for c := range cols - 1 {
		value[c] = 1
	}
	for c := range 1000 {
		value[cols+c] = 1
	}
	value[3*cols-1] = 1
	err = errors.Join(table.Append(row), hdf5.Write(w, "metadata/value", []int{len(keys), cols}, value),
		w.WriteStrings("metadata/key", keys), w.WriteStrings("metadata/description", keys))
	for i := 1; i < 4; i++ { // the other rows read as zero
		err = errors.Join(err, table.Append(row))
	}
	if err == nil {
		err = w.Commit()
	}
	if err != nil {
		t.Fatal(err)
	}
	frugal(t, path, "BData", "dataset", "1.5, 0, 0, …")
	d := open(t, path)
	for name, want := range map[string]string{"samples": "6,000", "columns": "11,729", "voxels": "11,728", "ROI_V1": "1,000 voxels", "runs": "2"} {
		if fact(d, name) != want {
			t.Errorf("%s: %q, want %q", name, fact(d, name), want)
		}
	}
}
