package intake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/dataset/decoders"
	"reverie/app/dataset/features"
	"reverie/app/dataset/stimuli"
)

// depth is how far below a dropped folder files are looked for.
const depth = 3

// Sort recognises what stands at paths. A folder is looked through, three
// folders deep; a store of features in it is one item, and so are its pictures.
// step is told how many things were looked at.
func Sort(ctx context.Context, paths []string, step func(name string, done int)) ([]Item, error) {
	s := sorter{ctx: ctx, step: step}
	for _, p := range paths {
		st, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", p, errors.Unwrap(err))
		}
		if st.IsDir() {
			s.folder(p, 0)
		} else {
			s.add(s.file(p))
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	return s.items, nil
}

type sorter struct {
	ctx   context.Context
	step  func(string, int)
	items []Item
	seen  int
}

func (s *sorter) add(i Item) {
	if !slices.ContainsFunc(s.items, func(o Item) bool { return o.Path == i.Path }) {
		s.items = append(s.items, i)
	}
}

func (s *sorter) file(path string) Item {
	if s.step != nil {
		s.step(filepath.Base(path), s.seen)
	}
	s.seen++
	return file(s.ctx, path)
}

// openable tells by the name whether a file in a folder is worth a look. What a user names is looked at in any case.
func openable(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".h5", ".hdf5", ".mat", ".caffemodel", ".pt", ".pth", ".safetensors", ".csv", ".tsv":
		return true
	}
	return false
}

// folder looks through a folder.
func (s *sorter) folder(dir string, level int) {
	if s.ctx.Err() != nil {
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		s.add(Item{dir, Unknown, err})
		return
	}
	var files, folders []string
	pictures := false
	for _, e := range entries {
		name := e.Name()
		path := filepath.Join(dir, name)
		switch {
		case strings.HasPrefix(name, "."):
		case e.IsDir():
			folders = append(folders, path)
		case stimuli.IsImage(name):
			pictures = true
		case openable(name):
			files = append(files, path)
		}
	}
	// With other files around them, decoders have a folder of their own.
	alone := len(files) == 0 && !pictures
	if decoders.Is(dir) && (alone || !decoders.Is(filepath.Join(dir, "model"))) || alone && decoders.IsRoot(dir) {
		s.add(Item{Path: dir, Kind: Decoders})
		return
	}
	found := s.files(files)
	is := func(k ...Kind) func(Item) bool { return func(i Item) bool { return slices.Contains(k, i.Kind) } }
	if slices.ContainsFunc(found, is(Features)) || !slices.ContainsFunc(found, is(Subject, Figures, Model)) && !mixed(dir, 0) {
		_, err := features.OpenGuarded(s.ctx, dir)
		if err == nil {
			s.add(Item{Path: dir, Kind: Features})
			return
		}
		for i := range found {
			if found[i].Kind == Features { // one sample or layer of a store that cannot be opened
				found[i] = Item{dir, Unknown, err}
			}
		}
	}
	for _, i := range found {
		s.add(i)
	}
	if pictures {
		s.add(Item{Path: dir, Kind: Pictures})
	}
	if level < depth {
		for _, f := range folders {
			s.folder(f, level+1)
		}
	}
}

// files recognises the files of one folder. A folder of samples may hold
// thousands: once the first is one of features the others are taken to be.
func (s *sorter) files(paths []string) []Item {
	var out []Item
	for _, p := range paths {
		if s.ctx.Err() != nil {
			break
		}
		i := s.file(p)
		out = append(out, i)
		if i.Kind == Features {
			break
		}
	}
	return out
}

// mixed tells that not only features lie below a folder: then they have a folder of their own.
func mixed(dir string, level int) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() && level < depth && !strings.HasPrefix(name, ".") && mixed(filepath.Join(dir, name), level+1) {
			return true
		}
		switch ext := strings.ToLower(filepath.Ext(name)); {
		case e.IsDir():
		case stimuli.IsImage(name), ext != ".mat" && ext != ".csv" && ext != ".tsv" && openable(name):
			return true
		}
	}
	return false
}
