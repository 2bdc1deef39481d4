package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"reverie/app/dataset/bdtb"
	"reverie/app/export"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/decode"
)

// FigureImages is the session of a BrainDecoderToolbox file: a few figures
// shown in blocks, decoded by leaving one run out.
const FigureImages brain.Session = "FigureImages"

// AllVoxels stands for no choice of regions.
const AllVoxels = "all voxels"

// FigureNote must stand beside every result from such a file.
const FigureNote = "The decoders were trained on five figures only, so decoded features lie in their span: this classifies, it does not reconstruct novel images."

// figurePixels is the side of the drawn figures.
const figurePixels = 224

func figures(s *session.Subject) *session.Dataset { return dataset(s, FigureImages) }

// BlockLabel names one block: run and place count from 1.
func BlockLabel(run, index int, figure string) string {
	return fmt.Sprintf("run%d-block%02d-%s", run, index+1, figure)
}

// openFigures reads a BrainDecoderToolbox file; each stimulus block becomes a stimulus.
func (e *Engine) openFigures(file string, s *session.Subject) (session.Dataset, error) {
	d, err := bdtb.Open(file)
	if err != nil {
		return session.Dataset{}, err
	}
	blocks, err := d.Preprocess(bdtb.Options{})
	if err != nil {
		return session.Dataset{}, err
	}
	pictures, err := e.FigurePictures(blocks)
	if err != nil {
		return session.Dataset{}, err
	}
	if d.Subject != "" {
		s.Name = d.Subject
	}
	out := session.Dataset{Session: FigureImages, File: file, Samples: blocks.Len(), Runs: len(d.Runs)}
	for _, r := range d.ROIs {
		out.ROIs = append(out.ROIs, session.ROI{Name: r.Name, Voxels: len(r.Voxels)})
	}
	out.ROIs = append(out.ROIs, session.ROI{Name: AllVoxels, Voxels: d.Voxels})
	for i, name := range blocks.Labels {
		out.Stimuli = append(out.Stimuli, session.Stimulus{Label: BlockLabel(blocks.Runs[i], blocks.Index[i], name), Session: FigureImages, Image: pictures[name]})
	}
	s.Caution = FigureNote
	s.Notes = append(s.Notes, FigureNote,
		"The figures are drawn from their names in the file; the original pictures are not part of it.",
		fmt.Sprintf("The first %d blocks of every run come in one fixed order: look at the others when judging a decoder.", blocks.FixedOrder))
	return out, nil
}

// FigurePictures draws the figures into the cache folder and gives their paths by name.
func (e *Engine) FigurePictures(b bdtb.Blocks) (map[string]string, error) {
	drawn := bdtb.Figures(figurePixels)
	paths := map[string]string{}
	for _, name := range b.Labels {
		if paths[name] != "" {
			continue
		}
		img, ok := drawn[name]
		if !ok {
			return nil, fmt.Errorf("no drawing is known for the figure %q", name)
		}
		p := filepath.Join(e.cache, "figures", export.Name(name)+".png")
		if err := export.PNG(p, img); err != nil {
			return nil, err
		}
		paths[name] = p
	}
	return paths, nil
}

// DecodeFigures decodes blocks with decoders that never saw their run.
// Labels choose blocks (see BlockLabel); none is all.
func (e *Engine) DecodeFigures(ctx context.Context, file string, labels, rois, layers []string, alpha float64, meter *job.Meter) (*pipeline.Decoded, error) {
	d, err := bdtb.Open(file)
	if err != nil {
		return nil, err
	}
	var opt bdtb.Options
	if rois = slices.DeleteFunc(slices.Clone(rois), func(r string) bool { return r == "" || r == AllVoxels }); len(rois) > 0 {
		if opt.Voxels, err = d.Columns(rois...); err != nil {
			return nil, err
		}
	}
	b, err := d.Preprocess(opt)
	if err != nil {
		return nil, err
	}
	pictures, err := e.FigurePictures(b)
	if err != nil {
		return nil, err
	}
	if len(labels) == 0 {
		for i, name := range b.Labels {
			labels = append(labels, BlockLabel(b.Runs[i], b.Index[i], name))
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
			if at := slices.Index(labels, BlockLabel(fold.Run, b.Index[i], b.Labels[i])); at >= 0 {
				chosen, places = append(chosen, i), append(places, at)
			}
		}
		if len(places) == 0 {
			continue
		}
		found += len(places)
		meter.Step("decode", k, len(folds))
		got, err := e.model.Decode(ctx, e.Backend(), pipeline.DecodeRequest{
			Train: b.Subset(fold.Train), Test: b.Subset(chosen), Pictures: pictures, Layers: layers, Alpha: alpha,
		}, func(string, int, int) {})
		if err != nil {
			return nil, fmt.Errorf("leave run %d out: %w", fold.Run, err)
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
