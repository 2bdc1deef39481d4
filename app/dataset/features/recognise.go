package features

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// leaf is the samples of one layer and set that lie in one folder or file.
type leaf struct {
	layer    string
	set      Set
	path     string            // folder, or the file of Chunked and Single
	labels   []string          // in the order of the store
	files    map[string]string // label → name in the folder
	rows     map[string]int    // label → row, of Chunked
	variable string            // of Single
}

// flatName is a file of the 2019 release: type, net, layer, subject, ROI, label.
var flatName = regexp.MustCompile(`^([^-]+)-([^-]+)-([^-]+)-([^-]+)-([^-]+)-(Img\d+)$`)

// recognise says what the files of the folders below root are.
func recognise(root string, found []folder) (Layout, []*leaf, error) {
	above := namesOf(root)
	var layout Layout
	var first string
	var out []*leaf
	for _, f := range found {
		l, leaves, err := place(above, f)
		if err != nil {
			return "", nil, err
		}
		if layout == "" {
			layout, first = l, f.dir
		} else if l != layout {
			return "", nil, fmt.Errorf("%s is in the layout of %s, but %s in that of %s; open one of them by itself: %w", first, layout, f.dir, l, ErrFormat)
		}
		out = append(out, leaves...)
	}
	return layout, out, nil
}

// namesOf are the last names of an absolute path, at most five: no layout looks farther.
func namesOf(root string) []string {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil
	}
	names := strings.FieldsFunc(strings.TrimPrefix(abs, filepath.VolumeName(abs)), func(r rune) bool { return r == filepath.Separator || r == '/' })
	return names[max(0, len(names)-5):]
}

// place finds layer and set of one folder below a root whose path ends in the names above.
func place(above []string, f folder) (Layout, []*leaf, error) {
	full := append(slices.Clone(above), f.parts...)
	base := len(above)
	if prefix := releasePrefix(full, stem(f.files[0])); prefix != "" {
		p := len(full) - 3
		l := &leaf{layer: layerOf(full[p]), set: Set{collection(full, base, p), full[p+1], full[p+2], ""}, path: f.dir}
		return Release, []*leaf{l}, l.take(f.files, func(s string) string { return strings.TrimPrefix(s, prefix) })
	}
	if flatName.MatchString(stem(f.files[0])) {
		leaves, err := flat(f)
		return Release, leaves, err
	}
	p, err := layerAt(full, base)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w: %w", f.dir, err, ErrFormat)
	}
	l := &leaf{layer: layerOf(full[p]), set: Set{Collection: collection(full, base, p)}, path: f.dir}
	layout := True
	if p+2 < len(full) {
		layout = Decoded
		l.set.Subject, l.set.ROI = full[p+1], full[p+2]
	}
	if p+3 < len(full) {
		l.set.Fold = full[p+3]
	}
	return layout, []*leaf{l}, l.take(f.files, func(s string) string { return s })
}

func collection(full []string, base, layer int) string {
	return strings.Join(full[min(base, layer):layer], "/")
}

// releasePrefix is the end of a path joined by hyphens where the file's name begins with it: five names in the
// release itself, at least the subject and the ROI.
func releasePrefix(full []string, stem string) string {
	if len(full) < 3 {
		return ""
	}
	for n := min(5, len(full)); n >= 2; n-- {
		if p := strings.Join(full[len(full)-n:], "-") + "-"; strings.HasPrefix(stem, p) && len(stem) > len(p) {
			return p
		}
	}
	return ""
}

// take gives the leaf its files.
func (l *leaf) take(files []string, label func(stem string) string) error {
	l.files = make(map[string]string, len(files))
	for _, name := range files {
		s := label(stem(name))
		if other, twice := l.files[s]; twice {
			return fmt.Errorf("%s: %s and %s have the same label %q: %w", l.path, other, name, s, ErrFormat)
		}
		l.files[s] = name
		l.labels = append(l.labels, s)
	}
	slices.Sort(l.labels)
	return nil
}

// flat sorts the files of one folder by the layers and sets in their names.
func flat(f folder) ([]*leaf, error) {
	type place struct {
		layer string
		set   Set
	}
	files := map[place][]string{}
	var order []place
	for _, name := range f.files {
		m := flatName.FindStringSubmatch(stem(name))
		if m == nil {
			return nil, fmt.Errorf("%s: %s has a name like <type>-<net>-<layer>-<subject>-<roi>-<label> and %s has not; keep them apart: %w", f.dir, f.files[0], name, ErrFormat)
		}
		p := place{m[3], Set{m[1] + "/" + m[2], m[4], m[5], ""}}
		if files[p] == nil {
			order = append(order, p)
		}
		files[p] = append(files[p], name)
	}
	var out []*leaf
	for _, p := range order {
		l := &leaf{layer: p.layer, set: p.set, path: f.dir}
		if err := l.take(files[p], func(s string) string { return s[strings.LastIndexByte(s, '-')+1:] }); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// layerAt finds which of the names on the path of a folder is the layer: the last one (True), the third from the
// end (Decoded) or the fourth (Decoded with folds). Names that look like layers decide, else the depth below the root
// does as in bdpy. base is where the names below the root begin; the root itself may be the layer if it looks so.
func layerAt(full []string, base int) (int, error) {
	n := len(full) - base
	usual := 0
	switch {
	case n >= 4 && foldLike(full[len(full)-1]):
		usual = 3
	case n >= 3:
		usual = 2
	}
	for _, least := range []int{base, base - 1} {
		for _, behind := range []int{usual, 0, 2, 3} {
			if p := len(full) - 1 - behind; p >= max(0, least) && IsLayer(full[p]) {
				return p, nil
			}
		}
	}
	if n == 0 {
		return 0, fmt.Errorf("the files lie in no folder named like a layer; open the folder that holds <layer>/<label>.mat")
	}
	return len(full) - 1 - usual, nil
}
