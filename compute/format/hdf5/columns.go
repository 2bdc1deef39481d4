package hdf5

// #include "shim.h"
import "C"

import "unsafe"

// gatherAbove is the number of column runs from which whole row blocks are read and the
// columns picked in memory: one small read per row and run would cost more.
const gatherAbove = 32

// gatherBytes bounds the row block then held.
const gatherBytes = 64 << 20

// ReadColumns reads the columns in runs, in the order given, of all rows of a matrix: the
// result is [rows][sum of runs] row-major. Only what lies under the runs is read, or, where the runs are
// many, what lies between the first and the last.
func ReadColumns[T Number](f *File, name string, runs []Span) ([]T, error) {
	var out []T
	err := f.withDataset(name, func(d *dataset) (err error) {
		if err = d.numeric(kindOf[T]()); err == nil {
			out, err = readColumns[T](d, runs)
		}
		return err
	})
	return out, err
}

func readColumns[T Number](d *dataset, runs []Span) ([]T, error) {
	if len(d.Shape) != 2 {
		return nil, d.f.errorf(d.name, "its shape is %v, a matrix is needed", d.Shape)
	}
	rows, width := d.Shape[0], 0
	low, high := d.Shape[1], 0
	for _, r := range runs {
		if r.From < 0 || r.From >= r.To || r.To > d.Shape[1] {
			return nil, d.f.errorf(d.name, "columns %d to %d asked of shape %v", r.From, r.To, d.Shape)
		}
		width += r.To - r.From
		low, high = min(low, r.From), max(high, r.To)
	}
	if rows*width == 0 {
		return nil, nil
	}
	size := int(unsafe.Sizeof(*new(T)))
	if err := d.fits(rows*width, size); err != nil {
		return nil, err
	}
	out := make([]T, rows*width)
	// A chunk is decompressed for every read that touches it, so chunked data is always gathered.
	if len(runs) == 1 || (len(runs) <= gatherAbove && d.Chunk == nil) {
		at := 0
		for _, r := range runs {
			n := r.To - r.From
			if err := readBlock(d, []int{0, r.From}, []int{rows, n}, out, []int{rows, width}, []int{0, at}); err != nil {
				return nil, err
			}
			at += n
		}
		return out, nil
	}
	return out, gather(d, runs, out, low, high)
}

func gather[T Number](d *dataset, runs []Span, out []T, low, high int) error {
	rows, span := d.Shape[0], high-low
	step := max(1, gatherBytes/(span*int(unsafe.Sizeof(*new(T)))))
	if d.Chunk != nil {
		step = max(d.Chunk[0], step/d.Chunk[0]*d.Chunk[0])
	}
	step = min(step, rows)
	block := make([]T, step*span)
	at := 0
	for r := 0; r < rows; r += step {
		n := min(step, rows-r)
		if err := readBlock(d, []int{r, low}, []int{n, span}, block, []int{n, span}, []int{0, 0}); err != nil {
			return err
		}
		for i := range n {
			for _, s := range runs {
				at += copy(out[at:], block[i*span+s.From-low:i*span+s.To-low])
			}
		}
	}
	return nil
}
