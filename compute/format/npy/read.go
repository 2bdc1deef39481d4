package npy

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"reverie/compute/format/internal/fresh"
	"reverie/compute/format/internal/num"
)

// Number is a type that values are read as.
type Number interface{ num.Target }

// ReadAll reads the whole array in C order, converted as the package comment says.
func ReadAll[T Number](a *Array) ([]T, error) { return Read[T](a, 0, a.Len) }

// Read reads n elements from element from in C order, converted as the package comment says.
func Read[T Number](a *Array, from, n int) ([]T, error) {
	var zero T
	if err := a.check(from, n, fmt.Sprintf("%T", zero), Bool, Int, Uint, Float); err != nil {
		return nil, err
	}
	dst := fresh.Make[T](n)
	if a.same(any(zero)) && a.linear() {
		return dst, a.direct(from, n, num.View(dst))
	}
	d := a.DType
	chunk := make([]T, 0, min(n, max(bufferSize/max(d.Size, 1), 1)))
	err := a.walk(from, n, func(raw []byte, count, to, step int) error {
		if step == 1 {
			return convert(dst[to:to+count], raw, d, from+to, 1)
		}
		c := chunk[:count]
		if err := convert(c, raw, d, from+to, step); err != nil {
			return err
		}
		for _, x := range c {
			dst[to] = x
			to += step
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return dst, nil
}

// same reports whether the file's elements are values of x's type, whatever their byte order.
func (a *Array) same(x any) bool {
	switch x.(type) {
	case float32:
		return a.DType.Kind == Float && a.DType.Size == 4
	case float64:
		return a.DType.Kind == Float && a.DType.Size == 8
	}
	return a.DType.Kind == Int && a.DType.Size == 8
}

// direct reads elements straight into their place: nothing is held twice.
func (a *Array) direct(from, n int, dst []byte) error {
	whole := n == a.Len
	s, err := a.src.open(a.start, whole)
	if err != nil {
		return a.errorf("%w", err)
	}
	defer s.closer.Close()
	if err = s.skip(int64(from) * int64(a.DType.Size)); err == nil {
		err = s.full(dst)
	}
	if err == nil && whole {
		err = s.finish()
	}
	if err != nil {
		return a.errorf("%w", err)
	}
	if a.DType.Big != num.HostBig {
		num.Swap(dst, a.DType.Size)
	}
	return nil
}

// ReadComplex reads n complex elements from element from in C order.
func ReadComplex(a *Array, from, n int) ([]complex128, error) {
	if err := a.check(from, n, "complex128", Complex); err != nil {
		return nil, err
	}
	dst := make([]complex128, n)
	size, order := a.DType.Size, a.DType.byteOrder()
	err := a.walk(from, n, func(raw []byte, count, to, step int) error {
		for i := range count {
			e := raw[i*size:]
			if size == 8 {
				dst[to] = complex(float64(math.Float32frombits(order.Uint32(e))), float64(math.Float32frombits(order.Uint32(e[4:]))))
			} else {
				dst[to] = complex(math.Float64frombits(order.Uint64(e)), math.Float64frombits(order.Uint64(e[8:])))
			}
			to += step
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return dst, nil
}

// ReadStrings reads n strings from element from in C order, without the NULs behind them. Bytes come as
// they are, Unicode as UTF-8; a code point that is none is an error, half of a surrogate pair becomes U+FFFD.
func ReadStrings(a *Array, from, n int) ([]string, error) {
	if err := a.check(from, n, "strings", Bytes, Unicode); err != nil {
		return nil, err
	}
	dst := make([]string, n)
	d, order := a.DType, a.DType.byteOrder()
	var b strings.Builder
	err := a.walk(from, n, func(raw []byte, count, to, step int) error {
		for i := range count {
			e := raw[i*d.Size : (i+1)*d.Size]
			if d.Kind == Bytes {
				dst[to] = strings.TrimRight(string(e), "\x00")
				to += step
				continue
			}
			b.Reset()
			for ; len(e) > 0; e = e[4:] {
				c := order.Uint32(e)
				if c > utf8.MaxRune {
					return fmt.Errorf("element %d: 0x%x is no Unicode code point: the file is damaged", from+to, c)
				}
				b.WriteRune(rune(c))
			}
			dst[to] = strings.TrimRight(b.String(), "\x00")
			to += step
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return dst, nil
}
