package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"reverie/app/dataset/features"
	"reverie/app/job"
	"reverie/app/models"
	"reverie/compute/weights"
)

// checkPictures is how many pictures the check takes: enough for factors of 1.5 to stand out.
const checkPictures = 100

// errNoReference tells what the check needs.
var errNoReference = errors.New("there is nothing to compare with: add the lab's file of standard deviations (estimated_vgg19_cnn_feat_std.mat) to the models")

// CheckNetwork computes the features of natural pictures with the network in use
// and compares their standard deviations with the lab's published ones: those in
// a statistics file, or, with "", in the one among the models.
func (e *Engine) CheckNetwork(ctx context.Context, pictures []string, statistics string, report job.Reporter) (weights.StdReport, error) {
	none := weights.StdReport{}
	if len(pictures) == 0 {
		return none, errors.New("no natural pictures are at hand: open a folder of photographs, or a subject with its stimuli")
	}
	if statistics == "" {
		s, err := e.store.Find(string(models.Statistics))
		if err != nil {
			return none, errNoReference
		}
		statistics = s.Path
	}
	all, err := features.ReadStatistics(ctx, statistics)
	if err != nil {
		return none, err
	}
	reference := map[string][]float64{}
	for _, s := range all {
		for _, v := range s.Values {
			reference[s.Layer] = append(reference[s.Layer], float64(v))
		}
	}
	m := e.Model()
	var layers []string
	for _, l := range m.Net.Layers() {
		if reference[l] != nil {
			layers = append(layers, l)
		}
	}
	if len(layers) == 0 {
		return none, fmt.Errorf("%s names no layer of %s", filepath.Base(statistics), m.Net.Name)
	}
	if err := e.wait(ctx); err != nil {
		return none, err
	}
	e.run.RLock()
	defer e.run.RUnlock()
	meter := job.NewMeter(report)
	computed, err := m.ChannelStd(ctx, e.Backend(), pictures[:min(len(pictures), checkPictures)], layers, func(done, total int) { meter.Step("features of natural pictures", done, total) })
	if err != nil {
		return none, err
	}
	return weights.CompareStd(computed, reference), nil
}
