package recon

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
	"reflect"
	"unsafe"
)

// dump writes the fields of structures one after the other; load reads them into
// structures of the same kind and sizes. Fields need not be exported: what an
// optimiser holds is its own, and all of it counts.
type dump struct {
	w   *bufio.Writer
	buf []byte
	err error
}

func (d *dump) bytes(b []byte) {
	if d.err == nil {
		_, d.err = d.w.Write(b)
	}
}

func (d *dump) long(n int) { d.bytes(binary.LittleEndian.AppendUint64(nil, uint64(n))) }

func (d *dump) image(im *image) { d.value(reflect.ValueOf(im).Elem()) }

func (d *dump) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		d.value(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			d.value(v.Field(i))
		}
	case reflect.Slice:
		d.long(v.Len())
		if raw := flat(v); raw != nil || v.Len() == 0 {
			d.bytes(raw)
			return
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			d.value(v.Index(i))
		}
	case reflect.String:
		d.long(v.Len())
		d.bytes([]byte(v.String()))
	case reflect.Float64:
		d.long(int(math.Float64bits(v.Float())))
	case reflect.Bool:
		n := 0
		if v.Bool() {
			n = 1
		}
		d.long(n)
	default:
		if v.CanInt() {
			d.long(int(v.Int()))
		} else {
			d.long(int(v.Uint()))
		}
	}
}

// flat is the memory of a slice of numbers; nil of another. All machines that Reverie runs on are little-endian.
func flat(v reflect.Value) []byte {
	switch v.Type().Elem().Kind() {
	case reflect.Float64, reflect.Float32, reflect.Int32, reflect.Int8, reflect.Uint8, reflect.Bool:
		if v.Len() == 0 {
			return nil
		}
		return unsafe.Slice((*byte)(v.UnsafePointer()), v.Len()*int(v.Type().Elem().Size()))
	}
	return nil
}

type load struct {
	b   []byte
	err error
}

func (l *load) take(n int) []byte {
	if l.err != nil || n < 0 || n > len(l.b) {
		if l.err == nil {
			l.err = io.ErrUnexpectedEOF
		}
		return nil
	}
	out := l.b[:n]
	l.b = l.b[n:]
	return out
}

func (l *load) long() int {
	b := l.take(8)
	if b == nil {
		return 0
	}
	return int(binary.LittleEndian.Uint64(b))
}

func (l *load) image(im *image) { l.value(reflect.ValueOf(im).Elem()) }

// value fills v, of which every part can be set through its address.
func (l *load) value(v reflect.Value) {
	if l.err != nil {
		return
	}
	if v.CanAddr() && !v.CanSet() {
		v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		l.value(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			l.value(v.Field(i))
		}
	case reflect.Slice:
		l.slice(v)
	case reflect.Array:
		for i := range v.Len() {
			l.value(v.Index(i))
		}
	case reflect.String:
		v.SetString(string(l.take(l.long())))
	case reflect.Float64:
		v.SetFloat(math.Float64frombits(uint64(l.long())))
	case reflect.Bool:
		v.SetBool(l.long() != 0)
	default:
		if v.CanInt() {
			v.SetInt(int64(l.long()))
		} else {
			v.SetUint(uint64(l.long()))
		}
	}
}

// slice fills a slice in place where it has the length already, for parts of
// optimisers share memory; one that grew is made anew.
func (l *load) slice(v reflect.Value) {
	n, size := l.long(), int(v.Type().Elem().Size())
	if n < 0 || n > len(l.b) || size > 0 && v.Type().Elem().Kind() != reflect.Slice && n > len(l.b)/min(size, 8) {
		l.err = io.ErrUnexpectedEOF
		return
	}
	if n == 0 {
		if v.Len() > 0 {
			v.SetLen(0)
		}
		return
	}
	if v.Len() != n {
		if v.Cap() >= n {
			v.SetLen(n)
		} else {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
	}
	if raw := flat(v); raw != nil {
		copy(raw, l.take(len(raw)))
		return
	}
	for i := range n {
		l.value(v.Index(i))
	}
}
