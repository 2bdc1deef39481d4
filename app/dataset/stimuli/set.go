package stimuli

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

var extensions = []string{".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".tif", ".tiff", ".gif", ".webp"}

// IsImage tells by the file's extension, in any case, whether Load may read it.
func IsImage(path string) bool {
	return slices.Contains(extensions, strings.ToLower(filepath.Ext(path)))
}

// Set finds pictures by label: the name of the file without its extension, such
// as n01443537_22563 for n01443537_22563.JPEG (the field's convention).
type Set struct{ paths map[string]string }

// OpenSet looks through folders and what lies below them; hidden folders are
// passed over. Where several files have one stem, the folder given first wins,
// then the first in alphabetical order. No image is opened.
func OpenSet(dirs ...string) (*Set, error) {
	s := &Set{paths: map[string]string{}}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil && path == dir:
				return err
			case err != nil: // an unreadable folder below must not hide the others
				return fs.SkipDir
			case d.IsDir() && path != dir && strings.HasPrefix(d.Name(), "."):
				return fs.SkipDir
			case d.IsDir() || !IsImage(path) || strings.HasPrefix(d.Name(), "."):
				return nil
			}
			label := stem(d.Name())
			if _, taken := s.paths[label]; !taken {
				s.paths[label] = path
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("look for stimulus images: %w", err)
		}
	}
	return s, nil
}

func stem(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }

// Match is the picture of a label. Labels that carry an image extension match
// too, as older files write them.
func (s *Set) Match(label string) (path string, ok bool) {
	if path, ok = s.paths[label]; !ok && IsImage(label) {
		path, ok = s.paths[stem(label)]
	}
	return path, ok
}

// Labels names all pictures, sorted.
func (s *Set) Labels() []string {
	labels := make([]string, 0, len(s.paths))
	for l := range s.paths {
		labels = append(labels, l)
	}
	slices.Sort(labels)
	return labels
}

// Len is the number of pictures.
func (s *Set) Len() int { return len(s.paths) }
