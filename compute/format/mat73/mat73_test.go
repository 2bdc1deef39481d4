package mat73

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"reverie/compute/format/guard"
	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
)

const (
	made      = "../../../testdata/mat73/" // by make.py there: h5py, hdf5storage
	specimens = "../../../../shared/data/" // beside the repository, on machines that have it
)

func TestMain(m *testing.M) {
	guard.Main()
	os.Exit(m.Run())
}

// tree is what h5py says an array is.
type tree struct {
	Class           string
	Dims, Shape     []int
	Re, Im          any // []any of numbers as text, or their digest
	Complex, Global bool
	Unread          bool
	Rows, Fields    []string
	Items           []tree
	Entries         *struct {
		Rows, Cols []int32
		Re, Im     any
		Complex    bool
	}
}

func load(t testing.TB, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// modes opens a file in this process and in a child.
func modes(t *testing.T, path string, test func(t *testing.T, f *File)) {
	t.Helper()
	t.Run("here", func(t *testing.T) {
		h, err := hdf5.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		f, err := New(h)
		if err != nil {
			t.Fatal(err)
		}
		test(t, f)
	})
	t.Run("guarded", func(t *testing.T) {
		f, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		test(t, f)
	})
}

// floats compares numbers with what the script wrote of them: text or, of many, a digest.
func floats(got []float64, want any) error {
	if digest, ok := want.(string); ok {
		var b []byte
		for _, x := range got {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x+0)) // no negative zero
		}
		return digests(b, digest)
	}
	list := want.([]any)
	if len(got) != len(list) {
		return fmt.Errorf("%d numbers, want %d", len(got), len(list))
	}
	for i, w := range list {
		x, err := strconv.ParseFloat(w.(string), 64)
		if err != nil {
			return err
		}
		if math.Float64bits(got[i]) != math.Float64bits(x) && !(got[i] != got[i] && x != x) {
			return fmt.Errorf("element %d is %v, want %v", i, got[i], x)
		}
	}
	return nil
}

func digests(b []byte, want string) error {
	if h := sha256.Sum256(b); hex.EncodeToString(h[:]) != want {
		return errors.New("other numbers than h5py's")
	}
	return nil
}

// numbers compares the content of a numeric array.
func numbers(a *mat.Array, w tree) error {
	if w.Complex {
		z, err := a.Complex128()
		if err != nil {
			return err
		}
		re, im := make([]float64, len(z)), make([]float64, len(z))
		for i, x := range z {
			re[i], im[i] = real(x), imag(x)
		}
		return errors.Join(floats(re, w.Re), floats(im, w.Im))
	}
	if w.Class == "double" || w.Class == "single" {
		v, err := a.Float64()
		if err != nil {
			return err
		}
		return floats(v, w.Re)
	}
	if w.Class == "uint64" { // int64 does not hold all: none here is also beyond float64
		if list := w.Re.([]any); slices.Contains(list, any("18446744073709551615")) {
			if v, err := a.Float64(); err == nil {
				return fmt.Errorf("2^64-1 became %v", v)
			}
			return nil
		}
	}
	v, err := a.Int64()
	if err != nil {
		return err
	}
	if digest, ok := w.Re.(string); ok {
		var b []byte
		for _, x := range v {
			b = binary.LittleEndian.AppendUint64(b, uint64(x))
		}
		return digests(b, digest)
	}
	var got []any
	for _, x := range v {
		got = append(got, strconv.FormatInt(x, 10))
	}
	if !slices.Equal(got, w.Re.([]any)) {
		return fmt.Errorf("%v, want %v", got, w.Re)
	}
	return nil
}

// describes compares what is known of an array before it is read.
func describes(i mat.Info, w tree) error {
	class := i.Class.String()
	if i.Logical {
		class = "logical"
	}
	if w.Unread {
		if i.Kind() != w.Class && i.Class != mat.Opaque {
			return fmt.Errorf("%s, want %s", i.Kind(), w.Class)
		}
		return nil
	}
	if w.Entries != nil {
		if i.Kind() != "sparse "+w.Class || i.Complex != w.Entries.Complex && i.Complex {
			return fmt.Errorf("%s, want sparse %s", i.Kind(), w.Class)
		}
	} else if class != w.Class && w.Class != "canonical empty" {
		return fmt.Errorf("%s, want %s", class, w.Class)
	}
	if !slices.Equal(i.Dims, w.Dims) || i.Global != w.Global || !slices.Equal(i.Fields, w.Fields) || w.Entries == nil && i.Complex != w.Complex {
		return fmt.Errorf("%+v, want dimensions %v, fields %q, global %v, complex %v", i, w.Dims, w.Fields, w.Global, w.Complex)
	}
	return nil
}

// same says how an array differs from what h5py says, or nil.
func same(a *mat.Array, w tree) error {
	if w.Unread {
		if _, err := a.Float64(); !errors.Is(err, mat.ErrClass) {
			return fmt.Errorf("%s read as numbers: %v", a.Kind(), err)
		}
		return describes(a.Info, w)
	}
	if w.Entries != nil {
		return sameFull(a, w)
	}
	if err := describes(a.Info, w); err != nil {
		return err
	}
	switch {
	case w.Class == "char":
		rows, err := a.Rows()
		if err != nil || !slices.Equal(rows, w.Rows) {
			return fmt.Errorf("text %q, %v, want %q", rows, err, w.Rows)
		}
		return nil
	case w.Class == "cell":
		items, err := a.Cells()
		if err != nil || len(items) != len(w.Items) {
			return fmt.Errorf("%d items, %v, want %d", len(items), err, len(w.Items))
		}
		for k, item := range items {
			if err := same(item, w.Items[k]); err != nil {
				return fmt.Errorf("{%d}: %w", k+1, err)
			}
		}
		return nil
	case w.Class == "struct":
		for k, item := range w.Items {
			element, name := k/len(w.Fields), w.Fields[k%len(w.Fields)]
			got, err := a.Field(element, name)
			if err == nil {
				err = same(got, item)
			}
			if err != nil {
				return fmt.Errorf("(%d).%s: %w", element+1, name, err)
			}
		}
		return nil
	}
	return numbers(a, w)
}

// sameFull compares a sparse array that was filled up with the entries.
func sameFull(a *mat.Array, w tree) error {
	if !slices.Equal(a.Dims, w.Dims) || a.Logical != (w.Class == "logical") {
		return fmt.Errorf("%s of %v, want %s of %v", a.Kind(), a.Dims, w.Class, w.Dims)
	}
	z, err := a.Complex128()
	if err != nil {
		return err
	}
	var re, im []float64
	for k, r := range w.Entries.Rows {
		at := int(w.Entries.Cols[k])*w.Dims[0] + int(r)
		re, im = append(re, real(z[at])), append(im, imag(z[at]))
		z[at] = 0
	}
	if slices.ContainsFunc(z, func(x complex128) bool { return x != 0 }) {
		return errors.New("numbers stand beside the entries")
	}
	return sameEntries(re, im, w)
}

func sameEntries(re, im []float64, w tree) error {
	var want []string // logical entries are integers
	for _, x := range w.Entries.Re.([]any) {
		want = append(want, x.(string))
	}
	for k, x := range re {
		if y, err := strconv.ParseFloat(want[k], 64); err != nil || x != y {
			return fmt.Errorf("entry %d is %v, want %s", k, x, want[k])
		}
	}
	if w.Entries.Complex {
		return floats(im, w.Entries.Im)
	}
	return nil
}
