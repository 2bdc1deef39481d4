package features

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// Bounds of the search for feature files.
const (
	maxDepth   = 8       // folders below the root
	maxFolders = 1 << 16 // visited
	maxFiles   = 1 << 22 // found
	maxBarren  = 2000    // folders visited before the first file is found
)

// folder is a folder with feature files.
type folder struct {
	dir   string
	parts []string // names of the folders from the root down to it
	files []string // sorted
}

// decodedDir is the folder that bdpy's scripts put below a fold or ROI.
const decodedDir = "decoded_features"

// visit is a folder to be looked at, with what stands above it.
type visit struct {
	dir   string
	parts []string
	above *visit
	info  fs.FileInfo
}

// scan finds the folders with feature files at and below root, sorted by path. Links are followed, those that lead
// to a folder above themselves are not. Hidden files are left out.
func scan(root string) ([]folder, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, err
	}
	var out []folder
	folders, files := 0, 0
	for stack := []*visit{{dir: root, info: info}}; len(stack) > 0; {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if folders++; folders > maxFolders || len(out) == 0 && folders > maxBarren {
			return nil, fmt.Errorf("%s: no end of it after %d folders, %d of them with .mat or .npy files; open the folder of the features itself: %w", root, folders-1, len(out), ErrFormat)
		}
		entries, err := os.ReadDir(v.dir)
		if err != nil {
			return nil, err
		}
		f := folder{dir: v.dir, parts: v.parts}
		var npy []string
		for i := len(entries) - 1; i >= 0; i-- { // so that the stack gives them back in order
			name := entries[i].Name()
			if strings.HasPrefix(name, ".") {
				continue
			}
			switch filepath.Ext(name) {
			case ".mat":
				f.files = append(f.files, name)
				continue
			case ".npy":
				npy = append(npy, name)
				continue
			}
			if child := v.down(entries[i]); child != nil {
				stack = append(stack, child)
			}
		}
		if f.files == nil {
			f.files = npy
		}
		if files += len(f.files); files > maxFiles {
			return nil, fmt.Errorf("%s: more than %d files; open a folder inside: %w", root, maxFiles, ErrFormat)
		}
		if len(f.files) > 0 {
			sort.Strings(f.files)
			out = append(out, f)
		}
	}
	return onlyDecoded(out), nil
}

// down is the visit of an entry, nil unless it is a folder to go into.
func (v *visit) down(e fs.DirEntry) *visit {
	link := e.Type()&fs.ModeSymlink != 0
	if !e.IsDir() && !link || len(v.parts) == maxDepth {
		return nil
	}
	child := &visit{dir: filepath.Join(v.dir, e.Name()), above: v}
	var err error
	if child.info, err = os.Stat(child.dir); err != nil || !child.info.IsDir() {
		return nil
	}
	for u := v; link && u != nil; u = u.above {
		if os.SameFile(u.info, child.info) {
			return nil
		}
	}
	child.parts = append(append([]string(nil), v.parts...), e.Name())
	return child
}

// onlyDecoded drops what stands beside folders named decoded_features, decoders and scores, and that name itself.
// Files loose in the root are dropped too where there are others: a list of units or statistics.
func onlyDecoded(all []folder) []folder {
	beside := map[string]bool{}
	for _, f := range all {
		if n := len(f.parts); n > 0 && f.parts[n-1] == decodedDir {
			beside[filepath.Dir(f.dir)] = true
		}
	}
	var out []folder
	for _, f := range all {
		n := len(f.parts)
		switch {
		case n > 0 && f.parts[n-1] == decodedDir:
			f.parts = f.parts[:n-1]
		case n == 0 && len(all) > 1 && !flatName.MatchString(stem(f.files[0])):
			continue
		case below(f.dir, n, beside):
			continue
		}
		out = append(out, f)
	}
	return out
}

// below tells whether a folder, n levels below the root, or one above it is among the given.
func below(dir string, n int, given map[string]bool) bool {
	for ; n >= 0; n-- {
		if given[dir] {
			return true
		}
		dir = filepath.Dir(dir)
	}
	return false
}

// stem is the name of a file without its extension.
func stem(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }
