package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"reverie/app/export"
	"reverie/app/pipeline"
)

// Files of the work, below workDir.
const (
	workDir    = ".batch"
	lockFile   = "lock"
	doneDir    = "done"
	cacheDir   = "features"
	stateFile  = "state"
	recordFile = "record.json" // of a part: it is written last
	curvesFile = "losses.csv"
)

func (j *Job) work(name ...string) string {
	return filepath.Join(append([]string{j.Dir, workDir}, name...)...)
}

// contents tells apart batches of one specification over other data.
func (j *Job) contents() string {
	h := sha256.New()
	for _, p := range j.parts {
		fmt.Fprintf(h, "%s %q %q\n", p.dir, p.layers, j.sets[p.set].Labels)
	}
	m := j.Host.Model(false)
	fmt.Fprintln(h, m.Weights.SHA256(m.Net))
	if p := j.Host.Prior(); p != nil {
		fmt.Fprintln(h, p.SHA256)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// claim makes the folder this batch's and holds it until release. What is in
// it already is told from it; where that is something else it is a
// DifferentError, or with overwrite removed. plan chooses for a new batch.
func (j *Job) claim(overwrite bool, plan func() error) (release func(), err error) {
	_, err = os.Stat(j.work())
	fresh := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(j.work(), 0o755); err != nil {
		return nil, fmt.Errorf("batch: make the folder of the results: %w (choose a folder you may write to)", err)
	}
	lock, busy, err := export.Hold(j.work(lockFile))
	if err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	if busy {
		return nil, fmt.Errorf("batch: another process works on %s: let it, or end it first", j.Dir)
	}
	release = func() { lock.Close() }
	defer func() {
		if err != nil {
			if fresh {
				os.RemoveAll(j.work())
			}
			lock.Close()
		}
	}()
	old, there, err := j.standing()
	var other *DifferentError
	if errors.As(err, &other) || err != nil && overwrite {
		if !overwrite {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	if there && err == nil && !overwrite {
		j.batch, j.cacheBytes = old.Together, old.Cache
		return release, j.sweep()
	}
	if overwrite {
		if err := j.clear(old.Folders); err != nil {
			return nil, err
		}
	}
	if err := plan(); err != nil {
		return nil, err
	}
	now := saved{j.Spec, j.folders(), j.contents(), j.batch, j.cacheBytes}
	if err := export.JSON(filepath.Join(j.Dir, SpecFile), now); err != nil {
		return nil, err
	}
	return release, nil
}

// standing reads what the folder holds; there is false for an empty one. The error is a DifferentError where it is
// something else than this batch.
func (j *Job) standing() (old saved, there bool, err error) {
	f, err := os.Open(filepath.Join(j.Dir, SpecFile))
	if errors.Is(err, fs.ErrNotExist) {
		for _, d := range j.folders() {
			if list, err := os.ReadDir(filepath.Join(j.Dir, filepath.FromSlash(d))); err == nil && len(list) > 0 {
				return old, false, &DifferentError{j.Dir, []string{"no " + SpecFile + ", but something in " + d}}
			}
		}
		return old, false, nil
	}
	if err != nil {
		return old, false, fmt.Errorf("batch: %w", err)
	}
	defer f.Close()
	if old, err = parse(f); err == nil && (old.Together < 1 || old.Cache < 0) {
		err = fmt.Errorf("%d images together and %d bytes of features make no sense", old.Together, old.Cache)
	}
	if err != nil {
		return old, true, &DifferentError{j.Dir, []string{fmt.Sprintf("its %s cannot be read: %v", SpecFile, err)}}
	}
	what := differences(old.BatchSpec, j.Spec)
	if len(what) == 0 && (old.Contents != j.contents() || !slices.Equal(old.Folders, j.folders())) {
		what = []string{"the subjects' stimuli or the network's weights are others now"}
	}
	if len(what) > 0 {
		return old, true, &DifferentError{j.Dir, what}
	}
	return old, true, nil
}

// sweep removes files that a killed run was writing: their names begin with a dot.
func (j *Job) sweep() error {
	remove := func(dir string, entries []fs.DirEntry) error {
		for _, e := range entries {
			if e.Type().IsRegular() && strings.HasPrefix(e.Name(), ".") {
				if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return fmt.Errorf("batch: tidy up: %w", err)
				}
			}
		}
		return nil
	}
	for _, d := range j.folders() {
		top := filepath.Join(j.Dir, filepath.FromSlash(d))
		err := filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.IsDir() {
				return err
			}
			list, err := os.ReadDir(path)
			if err != nil {
				return err
			}
			return remove(path, list)
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	list, err := filepath.Glob(filepath.Join(j.Dir, "."+SpecFile+"-*"))
	for _, f := range list {
		os.Remove(f)
	}
	return err
}

// ours are the names of files that a batch writes into a part's folder.
var ours = []string{recordFile, curvesFile, "montage*.png", "recon_image-*.*", "original_image-*.png", "recon_img-*.mat", "recon_img_normalized-*.jpg"}

// clear removes the results of a batch and nothing else, with folders that become empty.
func (j *Job) clear(folders []string) error {
	for _, d := range append(slices.Clone(folders), j.folders()...) {
		dir := filepath.Join(j.Dir, filepath.FromSlash(d))
		list, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("batch: clear the results before: %w", err)
		}
		for _, e := range list {
			mine := e.IsDir() && e.Name() == snapshotDir
			for _, pattern := range ours {
				ok, _ := filepath.Match(pattern, e.Name())
				mine = mine || ok && !e.IsDir()
			}
			if mine {
				if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
					return fmt.Errorf("batch: clear the results before: %w", err)
				}
			}
		}
		for up := dir; up != j.Dir && os.Remove(up) == nil; { // folders that are empty now
			up = filepath.Dir(up)
		}
	}
	list, err := os.ReadDir(j.work())
	if err != nil {
		return fmt.Errorf("batch: clear the work before: %w", err)
	}
	for _, e := range list {
		if e.Name() != lockFile {
			if err := os.RemoveAll(j.work(e.Name())); err != nil {
				return fmt.Errorf("batch: clear the work before: %w", err)
			}
		}
	}
	return nil
}

// doneImage is kept of a finished image until its part's record is written.
type doneImage struct {
	pipeline.ImageRecord
	Curve    [][3]string // iteration, evaluation, loss
	Computed pipeline.Computed
	Notes    []string
}

func (j *Job) doneFile(part, sample int) string {
	return j.work(doneDir, strconv.Itoa(part), j.parts[part].files[sample]+".json")
}

// finished tells whether a part's record is there.
func (j *Job) finished(part int) bool {
	_, err := os.Stat(j.path(part, recordFile))
	return err == nil
}

// isDone tells whether an image is there.
func (j *Job) isDone(part, sample int) bool {
	_, err := os.Stat(j.doneFile(part, sample))
	return err == nil
}

// count counts the images of a part that are there.
func (j *Job) count(part int) int {
	n := len(j.samplesOf(part))
	if j.finished(part) {
		return n
	}
	c := 0
	for i := range n {
		if j.isDone(part, i) {
			c++
		}
	}
	return c
}

func (j *Job) readDone(part, sample int) (d doneImage, err error) {
	raw, err := os.ReadFile(j.doneFile(part, sample))
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	if err != nil {
		err = fmt.Errorf("batch: what was kept of %q: %w (remove that file and run again: the image is made anew)", j.samplesOf(part)[sample], err)
	}
	return d, err
}
