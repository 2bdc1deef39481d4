package features

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"reverie/compute/format/hdf5"
)

// layersIn are the names of the .h5 files, sorted; writes under way have names with a leading dot.
func layersIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open features: %w", err)
	}
	var out []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".h5"); ok && !e.IsDir() && !strings.HasPrefix(name, ".") {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	return out, nil
}

// openChunked checks every layer of a folder.
func openChunked(dir string, layers []string, h5 opener) ([]*leaf, map[string][]int, error) {
	if old, _ := filepath.Glob(filepath.Join(escape(dir), "*", "*.mat")); len(old) > 0 {
		return nil, nil, fmt.Errorf("%s holds <layer>.h5 files and, as %s, the layout of .mat files; keep one of the two: %w", dir, old[0], ErrFormat)
	}
	var out []*leaf
	shapes := map[string][]int{}
	for _, layer := range layers {
		path := filepath.Join(dir, layer+".h5")
		shape, labels, err := check(path, h5)
		if err != nil {
			return nil, nil, err
		}
		l := &leaf{layer: layer, path: path, labels: labels}
		if len(out) > 0 {
			if err := same(out[0].labels, labels); err != nil {
				return nil, nil, fmt.Errorf("%s: layers %s and %s differ: %w: %w", dir, layers[0], layer, err, ErrFormat)
			}
			l.labels, l.rows = out[0].labels, out[0].rows
		} else {
			l.rows = make(map[string]int, len(labels))
			for i, s := range labels {
				l.rows[s] = i
			}
		}
		out = append(out, l)
		shapes[layer] = shape
	}
	return out, shapes, nil
}

// escape keeps brackets in the path of a folder from being read as a pattern.
func escape(dir string) string {
	return strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`).Replace(dir)
}

// check validates one file and gives the shape of a sample and the labels.
func check(path string, h5 opener) ([]int, []string, error) {
	h, err := h5(path)
	if err != nil {
		return nil, nil, err
	}
	defer h.Close()
	bad := func(format string, args ...any) ([]int, []string, error) {
		return nil, nil, fmt.Errorf("%s: %s: %w", path, fmt.Sprintf(format, args...), ErrFormat)
	}
	if v, err := h.Attr("/", formatKey); err != nil || v != formatName {
		return bad("the mark %s is %v, not %q", formatKey, v, formatName)
	}
	v, err := h.Attr("/", versionKey)
	n, whole := v.(int64)
	if err != nil || !whole {
		return bad("%s is %v, not a whole number", versionKey, v)
	}
	if n < 1 || n > version {
		return bad("its format version is %d, known are 1 to %d; a newer program may read it", n, version)
	}
	if !h.Has("features") || !h.Has("labels") {
		return bad("it lacks /features or /labels")
	}
	info, err := h.Stat("features")
	if err != nil {
		return nil, nil, err
	}
	if len(info.Shape) < 2 || (info.Class != hdf5.Float && info.Class != hdf5.Integer) {
		return bad("/features is %s of shape %v, samples and at least one axis of units are needed", info.Class, info.Shape)
	}
	of, err := h.Stat("labels")
	if err != nil {
		return nil, nil, err
	}
	labels, err := h.Strings("labels")
	if err != nil {
		return nil, nil, err
	}
	if len(of.Shape) != 1 || len(labels) != info.Shape[0] {
		return bad("%d rows of features but labels of shape %v", info.Shape[0], of.Shape)
	}
	if l, twice := duplicate(labels); twice {
		return bad("label %q stands twice", l)
	}
	return info.Shape[1:], labels, nil
}

// openRow opens one row of a chunked layer.
func openRow(path string, row int, h5 opener) (*array, error) {
	h, err := h5(path)
	if err != nil {
		return nil, err
	}
	info, err := h.Stat("features")
	if err == nil && (len(info.Shape) < 2 || row >= info.Shape[0]) {
		err = fmt.Errorf("%s changed since it was opened: its shape is %v now: %w", path, info.Shape, ErrFormat)
	}
	if err != nil {
		h.Close()
		return nil, err
	}
	return &array{shape: info.Shape[1:], close: h.Close, read: func(from, to int) ([]float32, error) {
		start, extent, skip := block(info.Shape[1:], from, to)
		v, err := hdf5.ReadBlock[float32](h, "features", append([]int{row}, start...), append([]int{1}, extent...))
		return trim(v, err, skip, to-from)
	}}, nil
}
