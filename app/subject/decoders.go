package subject

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/dataset/decoders"
	"reverie/app/session"
)

// decoders opens a folder of trained decoders: samples can be decoded with them.
func (o *opener) decoders(path string) {
	t, err := Trained(o.ctx, path)
	if err != nil {
		o.wrong(path, err)
		return
	}
	o.s.Trained = append(o.s.Trained, *t)
	o.fine(path, "Trained decoders (%s): %s from %s.", t.Method, list(t.Layers, 6), list(t.ROIs, 6))
	if !t.Complete {
		o.warn(path, "Some units are not trained yet.", "Go on with the training, or choose layers that are complete.")
	}
}

// Trained describes a folder of trained decoders.
func Trained(ctx context.Context, path string) (*session.TrainedSet, error) {
	dirs, err := decoders.Scan(path)
	if err != nil {
		return nil, err
	}
	if len(dirs) == 0 {
		return nil, fmt.Errorf("%s: %w", path, decoders.ErrNone)
	}
	t := &session.TrainedSet{Name: filepath.Base(path), Path: path, Complete: true}
	for _, dir := range dirs {
		f, err := decoders.Open(ctx, dir)
		if err != nil {
			return nil, err
		}
		a := f.About()
		if !slices.Contains(t.ROIs, a.ROI) {
			t.ROIs = append(t.ROIs, a.ROI)
		}
		if !slices.Contains(t.Layers, a.Layer) {
			t.Layers = append(t.Layers, a.Layer)
		}
		if !strings.Contains(t.Method, a.Method) {
			t.Method = strings.TrimPrefix(t.Method+"; "+a.Method, "; ")
		}
		t.Complete = t.Complete && a.Trained == a.Units()
	}
	return t, nil
}
