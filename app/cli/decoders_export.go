package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"reverie/app/dataset/decoders"
	"reverie/app/job"
)

// exportRecord is what export prints with --json.
type exportRecord struct {
	Out      string           `json:"out"`
	Exported []exportedFolder `json:"exported"`
	Notes    []string         `json:"notes,omitempty"`
}

type exportedFolder struct {
	From  string `json:"from"`
	Path  string `json:"path"`
	Units int    `json:"units"`
	There bool   `json:"there_already,omitempty"`
}

// exportDecoders writes folders of ours as the lab's scripts read them. Those
// that an earlier, cancelled run finished are kept.
func exportDecoders(ctx context.Context, e *env, f decodersFlags, roots []string) error {
	stores, lab, err := f.stores(ctx, e, roots)
	if err != nil {
		return err
	}
	for _, s := range stores {
		if n := s.Done(); n < s.Units() {
			return fmt.Errorf("%s: %d of %d units are trained: go on with the training, then export", s.Path(), n, s.Units())
		}
	}
	rec := exportRecord{Out: filepath.Clean(*f.out)}
	if lab > 0 {
		rec.Notes = append(rec.Notes, fmt.Sprintf("%d folders are in the lab's layout already and are left alone.", lab))
	}
	meter := job.NewMeter(e.progress.report)
	for i, s := range stores {
		x := exportedFolder{From: s.Path(), Path: filepath.Join(s.Dir(*f.out), "model"), Units: s.Units()}
		if x.There, err = exported(s, x.Path); err != nil {
			return err
		}
		word := "was there"
		if !x.There {
			stage := fmt.Sprintf("export %d of %d, %s", i+1, len(stores), s.Layer)
			if _, err := s.ExportLab(ctx, *f.out, func(done, total int) { meter.Step(stage, done, total) }); err != nil {
				return err
			}
			word = "written"
		}
		e.say("  %s: %d units, %s", x.Path, x.Units, word)
		rec.Exported = append(rec.Exported, x)
	}
	for _, n := range rec.Notes {
		e.say("note: %s", n)
	}
	e.say("%d model folders below %s. bdpy reads them: bdpy.ml.ModelTest with model_format \"bdmodel\", the model folder as model_path and chunk_axis 1", len(stores), rec.Out)
	e.say("(none for fc layers) predicts from the weights; bdpy.dataform.load_array reads W, b, x_mean, x_norm, y_mean and y_norm by their names.")
	return e.result(rec)
}

// exported reports whether a model folder was finished from a store as it is now.
func exported(s *decoders.Store, model string) (bool, error) {
	info := filepath.Join(model, "info.yaml")
	raw, err := os.ReadFile(info)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	id := s.Training.X[:min(16, len(s.Training.X))]
	if !strings.Contains(string(raw), "computation_status: done") || !strings.Contains(string(raw), fmt.Sprintf("computation_id: %q", id)) {
		return false, nil
	}
	st, err := os.Stat(info)
	if err != nil {
		return false, err
	}
	newest, err := newestFile(s.Path())
	return err == nil && st.ModTime().After(newest), err
}

func newestFile(dir string) (t time.Time, err error) {
	entries, err := os.ReadDir(dir)
	for _, x := range entries {
		info, err := x.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return t, err
		}
		if info.ModTime().After(t) {
			t = info.ModTime()
		}
	}
	return t, err
}

// stores are the folders of ours among those asked for, and how many are the lab's.
func (f decodersFlags) stores(ctx context.Context, e *env, roots []string) (out []*decoders.Store, lab int, err error) {
	folders, err := f.open(ctx, e, roots)
	if err != nil {
		return nil, 0, err
	}
	for _, d := range folders {
		if s, ok := d.(*decoders.Store); ok {
			out = append(out, s)
		} else {
			lab++
		}
	}
	if len(out) == 0 {
		return nil, lab, fmt.Errorf("%s: %d folders, all in the lab's layout, which keeps no accuracy and need not be exported: measure theirs with reverie decode --decoders", strings.Join(roots, ", "), lab)
	}
	return out, lab, nil
}
