package vm

import (
	"os"
	"path/filepath"
	"strings"

	"reverie/app/dataset/decoders"
)

// mostFolders bounds how many folders OnlyDecoders looks into, deepestFolder how deep.
const (
	mostFolders   = 400
	deepestFolder = 6
)

// OnlyDecoders tells whether a folder is one of decoders, or holds some and
// nothing else that could be opened. It reads the names in folders only; not on
// the drawing goroutine.
func OnlyDecoders(root string) bool {
	if st, err := os.Stat(root); err != nil || !st.IsDir() {
		return false
	}
	type at struct {
		dir   string
		depth int
	}
	found := false
	queue := []at{{root, 0}}
	for n := 0; len(queue) > 0 && n < mostFolders; n++ {
		a := queue[0]
		queue = queue[1:]
		if decoders.Is(a.dir) {
			found = true
			continue
		}
		entries, err := os.ReadDir(a.dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			name := e.Name()
			switch {
			case strings.HasPrefix(name, "."):
			case !e.IsDir() && opens(name):
				return false
			case e.IsDir() && a.depth < deepestFolder:
				queue = append(queue, at{filepath.Join(a.dir, name), a.depth + 1})
			}
		}
	}
	return found
}

// opens tells by its name whether a file could be a subject's, features, a picture or a model.
func opens(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".h5", ".hdf5", ".mat", ".npy", ".caffemodel", ".pt", ".pth", ".safetensors", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp":
		return true
	}
	return false
}
