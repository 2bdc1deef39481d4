package movie

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Sequence is one reconstruction's images on the way, as a run left them.
type Sequence struct {
	Label    string // from the folder image-<label>, else the folder's own name
	Folder   string
	Original string // file of the original beside them; "" where there is none
	Frames   []Snapshot
}

// Snapshot is one of them.
type Snapshot struct {
	Iteration int // the number that names the file
	Path      string
}

// ErrNone tells that folders hold no snapshots.
var ErrNone = errors.New("no snapshots there (they are pictures named by their iteration, as snapshots/image-<label>/000010.png: run reverie reconstruct or batch with --snapshots)")

// Bounds of what Find looks at.
const (
	mostDepth     = 12
	mostSequences = 4096
	mostSnapshots = 1 << 20
)

// Find lists the snapshots in folders and below them: in Reverie's form and in those of the lab's scripts
// (snapshots/image-<label>/00010.jpg), and any folder of pictures whose names are numbers. The order is that of
// the folders given, then by path, numbers by their value. Sequences that share a label get the part of the path
// before it that tells them apart. Links to folders are not followed. Where there are none the error is ErrNone.
func Find(ctx context.Context, folders ...string) ([]Sequence, error) {
	var all []Sequence
	var where []string // of each, the folder of its run below the folder given
	files := 0
	for _, root := range folders {
		var found []Sequence
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if !d.IsDir() {
				if path == root {
					return errors.New("it is a file, not a folder of snapshots")
				}
				if files++; files > mostSnapshots {
					return fmt.Errorf("more than %d files (name the folders of the runs)", mostSnapshots)
				}
				return nil
			}
			if path != root && strings.HasPrefix(d.Name(), ".") {
				return filepath.SkipDir
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			if strings.Count(filepath.ToSlash(rel), "/") >= mostDepth {
				return fmt.Errorf("%s lies more than %d folders deep", path, mostDepth)
			}
			s, err := sequence(path)
			if err != nil {
				return err
			}
			if len(s.Frames) > 0 {
				found = append(found, s)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("look for snapshots in %s: %w", root, err)
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: %w", root, ErrNone)
		}
		slices.SortStableFunc(found, func(a, b Sequence) int { return naturally(a.Folder, b.Folder) })
		for _, s := range found {
			rel, err := filepath.Rel(root, runOf(s.Folder))
			if err != nil || strings.HasPrefix(rel, "..") {
				rel = "."
			}
			where = append(where, filepath.ToSlash(filepath.Join(filepath.Base(root), rel)))
		}
		if all = append(all, found...); len(all) > mostSequences {
			return nil, fmt.Errorf("%s: more than %d reconstructions (name fewer folders)", root, mostSequences)
		}
	}
	tellApart(all, where)
	return all, nil
}

// runOf is the folder of the results that a folder of snapshots belongs to.
func runOf(folder string) string {
	if up := filepath.Dir(folder); filepath.Base(up) == "snapshots" {
		return filepath.Dir(up)
	}
	return filepath.Dir(folder)
}

// tellApart puts the run's folder before labels that stand twice, without the folders that all of them share.
func tellApart(all []Sequence, where []string) {
	times := map[string]int{}
	for _, s := range all {
		times[s.Label]++
	}
	var split [][]string
	for _, w := range where {
		split = append(split, strings.Split(w, "/"))
	}
	shared := 0
	for len(split) > 0 {
		same := true
		for _, w := range split {
			same = same && shared < len(w) && w[shared] == split[0][shared]
		}
		if !same {
			break
		}
		shared++
	}
	for i := range all {
		if rest := split[i][min(shared, len(split[i])):]; times[all[i].Label] > 1 && len(rest) > 0 {
			all[i].Label = strings.Join(rest, " ") + " " + all[i].Label
		}
	}
}

// better ranks forms that keep a picture's values before JPEG, where a number stands in two.
var better = map[string]int{".png": 1, ".tiff": 2, ".tif": 2, ".bmp": 3, ".jpg": 4, ".jpeg": 4}

// sequence reads the names in one folder; it has no frames where there are no snapshots.
func sequence(dir string) (Sequence, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Sequence{}, err
	}
	s := Sequence{Label: filepath.Base(dir), Folder: dir}
	if whole, err := filepath.Abs(dir); err == nil {
		s.Label = filepath.Base(whole)
	}
	label, named := strings.CutPrefix(s.Label, "image-")
	if named && label != "" {
		s.Label = label
	}
	for _, e := range entries {
		ext := strings.ToLower(filepath.Ext(e.Name()))
		stem := strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))
		if better[ext] == 0 || e.IsDir() || len(stem) > 9 || strings.Trim(stem, "0123456789") != "" {
			continue
		}
		n, err := strconv.Atoi(stem)
		if err != nil {
			continue
		}
		s.Frames = append(s.Frames, Snapshot{n, filepath.Join(dir, e.Name())})
	}
	rank := func(f Snapshot) int { return better[strings.ToLower(filepath.Ext(f.Path))] }
	slices.SortFunc(s.Frames, func(a, b Snapshot) int {
		return cmp.Or(cmp.Compare(a.Iteration, b.Iteration), cmp.Compare(rank(a), rank(b)), strings.Compare(a.Path, b.Path))
	})
	s.Frames = slices.CompactFunc(s.Frames, func(a, b Snapshot) bool { return a.Iteration == b.Iteration })
	if len(s.Frames) == 0 {
		return s, nil
	}
	for _, p := range []string{
		filepath.Join(runOf(dir), "original_image-"+label+".png"),
		filepath.Join(dir, "orig_img.jpg"), // of icnn's own test runs
	} {
		if st, err := os.Stat(p); err == nil && st.Mode().IsRegular() && s.Original == "" {
			s.Original = p
		}
	}
	return s, nil
}

// naturally orders texts with the numbers in them by their value.
func naturally(a, b string) int {
	digits := func(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
	x, y := a, b
	for x != "" && y != "" {
		m, n := digits(x), digits(y)
		if m > 0 && n > 0 {
			u, v := strings.TrimLeft(x[:m], "0"), strings.TrimLeft(y[:n], "0")
			if c := cmp.Or(cmp.Compare(len(u), len(v)), strings.Compare(u, v)); c != 0 {
				return c
			}
			x, y = x[m:], y[n:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
}
