package hdf5

import (
	"errors"
	"unsafe"
)

// source answers requests: libhdf5 in this process, or in a child.
type source interface {
	// ask gives the reply to a request. Where numbers are read, alloc is called once for the memory of n of
	// them, unless an error came before.
	ask(req *request, alloc func(n int) []byte) (*reply, error)
	close() error
}

// The requests.
const (
	opOpen = iota
	opClose
	opHas
	opStat
	opList
	opLayout // Stat, and where a contiguous dataset stands in the file
	opUserBlock
	opNumbers
	opSequences
	opStrings
	opFieldStrings
	opTexts
	opRefs
	opRefPath
	opRegions
	opAttrs
	opAttr
)

type request struct {
	Op    int
	Name  string
	Field string // of a compound, or an attribute
	Trust bool
	Type  int // of numbers

	// What of the numbers: a block, rows, columns of a matrix, or all.
	Start, Count       []int
	Rows               []Span
	Columns            []Span
	ByBlock, ByColumns bool
}

type reply struct {
	Failure *failure
	Found   bool
	Info    Info
	List    []Info
	Names   []string
	Counts  []int
	Offset  int64
	Attrs   []Attribute
	Regions []Region
}

// failure is an error on its way through a pipe.
type failure struct {
	Text string
	Code int // index in sentinels, from 1
}

var sentinels = []error{ErrNotHDF5, ErrNotFound, ErrTooLarge, ErrFilter}

func failed(err error) *failure {
	f := &failure{Text: err.Error()}
	for i, s := range sentinels {
		if errors.Is(err, s) {
			f.Code = i + 1
		}
	}
	return f
}

func (f *failure) Error() string { return f.Text }

func (f *failure) Unwrap() error {
	if f.Code < 1 || f.Code > len(sentinels) {
		return nil
	}
	return sentinels[f.Code-1]
}

// sink takes an array of numbers in pieces.
type sink interface {
	begin(shape []int, size int) error // size: bytes of a number
	room() int                         // bytes that a piece should not exceed by much
	// piece gives memory for the block start, count of the shape; done says that it is filled.
	piece(start, count []int, bytes int) []byte
	done() error
}

// whole is a sink that is the caller's memory. Its pieces are runs of whole rows, in order.
type whole struct {
	alloc func(n int) []byte
	left  []byte
	last  int
}

func (w *whole) begin(shape []int, _ int) error {
	w.left = w.alloc(product(shape))
	return nil
}

func (w *whole) room() int { return int(^uint(0) >> 1) }

func (w *whole) piece(_, _ []int, bytes int) []byte {
	w.last = bytes
	return w.left[:bytes:bytes]
}

func (w *whole) done() error {
	w.left = w.left[w.last:]
	return nil
}

// view is the memory of numbers.
func view[T any](v []T) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), len(v)*int(unsafe.Sizeof(v[0])))
}
