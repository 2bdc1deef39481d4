// Package caffe reads Caffe's binary files: .caffemodel of both generations
// (V1LayerParameter, LayerParameter) and .binaryproto blobs such as mean images.
// The field numbers are those of caffe.proto (kamitani.md §8).
//
// Only names, types and shapes are read when a file is opened; values stay in
// the file until they are asked for.
package caffe

import (
	"errors"
	"fmt"
	"io"
	"os"

	"reverie/compute/format/protobuf"
)

// ErrFormat marks content that is no Caffe model.
var ErrFormat = errors.New("not a Caffe file")

// File is an open .caffemodel.
type File struct {
	Name   string // of the network, as the file has it
	V1     bool   // of the older generation
	Layers []Layer
	closer io.Closer
}

// Layer is a layer with what was learnt. Files saved from training also have
// layers of data, losses and splits, without blobs.
type Layer struct {
	Name        string
	Type        string // "Convolution", "InnerProduct", …; the older generation's numbers are put in these words
	Bottom, Top []string
	Blobs       []*Blob
}

// Limits of what a model may have: far beyond any, far below what hurts.
const (
	maxLayers = 100_000
	maxBlobs  = 1_000
	maxName   = 4_096
	maxAxes   = 32
)

// Open opens a .caffemodel. It must stay open while values are read.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil {
		var m *File
		if m, err = New(f, st.Size()); err == nil {
			m.closer = f
			return m, nil
		}
	}
	f.Close()
	return nil, fmt.Errorf("open %s: %w", path, err)
}

// Close closes the file.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// New reads the layers of a model of size bytes.
func New(r io.ReaderAt, size int64) (*File, error) {
	f := &File{}
	if size == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrFormat)
	}
	err := protobuf.New(r, size).Fields(func(p protobuf.Field) error {
		switch p.Number {
		case 1: // name
			if p.Wire == protobuf.Bytes {
				var err error
				f.Name, err = p.Body.Text(maxName)
				return err
			}
		case 2, 100: // layers (V1), layer
			if p.Wire != protobuf.Bytes {
				return fmt.Errorf("%w: field %d holds no layer", ErrFormat, p.Number)
			}
			if len(f.Layers) >= maxLayers {
				return fmt.Errorf("%w: more than %d layers", ErrFormat, maxLayers)
			}
			l, err := layer(p.Body, p.Number == 2)
			if err != nil {
				return fmt.Errorf("layer %d: %w", len(f.Layers), err)
			}
			f.V1 = f.V1 || p.Number == 2
			f.Layers = append(f.Layers, l)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(f.Layers) == 0 {
		return nil, fmt.Errorf("%w: it has no layers", ErrFormat)
	}
	return f, nil
}

// fields are the field numbers of a layer of one generation.
type fields struct{ name, kind, bottom, top, blobs int }

var (
	oldFields = fields{name: 4, kind: 5, bottom: 2, top: 3, blobs: 6}
	newFields = fields{name: 1, kind: 2, bottom: 3, top: 4, blobs: 7}
)

// v1Types are the words for V1LayerParameter.LayerType.
var v1Types = map[uint64]string{
	3: "Concat", 4: "Convolution", 5: "Data", 6: "Dropout", 8: "Flatten", 14: "InnerProduct", 15: "LRN",
	17: "Pooling", 18: "ReLU", 20: "Softmax", 21: "SoftmaxWithLoss", 25: "Eltwise", 39: "Deconvolution",
}

func layer(m protobuf.Message, old bool) (l Layer, err error) {
	n := newFields
	if old {
		n = oldFields
	}
	text := func(p protobuf.Field) (string, error) {
		if p.Wire != protobuf.Bytes {
			return "", fmt.Errorf("%w: field %d is no string", ErrFormat, p.Number)
		}
		return p.Body.Text(maxName)
	}
	err = m.Fields(func(p protobuf.Field) error {
		var s string
		var err error
		switch {
		case old && p.Number == 1:
			return errors.New("the model is of Caffe's first generation (V0): convert it with Caffe's upgrade_net_proto_binary")
		case p.Number == n.name:
			l.Name, err = text(p)
		case p.Number == n.kind && old:
			if l.Type = v1Types[p.Value]; l.Type == "" {
				l.Type = fmt.Sprint("V1 type ", p.Value)
			}
		case p.Number == n.kind:
			l.Type, err = text(p)
		case p.Number == n.bottom:
			if s, err = text(p); err == nil && len(l.Bottom) < maxBlobs {
				l.Bottom = append(l.Bottom, s)
			}
		case p.Number == n.top:
			if s, err = text(p); err == nil && len(l.Top) < maxBlobs {
				l.Top = append(l.Top, s)
			}
		case p.Number == n.blobs:
			var b *Blob
			if p.Wire != protobuf.Bytes || len(l.Blobs) >= maxBlobs {
				return fmt.Errorf("%w: blob %d of layer %q", ErrFormat, len(l.Blobs), l.Name)
			}
			if b, err = blob(p.Body); err != nil {
				return fmt.Errorf("%q, blob %d: %w", l.Name, len(l.Blobs), err)
			}
			l.Blobs = append(l.Blobs, b)
		}
		return err
	})
	return l, err
}
