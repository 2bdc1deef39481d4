package models

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"reverie/app/export"
)

// Entry is a file of the user's that the program remembers. The file stays where it is.
type Entry struct {
	Path     string    `json:"path"` // absolute
	Role     Role      `json:"role"`
	Format   string    `json:"format"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	SHA256   string    `json:"sha256"`
	// Published names the published file that this is to the byte; "" where it is not one of known checksum.
	Published string    `json:"published,omitempty"`
	About     string    `json:"about,omitempty"` // what was found in it, one line
	Notes     []string  `json:"notes,omitempty"` // what to know
	Added     time.Time `json:"added"`
	Chosen    bool      `json:"chosen,omitempty"` // of those in its role, the one to use
}

// Name is the file's name.
func (e Entry) Name() string { return filepath.Base(e.Path) }

// State is what became of a remembered file.
type State string

// The states. Changed is by size or time as long as nobody asks for Verify.
const (
	Unchanged State = "ok"
	Missing   State = "missing"
	Changed   State = "changed"
)

// State looks whether the file still stands there as it was; it does not read it.
func (e Entry) State() State {
	st, err := os.Stat(e.Path)
	switch {
	case err != nil:
		return Missing
	case st.Size() != e.Size || !st.ModTime().Equal(e.Modified):
		return Changed
	}
	return Unchanged
}

// Progress is told how many bytes of a file were read.
type Progress func(done, total int64)

// Store is the list of remembered files, kept in one JSON file. Its methods may
// be called from any goroutine and by several programs: each change reads the
// file anew.
type Store struct {
	path string
	mu   sync.Mutex
}

// Open gives the store kept in a file, which need not exist yet. With an empty
// path it is models.json in the folder of REVERIE_CONFIG, or else in that of the
// user's settings.
func Open(path string) (*Store, error) {
	if path == "" {
		dir := os.Getenv("REVERIE_CONFIG")
		if dir == "" {
			config, err := os.UserConfigDir()
			if err != nil {
				return nil, fmt.Errorf("no folder for settings: %w (set REVERIE_CONFIG to one)", err)
			}
			dir = filepath.Join(config, "reverie")
		}
		path = filepath.Join(dir, "models.json")
	}
	return &Store{path: path}, nil
}

// Path is the file that the list is kept in.
func (s *Store) Path() string { return s.path }

// Entries are the remembered files, by role and then in the order they were added.
func (s *Store) Entries() ([]Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read()
}

func (s *Store) read() ([]Entry, error) {
	raw, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of models: %w", err)
	}
	var list []Entry
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("the list of models %s is damaged: %w (remove it and add the models again)", s.path, err)
	}
	return list, nil
}

func (s *Store) change(f func([]Entry) ([]Entry, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, err := s.read()
	if err != nil {
		return err
	}
	if list, err = f(list); err != nil {
		return err
	}
	order := Catalogue()
	at := func(e Entry) int { return slices.IndexFunc(order, func(w Wanted) bool { return w.Role == e.Role }) }
	slices.SortStableFunc(list, func(a, b Entry) int { return at(a) - at(b) })
	return export.JSON(s.path, list)
}

// Add recognises a file, checks it whole and remembers it. A file that is
// remembered already is looked at anew. The first of its role is chosen.
func (s *Store) Add(ctx context.Context, path string, progress Progress) (Entry, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Entry{}, err
	}
	e, err := identify(ctx, path, progress)
	if err != nil {
		return Entry{}, err
	}
	e.Added = time.Now().Round(time.Second)
	err = s.change(func(list []Entry) ([]Entry, error) {
		e.Chosen = !slices.ContainsFunc(list, func(o Entry) bool { return o.Role == e.Role && o.Chosen && o.Path != path })
		if i := slices.IndexFunc(list, func(o Entry) bool { return o.Path == path }); i >= 0 {
			if list[i].Role == e.Role {
				e.Chosen, e.Added = list[i].Chosen, list[i].Added
			}
			list[i] = e
			return list, nil
		}
		return append(list, e), nil
	})
	return e, err
}

// ErrNone marks that no remembered file is meant.
var ErrNone = errors.New("no such model")

// Find gives the remembered file that a name means: a path, a file name, the
// beginning of a SHA-256 (eight digits or more), or a role, which means the one
// chosen for it.
func (s *Store) Find(name string) (Entry, error) {
	list, err := s.Entries()
	if err != nil {
		return Entry{}, err
	}
	return find(list, name)
}

func find(list []Entry, name string) (Entry, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return Entry{}, err
	}
	var found []Entry
	for _, e := range list {
		switch {
		case e.Path == path, e.Chosen && string(e.Role) == name:
			return e, nil
		case e.Name() == name, len(name) >= 8 && strings.HasPrefix(e.SHA256, strings.ToLower(name)):
			found = append(found, e)
		}
	}
	switch len(found) {
	case 0:
		return Entry{}, fmt.Errorf("%w: %q is none of those that reverie models lists", ErrNone, name)
	case 1:
		return found[0], nil
	}
	return Entry{}, fmt.Errorf("%q means %s and %s: give the whole path", name, found[0].Path, found[1].Path)
}

// Remove forgets a file; the file itself is left alone. Of its role another becomes the chosen one.
func (s *Store) Remove(name string) (Entry, error) {
	var gone Entry
	err := s.change(func(list []Entry) ([]Entry, error) {
		e, err := find(list, name)
		if err != nil {
			return nil, err
		}
		gone = e
		list = slices.DeleteFunc(list, func(o Entry) bool { return o.Path == e.Path })
		if i := slices.IndexFunc(list, func(o Entry) bool { return o.Role == e.Role }); e.Chosen && i >= 0 {
			list[i].Chosen = true
		}
		return list, nil
	})
	return gone, err
}

// Choose makes a file the one to use of its role.
func (s *Store) Choose(name string) (Entry, error) {
	var chosen Entry
	err := s.change(func(list []Entry) ([]Entry, error) {
		e, err := find(list, name)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if list[i].Role == e.Role {
				list[i].Chosen = list[i].Path == e.Path
			}
		}
		chosen = e
		chosen.Chosen = true
		return list, nil
	})
	return chosen, err
}

// Verify reads a remembered file whole and compares its checksum.
func (s *Store) Verify(ctx context.Context, e Entry, progress Progress) (State, error) {
	sum, _, st, err := checksums(ctx, e.Path, false, progress)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Missing, nil
	case err != nil:
		return Changed, err
	case sum != e.SHA256:
		return Changed, nil
	}
	if e.State() == Changed { // the same bytes with another time: remember that
		return Unchanged, s.change(func(list []Entry) ([]Entry, error) {
			for i := range list {
				if list[i].Path == e.Path {
					list[i].Size, list[i].Modified = st.Size(), st.ModTime()
				}
			}
			return list, nil
		})
	}
	return Unchanged, nil
}
