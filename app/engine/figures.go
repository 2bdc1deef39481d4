package engine

import (
	"context"
	"fmt"
	"slices"

	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/app/subject"
	"reverie/compute/decode"
)

func figures(s *session.Subject) *session.Dataset { return dataset(s, subject.FigureImages) }

// DecodeFigures decodes blocks with decoders that never saw their run.
// Labels choose blocks (see subject.BlockLabel); none is all.
func (e *Engine) DecodeFigures(ctx context.Context, file string, labels, rois, layers []string, alpha float64, meter *job.Meter) (*pipeline.Decoded, error) {
	rois = slices.DeleteFunc(slices.Clone(rois), func(r string) bool { return r == "" || r == subject.AllVoxels })
	b, err := subject.Figures(ctx, file, rois)
	if err != nil {
		return nil, err
	}
	pictures, err := subject.FigurePictures(e.cache, b)
	if err != nil {
		return nil, err
	}
	m := e.Model()
	if len(labels) == 0 {
		for i, name := range b.Labels {
			labels = append(labels, subject.BlockLabel(b.Runs[i], b.Index[i], name))
		}
	}
	out := &pipeline.Decoded{Layers: layers, Labels: labels, Values: make([][][]float32, len(layers)), FixedBlocks: b.FixedOrder}
	for l := range layers {
		out.Values[l] = make([][]float32, len(labels))
	}
	folds, err := decode.RunFolds(b.Samples)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	found := 0
	for k, fold := range folds {
		var chosen, places []int // samples of the fold, and where they stand among the labels
		for _, i := range fold.Test {
			if at := slices.Index(labels, subject.BlockLabel(fold.Values[0], b.Index[i], b.Labels[i])); at >= 0 {
				chosen, places = append(chosen, i), append(places, at)
			}
		}
		if len(places) == 0 {
			continue
		}
		found += len(places)
		meter.Step("decode", k, len(folds))
		got, err := m.Decode(ctx, e.Backend(), pipeline.DecodeRequest{
			Train: b.Subset(fold.Train), Test: b.Subset(chosen), Pictures: pictures, Layers: layers, Alpha: alpha,
		}, func(string, int, int) {})
		if err != nil {
			return nil, fmt.Errorf("leave run %d out: %w", fold.Values[0], err)
		}
		for l := range layers {
			for i, at := range places {
				out.Values[l][at] = got.Values[l][i]
			}
		}
	}
	meter.Step("decode", len(folds), len(folds))
	if found != len(labels) {
		return nil, fmt.Errorf("%s has only %d of the %d blocks asked for", file, found, len(labels))
	}
	return out, nil
}
