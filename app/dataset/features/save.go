package features

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reverie/compute/format/mat"
)

// Save writes one sample as a .mat file (version 5) in the layout of True, Decoded or Release below root, making the
// folders, and returns its path. A file of that name is replaced. The values are flattened row-major.
//
// True and Decoded have the leading axis of samples, [1,C,H,W] or [1,N], which bdpy's classes join along; a fold gets
// the folder decoded_features, which bdpy looks for. Decoded needs a subject and an ROI. Release needs a collection
// <type>/<net> too and has, as the release, no leading axis on [C,H,W]: the scripts of 2019 read it, bdpy's classes
// do not. A slash in a layer's name becomes a colon, which Windows does not take.
func Save(root string, layout Layout, k Key, shape []int, values []float32) (string, error) {
	path, err := pathOf(root, layout, k)
	if err == nil {
		err = save(path, layout, shape, values)
	}
	if err != nil {
		return "", fmt.Errorf("write features of layer %q of %q in %s: %w", k.Layer, k.Label, root, err)
	}
	return path, nil
}

// pathOf is where a sample is written.
func pathOf(root string, layout Layout, k Key) (string, error) {
	k.Layer = folderOf(k.Layer)
	above := []string{}
	if k.Collection != "" {
		above = strings.Split(k.Collection, "/")
	}
	name := k.Label
	var parts []string
	switch layout {
	case True:
		if k.Subject != "" || k.ROI != "" || k.Fold != "" {
			return "", errors.New("true features have no subject, ROI or fold; write them as decoded features")
		}
		parts = append(above, k.Layer)
	case Decoded:
		parts = append(above, k.Layer, k.Subject, k.ROI)
		if k.Fold != "" {
			parts = append(parts, k.Fold, decodedDir)
		}
	case Release:
		if len(above) != 2 || k.Fold != "" {
			return "", errors.New("the layout of the 2019 release has a collection <type>/<net> and no folds")
		}
		parts = append(above, k.Layer, k.Subject, k.ROI)
		name = strings.Join(append(slices.Clone(parts), k.Label), "-")
	default:
		return "", fmt.Errorf("the layout of %s is not one of a file for each sample", layout)
	}
	for _, p := range append(slices.Clone(parts), k.Label) {
		if p == "" || strings.ContainsAny(p, "/\\\x00") || strings.HasPrefix(p, ".") {
			return "", fmt.Errorf("%q cannot be the name of a layer, subject, ROI, fold or label, for it cannot be that of a file", p)
		}
	}
	return filepath.Join(append(append([]string{root}, parts...), name+".mat")...), nil
}

func save(path string, layout Layout, shape []int, values []float32) error {
	for _, d := range shape {
		if d < 1 {
			return fmt.Errorf("shape %v has an empty axis", shape)
		}
	}
	if n, ok := count(shape); !ok || n != len(values) || len(shape) == 0 {
		return fmt.Errorf("%d values for shape %v", len(values), shape)
	}
	dims := append([]int{1}, shape...)
	if layout == Release && len(shape) > 1 {
		dims = shape
	}
	a, err := mat.Numeric(slices.Clone(dims), mat.ColumnMajor(dims, values))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return mat.Write(path, false, mat.Variable{Name: variable, Value: a})
}
