// Package intake recognises what a user drops or names: subject files, feature
// stores, models, pictures, tables. It looks at contents; names decide only
// where contents cannot.
package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"reverie/app/dataset/bdata"
	"reverie/app/dataset/features"
	"reverie/app/dataset/stimuli"
	"reverie/compute/format/hdf5"
	"reverie/compute/format/mat"
	"reverie/compute/format/npy"
)

// Kind is what something is.
type Kind string

// The kinds.
const (
	Subject    Kind = "subject file (BData)"
	Figures    Kind = "subject file (BrainDecoderToolbox)"
	Features   Kind = "features"
	Statistics Kind = "statistics of features"
	Model      Kind = "model"
	Network    Kind = "description of a network"
	Bounds     Kind = "bounds of a generator's input"
	Mean       Kind = "mean image"
	Picture    Kind = "picture"
	Pictures   Kind = "folder with pictures"
	Table      Kind = "stimulus table"
	Decoders   Kind = "decoders"
	Unknown    Kind = "not recognised"
)

// Item is something that was recognised, or why it was not.
type Item struct {
	Path string
	Kind Kind
	Err  error // for Unknown: what is wrong with it
}

var errNothing = errors.New("nothing that Reverie knows: it opens BData (.h5, .mat), BrainDecoderToolbox (.mat), folders of features, models (.caffemodel, .pt, .pth, .safetensors), pictures and stimulus tables (.csv, .tsv)")

// file recognises one file.
func file(ctx context.Context, path string) Item {
	kind, err := kindOf(ctx, path)
	if err != nil {
		return Item{path, Unknown, err}
	}
	return Item{Path: path, Kind: kind}
}

func kindOf(ctx context.Context, path string) (Kind, error) {
	if stimuli.IsImage(path) {
		return Picture, nil
	}
	head, err := begin(path)
	if err != nil {
		return Unknown, err
	}
	ext := strings.ToLower(filepath.Ext(path))
	switch {
	case len(head) == 0:
		return Unknown, errors.New("the file is empty")
	case isHDF5(head):
		return hdf5Kind(ctx, path)
	case bytes.HasPrefix(head, []byte("MATLAB 5.0")), ext == ".mat":
		return matKind(path)
	case bytes.HasPrefix(head, []byte("\x93NUMPY")):
		return npyKind(path)
	case ext == ".binaryproto":
		return Mean, nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), ext == ".pt", ext == ".pth", ext == ".safetensors", ext == ".caffemodel":
		return Model, nil
	case len(head) > 8 && head[8] == '{':
		return Model, nil
	case isText(head):
		return textKind(path, ext, head)
	}
	return Unknown, errNothing
}

// begin reads the first bytes, as many as a user block before HDF5 may have.
func begin(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:n], err
}

// isHDF5 finds the signature at the start or behind a user block, as MATLAB's 512 bytes.
func isHDF5(head []byte) bool {
	for at := 0; at < len(head); at = max(512, 2*at) {
		if bytes.HasPrefix(head[at:], []byte("\x89HDF\r\n\x1a\n")) {
			return true
		}
	}
	return false
}

func isText(head []byte) bool { return !bytes.ContainsRune(head, 0) }

func hdf5Kind(ctx context.Context, path string) (Kind, error) {
	h, err := hdf5.OpenGuarded(ctx, path)
	if err != nil {
		return Unknown, err
	}
	defer h.Close()
	all, err := h.List("/")
	if err != nil {
		return Unknown, err
	}
	var names []string
	for _, v := range all {
		names = append(names, v.Name)
	}
	if h.Has("D/data") {
		return Figures, nil
	}
	return byNames(path, names, ".h5 or .mat (HDF5)")
}

// npyKind tells a mean image or colour from other arrays by its shape.
func npyKind(path string) (Kind, error) {
	a, err := npy.Open(path)
	if err != nil {
		return Unknown, err
	}
	defer a.Close()
	shape := a.Shape
	if n := len(shape); n == 1 && shape[0] == 3 || n == 3 && (shape[0] == 3 || shape[2] == 3) {
		return Mean, nil
	}
	return Unknown, fmt.Errorf("an array of shape %v: no mean image; features are opened as the folder they lie in", shape)
}

func matKind(path string) (Kind, error) {
	f, err := mat.Open(path)
	if err != nil {
		return Unknown, err
	}
	defer f.Close()
	var names []string
	for _, v := range f.Variables() {
		names = append(names, v.Name)
	}
	return byNames(path, names, ".mat")
}

// byNames decides by what stands at the top of an HDF5 or MAT file.
func byNames(path string, names []string, container string) (Kind, error) {
	has := map[string]bool{}
	for _, n := range names {
		has[strings.ToLower(n)] = true
	}
	switch {
	case has["dataset"] && has["metadata"]:
		return Subject, nil
	case has["feat"], has["features"] && has["labels"]:
		return Features, nil
	case has["w"] || has["b"] || has["x_mean"] || has["y_mean"]:
		return Decoders, nil
	case has["image_mean"] || has["mean_data"]:
		return Mean, nil
	}
	for _, n := range names {
		if features.IsLayer(n) {
			if name := strings.ToLower(filepath.Base(path)); strings.Contains(name, "std") || strings.Contains(name, "mean") {
				return Statistics, nil
			}
			return Features, nil
		}
	}
	return Unknown, fmt.Errorf("a %s file with %s: neither a subject nor features; see it with reverie info", container, some(names))
}

func some(names []string) string {
	if len(names) == 0 {
		return "nothing in it"
	}
	if len(names) > 6 {
		return strings.Join(names[:6], ", ") + fmt.Sprintf(" and %d more", len(names)-6)
	}
	return strings.Join(names, ", ")
}

func textKind(path, ext string, head []byte) (Kind, error) {
	switch {
	case ext == ".prototxt" || bytes.Contains(head, []byte("layer {")) || bytes.Contains(head, []byte("layers {")):
		return Network, nil
	case ext == ".txt" && numbersOnly(head):
		return Bounds, nil
	case ext == ".csv" || ext == ".tsv":
		if _, err := bdata.ReadTable(path); err != nil {
			return Unknown, err
		}
		return Table, nil
	}
	return Unknown, errNothing
}

func numbersOnly(b []byte) bool {
	return len(bytes.TrimSpace(b)) > 0 && len(bytes.Trim(b, "0123456789.+-eE \t\r\n")) == 0
}
