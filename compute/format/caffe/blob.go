package caffe

import (
	"fmt"
	"io"
	"math"
	"os"

	"reverie/compute/format/internal/fresh"
	"reverie/compute/format/protobuf"
)

// Blob is an array in the file.
type Blob struct {
	// Shape is as the file has it; the four numbers of the older form where there
	// is no shape: (num, channels, height, width), (1,1,out,in) of a fully
	// connected layer, (1,1,1,n) of a bias.
	Shape []int

	message protobuf.Message
	packed  []protobuf.Message
	loose   int // values that stand by themselves
	double  bool
	n       int
}

// Len is the number of values.
func (b *Blob) Len() int { return b.n }

// Fields of BlobProto.
const (
	blobData, blobShape, blobDouble = 5, 7, 8
)

func blob(m protobuf.Message) (*Blob, error) {
	b := &Blob{message: m}
	old := [4]int{1, 1, 1, 1}
	isOld, values := false, [2]int64{} // of float and of double
	var packed [2][]protobuf.Message
	err := m.Fields(func(p protobuf.Field) error {
		switch p.Number {
		case 1, 2, 3, 4:
			if p.Wire != protobuf.Varint || p.Value > math.MaxInt32 {
				return fmt.Errorf("%w: axis %d of %d", ErrFormat, p.Number-1, int64(p.Value))
			}
			old[p.Number-1], isOld = int(p.Value), true
		case blobShape:
			if p.Wire != protobuf.Bytes {
				return fmt.Errorf("%w: its shape is no message", ErrFormat)
			}
			var err error
			b.Shape, err = shape(p.Body)
			return err
		case blobData, blobDouble:
			k, size, loose := 0, int64(4), protobuf.Fixed32
			if p.Number == blobDouble {
				k, size, loose = 1, 8, protobuf.Fixed64
			}
			switch p.Wire {
			case protobuf.Bytes:
				if p.Body.Len()%size != 0 {
					return fmt.Errorf("%w: %d bytes of values of %d", ErrFormat, p.Body.Len(), size)
				}
				if len(packed[k]) >= 1<<16 {
					return fmt.Errorf("%w: values in more than %d pieces", ErrFormat, 1<<16)
				}
				packed[k] = append(packed[k], p.Body)
				values[k] += p.Body.Len() / size
			case loose:
				b.loose++
				values[k]++
			default:
				return fmt.Errorf("%w: values of wire type %d", ErrFormat, p.Wire)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	k := 0
	if values[1] > 0 {
		k = 1
	}
	if values[0] > 0 && values[1] > 0 || b.loose > 0 && len(packed[k]) > 0 {
		return nil, fmt.Errorf("%w: values in two forms at once", ErrFormat)
	}
	b.double, b.packed, b.n = k == 1, packed[k], int(values[k])
	if b.Shape == nil {
		if !isOld && b.n > 0 {
			return nil, fmt.Errorf("%w: values without a shape", ErrFormat)
		}
		b.Shape = old[:]
	}
	want := int64(1)
	for _, d := range b.Shape {
		if d > 0 && want > math.MaxInt32*int64(1024)/int64(d) {
			return nil, fmt.Errorf("%w: a shape of %v", ErrFormat, b.Shape)
		}
		want *= int64(d)
	}
	if want != int64(b.n) {
		return nil, fmt.Errorf("%w: a shape of %v, %d values, and %d values are there", ErrFormat, b.Shape, want, b.n)
	}
	return b, nil
}

// shape reads a BlobShape: dim is field 1, packed or not.
func shape(m protobuf.Message) ([]int, error) {
	dims := []int64{}
	err := m.Fields(func(p protobuf.Field) error {
		var err error
		switch {
		case p.Number != 1:
		case p.Wire == protobuf.Bytes:
			dims, err = p.Body.Varints(dims, maxAxes)
		case p.Wire == protobuf.Varint && len(dims) < maxAxes:
			dims = append(dims, int64(p.Value))
		default:
			err = fmt.Errorf("%w: a shape of more than %d axes", ErrFormat, maxAxes)
		}
		return err
	})
	out := make([]int, len(dims))
	for i, d := range dims {
		if d < 0 || d > math.MaxInt32 {
			return nil, fmt.Errorf("%w: axis %d of length %d", ErrFormat, i, d)
		}
		out[i] = int(d)
	}
	return out, err
}

// Float32 reads the values in C order. Doubles are rounded; one beyond single precision is an error.
func (b *Blob) Float32() ([]float32, error) {
	dst := fresh.Make[float32](b.n)
	if b.loose > 0 {
		return dst, b.readLoose(dst)
	}
	at := 0
	for _, p := range b.packed {
		size, read := 4, p.Floats
		if b.double {
			size, read = 8, p.Doubles
		}
		n := int(p.Len()) / size
		if err := read(dst[at : at+n]); err != nil {
			return nil, err
		}
		at += n
	}
	return dst, nil
}

// readLoose walks the blob again for values that stand by themselves.
func (b *Blob) readLoose(dst []float32) error {
	at := 0
	return b.message.Fields(func(p protobuf.Field) error {
		switch {
		case p.Number == blobData && p.Wire == protobuf.Fixed32:
			dst[at] = math.Float32frombits(uint32(p.Value))
			at++
		case p.Number == blobDouble && p.Wire == protobuf.Fixed64:
			v := math.Float64frombits(p.Value)
			if f := float32(v); math.IsInf(float64(f), 0) && !math.IsInf(v, 0) {
				return fmt.Errorf("value %d, %g, is beyond single precision", at, v)
			}
			dst[at] = float32(v)
			at++
		}
		return nil
	})
}

// ReadBlob reads a .binaryproto file, such as a mean image: its shape and values.
func ReadBlob(path string) ([]int, []float32, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	fail := func(err error) ([]int, []float32, error) { return nil, nil, fmt.Errorf("open %s: %w", path, err) }
	st, err := f.Stat()
	if err != nil {
		return fail(err)
	}
	shape, values, err := newBlob(f, st.Size())
	if err != nil {
		return fail(err)
	}
	return shape, values, nil
}

func newBlob(r io.ReaderAt, size int64) ([]int, []float32, error) {
	b, err := blob(protobuf.New(r, size))
	if err != nil {
		return nil, nil, err
	}
	if b.n == 0 {
		return nil, nil, fmt.Errorf("%w: a blob without values", ErrFormat)
	}
	v, err := b.Float32()
	return b.Shape, v, err
}
