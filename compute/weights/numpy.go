package weights

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reverie/compute/format/npy"
)

// maxArrays is how many arrays a folder or an archive may have.
const maxArrays = 10_000

// arraySource makes a tensor's name of a path: conv1_1/weight and conv1_1.weight are the same.
func arraySource(name string, a *npy.Array, read func() ([]float32, error)) Source {
	return Source{Name: strings.ReplaceAll(filepath.ToSlash(name), "/", "."), DType: a.DType.String(), Shape: a.Shape, Read: read}
}

// openArchive lists the arrays of an .npz file.
func (c *container) openArchive(f *os.File, size int64) error {
	z, err := npy.NewArchive(c.path, f, size)
	if err != nil {
		return err
	}
	if len(z.Names()) > maxArrays {
		return fmt.Errorf("%w: it has %d arrays, more than %d", ErrUnknown, len(z.Names()), maxArrays)
	}
	for _, name := range z.Names() {
		a, err := z.Array(name)
		if err != nil {
			return err
		}
		c.list = append(c.list, arraySource(name, a, func() ([]float32, error) { return npy.ReadAll[float32](a) }))
	}
	return c.unique()
}

// openFolder lists the .npy files of a folder and of the folders in it. Each is opened when it is read.
func (c *container) openFolder() error {
	c.format, c.folder = npyFormat, true
	err := filepath.WalkDir(c.path, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(c.path, path)
		if err != nil {
			return err
		}
		if d.IsDir() && strings.Count(rel, string(filepath.Separator)) > 1 {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".npy" {
			return nil
		}
		if len(c.list) >= maxArrays {
			return fmt.Errorf("%w: more than %d arrays", ErrUnknown, maxArrays)
		}
		st, err := os.Stat(path)
		if err != nil {
			return err
		}
		if !st.Mode().IsRegular() { // opening a pipe would wait for its other end
			return nil
		}
		a, err := npy.Open(path)
		if err != nil {
			return err
		}
		defer a.Close()
		c.files = append(c.files, file{name: rel, size: st.Size()})
		c.list = append(c.list, arraySource(strings.TrimSuffix(rel, ".npy"), a, func() ([]float32, error) { return readArray(path, a.Shape) }))
		return nil
	})
	if err != nil {
		return err
	}
	if len(c.list) == 0 {
		return fmt.Errorf("%w: a folder without .npy files", ErrUnknown)
	}
	slices.SortFunc(c.files, func(a, b file) int { return strings.Compare(filepath.ToSlash(a.name), filepath.ToSlash(b.name)) })
	return c.unique()
}

func readArray(path string, shape []int) ([]float32, error) {
	a, err := npy.Open(path)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	if !slices.Equal(a.Shape, shape) {
		return nil, fmt.Errorf("%s: it has changed since it was listed: shape %v became %v", path, shape, a.Shape)
	}
	return npy.ReadAll[float32](a)
}

// unique refuses two arrays of one name, such as a/b.npy and a.b.npy.
func (c *container) unique() error {
	seen := map[string]bool{}
	for _, s := range c.list {
		if seen[s.Name] {
			return fmt.Errorf("two arrays are called %.200q", s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}
