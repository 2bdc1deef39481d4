package recon

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"unsafe"

	"reverie/compute/format/safetensors"
)

// archive walks what a run holds, always in the same order: once to write it, once to read it into a run that was
// set up alike. It is a safetensors file: vectors are tensors (F32, or I64 with the bits of float64),
// single numbers stand one behind the other in "numbers", texts in the metadata, and the last tensor is a
// CRC-32 of all bytes before it.
type archive struct {
	reading bool
	err     error
	numbers []int64
	texts   []string
	out     []safetensors.Out
	in      map[string]*safetensors.Tensor
}

const (
	archiveFormat  = "reverie run"
	archiveVersion = "2"
	numbersName    = "numbers"
	checksumName   = "checksum"
	checksumSize   = 8
)

// write writes what was walked.
func (a *archive) write(w io.Writer) error {
	if a.err != nil {
		return a.err
	}
	texts, err := json.Marshal(a.texts)
	if err != nil {
		return err
	}
	sum := make([]int64, 1)
	tensors := append([]safetensors.Out{safetensors.Of(numbersName, a.numbers, len(a.numbers))}, a.out...)
	tensors = append(tensors, safetensors.Of(checksumName, sum, 1))
	return safetensors.Write(&summing{w: w, sum: sum}, map[string]string{
		"format": archiveFormat, "version": archiveVersion, "texts": string(texts),
	}, tensors...)
}

// summing keeps sum at the checksum of what was written, for the last tensor to tell.
type summing struct {
	w   io.Writer
	sum []int64
}

func (s *summing) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	s.sum[0] = int64(crc32.Update(uint32(s.sum[0]), crc32.IEEETable, b[:n]))
	return n, err
}

// openArchive checks a file's form and its checksum. It holds nothing of the vectors.
func openArchive(r io.ReaderAt, size int64) (*archive, error) {
	f, err := safetensors.New(r, size, "of the checkpoint")
	if err != nil {
		return nil, err
	}
	if f.Metadata["format"] != archiveFormat {
		return nil, errors.New("the file is no checkpoint of a reconstruction")
	}
	if v := f.Metadata["version"]; v != archiveVersion {
		return nil, fmt.Errorf("it is of version %.20q, this program reads %q: begin anew", v, archiveVersion)
	}
	a := &archive{reading: true, in: map[string]*safetensors.Tensor{}}
	for _, t := range f.Tensors {
		a.in[t.Name] = t
	}
	last := f.Tensors[len(f.Tensors)-1:]
	if len(last) == 0 || last[0].Name != checksumName || last[0].Size != checksumSize {
		return nil, errors.New("it has no checksum at its end")
	}
	sum := crc32.NewIEEE()
	if _, err := io.Copy(sum, io.NewSectionReader(r, 0, size-checksumSize)); err != nil {
		return nil, err
	}
	var want [checksumSize]byte
	if _, err := r.ReadAt(want[:], size-checksumSize); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if binary.LittleEndian.Uint64(want[:]) != uint64(sum.Sum32()) {
		return nil, errors.New("it is damaged: its checksum differs")
	}
	if err := json.Unmarshal([]byte(f.Metadata["texts"]), &a.texts); err != nil {
		return nil, fmt.Errorf("its texts: %w", err)
	}
	t := a.in[numbersName]
	if t == nil {
		return nil, errors.New("its numbers are missing")
	}
	a.numbers, err = safetensors.Values[int64](t, 0, t.Len())
	return a, err
}

func (a *archive) fail(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf(format, args...)
	}
}

func (a *archive) long(v int64) int64 {
	if !a.reading {
		a.numbers = append(a.numbers, v)
		return v
	}
	if len(a.numbers) == 0 {
		a.fail("numbers are missing at its end")
		return 0
	}
	v, a.numbers = a.numbers[0], a.numbers[1:]
	return v
}

// int walks a number that must lie between low and high, of which the message says what it is.
func (a *archive) int(v *int, low, high int, what string) {
	x := a.long(int64(*v))
	if a.err != nil {
		return
	}
	if x < int64(low) || x > int64(high) {
		a.fail("%s is %d, want %d to %d", what, x, low, high)
		return
	}
	*v = int(x)
}

func (a *archive) bool(v *bool) {
	n := 0
	if *v {
		n = 1
	}
	a.int(&n, 0, 1, "a truth value")
	*v = n == 1
}

func (a *archive) float(v ...*float64) {
	for _, p := range v {
		*p = math.Float64frombits(uint64(a.long(int64(math.Float64bits(*p)))))
	}
}

func (a *archive) text(v *string) {
	if !a.reading {
		a.texts = append(a.texts, *v)
		return
	}
	if len(a.texts) == 0 {
		a.fail("texts are missing")
		return
	}
	*v, a.texts = a.texts[0], a.texts[1:]
}

// doubles walks a vector of a length that both sides know.
func (a *archive) doubles(name string, v []float64) {
	if !a.reading {
		a.out = append(a.out, safetensors.Of(name, float64Bits(v), len(v)))
		return
	}
	t := a.tensor(name, len(v))
	for at := 0; a.err == nil && at < len(v); {
		bits, err := safetensors.Values[int64](t, at, min(at+piece, len(v)))
		if err != nil {
			a.fail("%w", err)
		}
		for _, b := range bits {
			v[at] = math.Float64frombits(uint64(b))
			at++
		}
	}
}

// piece is how many values are read at a time.
const piece = 1 << 14

func (a *archive) singles(name string, v []float32) {
	if !a.reading {
		a.out = append(a.out, safetensors.Of(name, v, len(v)))
		return
	}
	t := a.tensor(name, len(v))
	for at := 0; a.err == nil && at < len(v); {
		part, err := safetensors.Values[float32](t, at, min(at+piece, len(v)))
		if err != nil {
			a.fail("%w", err)
		}
		at += copy(v[at:], part)
	}
}

// series walks values of a number that is known to the writer alone, at most limit.
func (a *archive) series(name string, v *[]float64, limit int) {
	n := len(*v)
	a.int(&n, 0, limit, "the length of "+name)
	if a.reading && a.err == nil {
		if a.tensor(name, n) == nil {
			return
		}
		*v = append((*v)[:0], make([]float64, n)...)
	}
	a.doubles(name, *v)
}

// tensor finds one of n values; nil where there is none.
func (a *archive) tensor(name string, n int) *safetensors.Tensor {
	if a.err != nil {
		return nil
	}
	t := a.in[name]
	if t == nil || t.Len() != n {
		a.fail("%q with %d values is missing", name, n)
		return nil
	}
	return t
}

// float64Bits is the same memory as whole numbers, which safetensors.Write takes.
func float64Bits(v []float64) []int64 {
	return unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(v))), len(v))
}
