package torch

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"reverie/compute/format/internal/fresh"
	"reverie/compute/format/internal/num"
)

// windowSize is what is held of a storage beside the result.
const windowSize = 1 << 20

// axis is a dimension of a view: d elements, src apart in the storage and dst apart in the result.
type axis struct{ d, src, dst int64 }

// Float32 reads the values in C order.
func (t *Tensor) Float32() ([]float32, error) {
	if t.why != "" {
		return nil, t.errorf("%s", t.why)
	}
	dst := fresh.Make[float32](t.n)
	if t.n == 0 {
		return dst, nil
	}
	axes := t.axes()
	size := t.elem.size
	start := t.st.base().offset + (t.st.shift+t.offset)*size
	if t.elem.kind == num.Float32 && len(axes) == 1 && axes[0].src == 1 {
		if err := t.f.readAt(num.View(dst), start); err != nil {
			return nil, t.errorf("%w", err)
		}
		num.Native(dst, t.f.BigEndian)
		return dst, nil
	}
	span := (t.highest - t.offset + 1) * size
	w := window{f: t.f, at: start, size: span, limit: cmp.Or(t.f.window, windowSize)}
	if !forward(axes) {
		w.limit = span // elements are met again and again: hold all of them
	}
	if err := t.gather(dst, axes, &w); err != nil {
		return nil, t.errorf("%w", err)
	}
	return dst, nil
}

// axes sorts the dimensions by the storage's order, largest steps first, and joins those that make one run.
func (v *view) axes() []axis {
	var out []axis
	dst := int64(1)
	for i := len(v.shape) - 1; i >= 0; i-- {
		if d := int64(v.shape[i]); d > 1 {
			out = append(out, axis{d, v.stride[i], dst})
			dst *= d
		}
	}
	slices.SortStableFunc(out, func(a, b axis) int { return int(max(-1, min(1, a.src-b.src))) }) // innermost first
	var joined []axis
	for _, a := range out {
		if k := len(joined) - 1; k >= 0 && a.src == joined[k].src*joined[k].d && a.dst == joined[k].dst*joined[k].d {
			joined[k].d *= a.d
			continue
		}
		joined = append(joined, a)
	}
	if len(joined) == 0 {
		return []axis{{1, 1, 1}}
	}
	slices.Reverse(joined)
	return joined
}

// forward tells whether a walk over the axes meets the storage's elements in rising order, each once.
func forward(axes []axis) bool {
	reach := int64(0)
	for _, a := range slices.Backward(axes) {
		if a.src <= reach {
			return false
		}
		reach += (a.d - 1) * a.src
	}
	return true
}

// gather walks over the axes; the innermost is converted run by run.
func (t *Tensor) gather(dst []float32, axes []axis, w *window) error {
	size := t.elem.size
	outer, in := axes[:len(axes)-1], axes[len(axes)-1]
	count := make([]int64, len(outer))
	piece := in.d // elements of the innermost axis that fit the window
	if in.src > 0 {
		piece = min(in.d, max((w.limit/size-1)/in.src+1, 1))
	}
	src, to := int64(0), int64(0)
	for {
		for i := int64(0); i < in.d; i += piece {
			n := min(piece, in.d-i)
			raw, err := w.get((src+i*in.src)*size, ((n-1)*in.src+1)*size)
			if err != nil {
				return err
			}
			if err := num.ToFloat32(dst[to+i*in.dst:], int(in.dst), raw, int(in.src), int(n), t.elem.kind, t.f.BigEndian); err != nil {
				return fmt.Errorf("from element %d: %w", to+i*in.dst, err)
			}
		}
		k := len(outer) - 1
		for ; k >= 0; k-- {
			a := outer[k]
			src, to = src+a.src, to+a.dst
			if count[k]++; count[k] < a.d {
				break
			}
			count[k] = 0
			src, to = src-a.d*a.src, to-a.d*a.dst
		}
		if k < 0 {
			return nil
		}
	}
}

// window holds a part of a span of the file.
type window struct {
	f        *File
	at, size int64 // the span
	limit    int64 // bytes held
	buf      []byte
	from     int64 // where buf begins in the span
}

// get returns n bytes of the span.
func (w *window) get(from, n int64) ([]byte, error) {
	if from < w.from || from+n > w.from+int64(len(w.buf)) {
		if w.limit >= w.size {
			w.from = 0
		} else {
			w.from = from
		}
		k := min(max(w.limit, n), w.size-w.from)
		if int64(cap(w.buf)) < k {
			w.buf = make([]byte, k)
		}
		w.buf = w.buf[:k]
		if err := w.f.readAt(w.buf, w.at+w.from); err != nil {
			return nil, err
		}
	}
	return w.buf[from-w.from : from-w.from+n], nil
}

func (f *File) readAt(b []byte, off int64) error {
	if n, err := f.r.ReadAt(b, off); n < len(b) {
		return fmt.Errorf("the bytes at offset %d: the file has changed or is cut off: %w", off, short(err))
	}
	return nil
}

// short is the error of a read that gave too few bytes.
func short(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (t *Tensor) errorf(format string, args ...any) error {
	return fmt.Errorf("PyTorch file %s: tensor %.200q: "+format, slices.Concat([]any{t.f.name, t.Name}, args)...)
}
