package hdf5

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"reverie/compute/format/internal/num"
)

// plan reads numbers that stand in one run of the file as the machine holds them, without libhdf5: what a
// child would only copy twice.
type plan struct {
	file  *os.File
	at    int64 // of the dataset
	from  int   // bytes of a number in the file
	to    int   // bytes in memory: 4 or 8 of other floats, else the same
	rows  Span
	width int // numbers of a row
	runs  []Span
	out   int // numbers of a row that are wanted
}

// plan returns nil where libhdf5 is needed.
func (r *remote) plan(req *request, lay *reply) *plan {
	i := lay.Info
	same := i.Class == Integer && integerKind(i) == req.Type
	float := i.Class == Float && (i.Bytes == 4 || i.Bytes == 8) && req.Type < 2
	if lay.Offset <= 0 || req.ByBlock || len(i.Shape) == 0 || len(i.Filters) > 0 || i.Big != num.HostBig || !same && !float || !i.IEEE && float {
		return nil
	}
	p := &plan{file: r.file, at: lay.Offset, from: i.Bytes, to: sizes[req.Type], rows: Span{0, i.Shape[0]}, width: 1}
	for _, d := range i.Shape {
		if d < 1 || p.width > 1<<56/d {
			return nil
		}
		p.width *= d
	}
	if need := int64(p.width) * int64(i.Bytes); need > r.size || p.at > r.size-need {
		return nil
	}
	p.width /= i.Shape[0]
	p.runs = []Span{{0, p.width}}
	switch {
	case req.ByColumns:
		p.runs = req.Columns
		if len(i.Shape) != 2 {
			return nil
		}
	case len(req.Rows) > 0:
		p.rows = req.Rows[0]
		if p.rows.From < 0 || p.rows.From >= p.rows.To || p.rows.To > i.Shape[0] {
			return nil
		}
	}
	var ok bool
	if p.out, _, _, ok = extent(p.runs, p.width); !ok || p.out == 0 {
		return nil
	}
	return p
}

// integerKind is the kind whose memory an integer of the file fits, -1 for none.
func integerKind(i Info) int {
	for k := 2; k < len(sizes); k++ {
		if sizes[k] == i.Bytes && (k < 6) == i.Signed && i.Full {
			return k
		}
	}
	return -1
}

// blockBytes is how much of the file is held beside the result.
const blockBytes = 256 << 10

func (p *plan) read(alloc func(n int) []byte) error {
	n := p.rows.To - p.rows.From
	if err := plausible([]int{n, p.out}, n*p.out, p.to, math.MaxInt64, true); err != nil {
		return err
	}
	dst := alloc(n * p.out)
	if p.out == p.width && len(p.runs) == 1 {
		return p.run(dst, n*p.out, int64(p.rows.From)*int64(p.width))
	}
	return p.gather(dst)
}

// bytes reads from the number at on.
func (p *plan) bytes(dst []byte, at int64) error {
	_, err := p.file.ReadAt(dst, p.at+at*int64(p.from))
	if err == io.EOF {
		return fmt.Errorf("the file ends early; was it cut short meanwhile?")
	}
	return err
}

// run reads n numbers from the number at on, in two halves at once: most of the time goes into fresh memory.
func (p *plan) run(dst []byte, n int, at int64) error {
	half := n / 2
	if n*p.from < 32*blockBytes {
		half = 0
	}
	first := make(chan error, 1)
	go func() { first <- p.convert(dst[:half*p.to], half, at) }()
	second := p.convert(dst[half*p.to:], n-half, at+int64(half))
	return errors.Join(<-first, second)
}

// convert reads n numbers, in blocks where they change.
func (p *plan) convert(dst []byte, n int, at int64) error {
	if p.from == p.to {
		return p.bytes(dst, at)
	}
	block := make([]byte, min(blockBytes, n*p.from))
	for done := 0; done < n; {
		m := min(n-done, len(block)/p.from)
		if err := p.bytes(block[:m*p.from], at+int64(done)); err != nil {
			return err
		}
		if err := change(dst[done*p.to:(done+m)*p.to], block[:m*p.from], p.to); err != nil {
			return err
		}
		done += m
	}
	return nil
}

// gather reads the chosen columns of the rows, in two halves at once where there are many.
func (p *plan) gather(dst []byte) error {
	from, to := p.rows.From, p.rows.To
	middle := from
	if len(dst) >= 32*blockBytes {
		middle = (from + to) / 2
	}
	first := make(chan error, 1)
	cut := (middle - from) * p.out * p.to
	go func() { first <- p.gatherRows(dst[:cut], from, middle) }()
	second := p.gatherRows(dst[cut:], middle, to)
	return errors.Join(<-first, second)
}

// gatherRows reads a row whole, or run by run where most of it is not wanted.
func (p *plan) gatherRows(dst []byte, from, to int) error {
	_, low, high, _ := extent(p.runs, p.width)
	span := high - low
	whole := len(p.runs) > 8 && span < 16*p.out || len(p.runs) > gatherAbove
	var row, picked []byte
	if whole {
		row = make([]byte, span*p.from)
	}
	if p.from != p.to {
		picked = make([]byte, p.out*p.from)
	}
	for r := from; r < to; r++ {
		line := dst[:p.out*p.to]
		dst = dst[p.out*p.to:]
		into := line
		if picked != nil {
			into = picked
		}
		if whole {
			if err := p.bytes(row, int64(r)*int64(p.width)+int64(low)); err != nil {
				return err
			}
			pick(into, row, 1, len(row), p.runs, low, p.from)
		} else {
			at := 0
			for _, s := range p.runs {
				n := (s.To - s.From) * p.from
				if err := p.bytes(into[at:at+n], int64(r)*int64(p.width)+int64(s.From)); err != nil {
					return err
				}
				at += n
			}
		}
		if picked != nil {
			if err := change(line, picked, p.to); err != nil {
				return err
			}
		}
	}
	return nil
}

// change converts floating-point numbers between their two sizes, where dst has another than src.
func change(dst, src []byte, to int) error {
	switch {
	case len(dst) == len(src):
		copy(dst, src)
	case to == 8:
		out := num.As[float64](dst)
		for i, v := range num.As[float32](src) {
			out[i] = float64(v)
		}
	default:
		out := num.As[float32](dst)
		for i, v := range num.As[float64](src) {
			out[i] = float32(v)
			if math.Abs(v) > math.MaxFloat32 && !math.IsInf(v, 0) {
				return fmt.Errorf("a number in it (%g) is too large for the type it is read as", v)
			}
		}
	}
	return nil
}
