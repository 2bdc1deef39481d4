// Package batch reconstructs many images: subjects × sessions × regions × layer
// sets × prior. It divides them into groups that share a program of the device,
// works through these some images at a time, writes finished images at once and
// goes on where it was after a cancellation, a crash or kill -9, to the same bytes.
//
// A batch's folder holds batch.json (what was asked), one folder of results for
// each group, and .batch while the work lasts: the lock, what is done, decoded
// features, and the images on the way.
package batch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/recon"
)

const (
	// Version is that of a batch.json.
	Version = 1
	// SpecFile holds the specification.
	SpecFile = "batch.json"
	// DefaultMemory is what a batch may take where nothing is said.
	DefaultMemory = 8 << 30

	mostSpecBytes = 16 << 20
	mostNames     = 100_000 // in any list
)

// Check says what is wrong with a specification by itself.
func Check(s session.BatchSpec) error {
	fail := func(format string, a ...any) error { return fmt.Errorf("batch: "+format, a...) }
	switch {
	case s.Version != Version:
		return fail("version %d of %s is not known, this program writes %d", s.Version, SpecFile, Version)
	case len(s.Subjects) == 0:
		return fail("no subject: name its files or folders, or take the built-in one")
	case len(s.LayerSets) == 0:
		return fail("no layer set: choose one, such as DNN1-8")
	case !s.Source.FromBrain() && s.Source != session.True && s.Source != session.Stored:
		return fail("no source %q: choose %s, %s, %s or %s", s.Source, session.Decoded, session.Shuffled, session.True, session.Stored)
	case s.Source == session.Shuffled && s.Decoders != "":
		return fail("decoders of shuffled labels are trained on the way: leave out the trained ones")
	case s.Source == session.Stored && s.Store == "":
		return fail("stored features need the folder that holds them")
	case s.Source.FromBrain() && len(s.ROIs) == 0:
		return fail("no region of the brain: choose one, such as VC")
	case s.Trials && !s.Source.FromBrain():
		return fail("single trials are of decoded features")
	case !slices.Contains([]string{session.PriorAuto, session.PriorOn, session.PriorOff, session.PriorBoth}, s.Prior):
		return fail("no choice of prior %q: auto, on, off or both", s.Prior)
	case s.Batch < 0 || s.Batch > 4096:
		return fail("%d images at a time, want 1 to 4096, or 0 to have it chosen", s.Batch)
	case s.Memory < 0:
		return fail("memory of %d bytes, want more than 0", s.Memory)
	case len(s.Layouts) == 0:
		return fail("no layout of the results: choose %s, %s or both", session.LayoutOurs, session.LayoutLab)
	}
	for _, l := range s.Layouts {
		if l != session.LayoutOurs && l != session.LayoutLab {
			return fail("no layout %q: choose %s or %s", l, session.LayoutOurs, session.LayoutLab)
		}
	}
	for _, b := range s.Subjects {
		if len(b.Paths) == 0 && !b.Demo {
			return fail("a subject without a path")
		}
	}
	for what, n := range map[string]int{"subjects": len(s.Subjects), "sessions": len(s.Sessions), "labels": len(s.Labels), "regions": len(s.ROIs), "layer sets": len(s.LayerSets), "layouts": len(s.Layouts)} {
		if n > mostNames {
			return fail("%d %s are too many", n, what)
		}
	}
	for _, list := range [][]string{s.ROIs, s.LayerSets, s.Labels, s.Layouts} {
		if n := twice(list); n != "" {
			return fail("%q is named twice", n)
		}
	}
	for _, o := range []recon.Options{s.Pixels, s.Latent} {
		if o.Iterations < 1 || o.Iterations > 1e7 {
			return fail("%d iterations, want 1 to 10,000,000", o.Iterations)
		}
	}
	if _, err := pipeline.ParseSnapshots(s.Snapshots); err != nil {
		return fail("%w", err)
	}
	return nil
}

func twice(list []string) string {
	seen := map[string]bool{}
	for _, s := range list {
		if seen[s] {
			return s
		}
		seen[s] = true
	}
	return ""
}

// Read reads a specification from a file or from a batch's folder.
func Read(path string) (session.BatchSpec, error) {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		path = filepath.Join(path, SpecFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return session.BatchSpec{}, fmt.Errorf("read the batch: %w", err)
	}
	defer f.Close()
	saved, err := parse(f)
	if err != nil {
		return session.BatchSpec{}, fmt.Errorf("read %s: %w", path, err)
	}
	return saved.BatchSpec, nil
}

// saved is what batch.json holds.
type saved struct {
	session.BatchSpec
	// Folders are those of the results, below the batch's.
	Folders []string `json:"folders,omitempty"`
	// Contents is a digest of the samples' names and of the networks' weights: what the specification does not say itself.
	Contents string `json:"contents,omitempty"`
	// Together and Cache are choices that later runs keep: images at a time, bytes of decoded features on the disk.
	Together int   `json:"images_together,omitempty"`
	Cache    int64 `json:"cache_bytes,omitempty"`
}

func parse(r io.Reader) (saved, error) {
	var s saved
	raw, err := io.ReadAll(io.LimitReader(r, mostSpecBytes+1))
	if err != nil {
		return s, err
	}
	if len(raw) > mostSpecBytes {
		return s, fmt.Errorf("larger than %d MB: no batch's specification", mostSpecBytes>>20)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("%w (want a %s as reverie batch writes it)", err, SpecFile)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return s, errors.New("something follows the specification")
	}
	for _, f := range s.Folders {
		if !filepath.IsLocal(filepath.FromSlash(f)) {
			return s, fmt.Errorf("folder %q does not lie below the batch's", f)
		}
	}
	return s, Check(s.BatchSpec)
}

// DifferentError says that a folder holds something else than what is to be written.
type DifferentError struct {
	Dir  string
	What []string // the differences
}

func (e *DifferentError) Error() string {
	return fmt.Sprintf("%s holds another batch (%s): choose another folder, or overwrite it", e.Dir, strings.Join(e.What, "; "))
}

// differences names the values in which two specifications differ.
func differences(old, now session.BatchSpec) []string {
	a, b := flat(old), flat(now)
	keys := slices.Collect(maps.Keys(b))
	for k := range a {
		if _, ok := b[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var out []string
	for _, k := range keys {
		if a[k] != b[k] {
			out = append(out, fmt.Sprintf("%s: there %s, now %s", k, short(a[k]), short(b[k])))
		}
	}
	return out
}

func short(s string) string {
	if s == "" {
		return "nothing"
	}
	if r := []rune(s); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}

// flat gives the values of a specification by their names, those of options by "pixels.Iterations".
func flat(s session.BatchSpec) map[string]string {
	raw, err := json.Marshal(s)
	if err != nil {
		return map[string]string{"options": err.Error()} // not finite: never equal to what was read
	}
	out := map[string]string{}
	var walk func(prefix string, raw json.RawMessage)
	walk = func(prefix string, raw json.RawMessage) {
		var m map[string]json.RawMessage
		if json.Unmarshal(raw, &m) != nil || m == nil {
			out[prefix] = string(raw)
			return
		}
		for k, v := range m {
			walk(strings.TrimPrefix(prefix+"."+k, "."), v)
		}
	}
	walk("", raw)
	return out
}
