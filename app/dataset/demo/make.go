package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"reverie/compute"
	"reverie/compute/brain"
)

// Options chooses the subject.
type Options struct {
	Seed uint64 // another seed is another subject seeing other scenes
}

// Files says where a subject's files are.
type Files struct {
	Dir      string
	Subject  map[brain.Session]string // BData files
	Stimuli  string                   // folder with one folder of PNG files per session, and Norm
	NormDir  string                   // pictures for norm statistics, never shown
	Seed     uint64
	Computed string // backend that the responses were computed with
}

// version changes whenever the files of a seed do, so that older ones are made anew.
const version = 3

// marker is written last: its presence says that all is there.
const marker = "simulated-subject.json"

type provenance struct {
	About   string `json:"about"`
	Version int    `json:"version"`
	Seed    uint64 `json:"seed"`
	Backend string `json:"backend"`
}

const about = "Simulated subject: pictures drawn and samples computed by a program. No person was scanned."

// Make makes a subject in the folder dir. It works in a folder beside it and
// renames at the end, so dir is whole or absent, also after a cancellation. An
// older subject there is replaced; a folder with anything else is refused. The
// same seed, backend and machine give the same pictures and samples to the bit
// (HDF5 files also keep when they were written). report may be nil; it is called
// from one goroutine.
func Make(ctx context.Context, dir string, opt Options, backend compute.Backend, report func(stage string, done, total int)) (*Files, error) {
	return build(ctx, dir, opt, full, backend, report)
}

// Open finds the files of a subject that Make made.
func Open(dir string) (*Files, error) {
	raw, err := os.ReadFile(filepath.Join(dir, marker))
	if err != nil {
		return nil, fmt.Errorf("open the simulated subject: %w", err)
	}
	var p provenance
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, fmt.Errorf("open the simulated subject %s: %s is damaged: %w", dir, marker, err)
	}
	if p.Version != version {
		return nil, fmt.Errorf("open the simulated subject %s: made by version %d of the generator, this is %d; make it anew", dir, p.Version, version)
	}
	f := &Files{Dir: dir, Subject: map[brain.Session]string{}, Stimuli: filepath.Join(dir, "stimuli"), Seed: p.Seed, Computed: p.Backend}
	f.NormDir = filepath.Join(f.Stimuli, Norm)
	want := []string{f.NormDir}
	for _, d := range full.designs(0) {
		f.Subject[d.session] = filepath.Join(dir, fileName(d))
		want = append(want, f.Subject[d.session])
		if d.session != brain.Imagery {
			want = append(want, filepath.Join(f.Stimuli, string(d.session)))
		}
	}
	for _, path := range want {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("open the simulated subject: %w; make it anew", err)
		}
	}
	return f, nil
}

// Complete tells whether dir holds a whole subject of this version.
func Complete(dir string) bool {
	_, err := Open(dir)
	return err == nil
}

// build is Make with its sizes open.
func build(ctx context.Context, dir string, opt Options, z size, backend compute.Backend, report func(stage string, done, total int)) (*Files, error) {
	if report == nil {
		report = func(string, int, int) {}
	}
	if err := replaceable(dir); err != nil {
		return nil, err
	}
	parent := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the simulated subject: %w", err)
	}
	temp, err := os.MkdirTemp(parent, ".simulated-*")
	if err != nil {
		return nil, fmt.Errorf("make the folder of the simulated subject: %w", err)
	}
	defer os.RemoveAll(temp)
	if err := os.Chmod(temp, 0o755); err != nil { // MkdirTemp's is private
		return nil, fmt.Errorf("make the folder of the simulated subject: %w", err)
	}

	all := z.pictures(opt.Seed)
	responses, err := z.show(ctx, temp, opt.Seed, all, backend, report)
	if err != nil {
		return nil, err
	}
	for i, d := range z.designs(opt.Seed) {
		stage := fmt.Sprintf("write the simulated samples of %s", d.session)
		err := d.write(ctx, temp, opt.Seed, i, all, responses, func(done, total int) {
			if done%50 == 0 || done == total {
				report(stage, done, total)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	raw, err := json.MarshalIndent(provenance{about, version, opt.Seed, backend.Name()}, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(temp, marker), append(raw, '\n'), 0o644); err != nil {
		return nil, fmt.Errorf("write the simulated subject: %w", err)
	}
	if err := swap(temp, dir); err != nil {
		return nil, err
	}
	return Open(dir)
}

// replaceable refuses a folder that holds something other than a simulated subject.
func replaceable(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the simulated subject: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, marker)); err != nil {
		return fmt.Errorf("make the simulated subject in %s: the folder holds other files; choose an empty or a new one", dir)
	}
	return nil
}

// swap puts temp in dir's place.
func swap(temp, dir string) error {
	if _, err := os.Stat(dir); err == nil {
		old, err := os.MkdirTemp(filepath.Dir(temp), ".replaced-*")
		if err != nil {
			return fmt.Errorf("replace the simulated subject: %w", err)
		}
		defer os.RemoveAll(old)
		if err := os.Rename(dir, filepath.Join(old, "subject")); err != nil {
			return fmt.Errorf("replace the simulated subject: %w", err)
		}
	}
	if err := os.Rename(temp, dir); err != nil {
		return fmt.Errorf("put the simulated subject in its place: %w", err)
	}
	return nil
}
