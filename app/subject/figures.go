package subject

import (
	"context"
	"fmt"
	"path/filepath"

	"reverie/app/dataset/bdtb"
	"reverie/app/export"
	"reverie/app/session"
	"reverie/compute/brain"
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

// BlockLabel names one block: run and place count from 1.
func BlockLabel(run, index int, figure string) string {
	return fmt.Sprintf("run%d-block%02d-%s", run, index+1, figure)
}

// figures reads a BrainDecoderToolbox file; each stimulus block becomes a stimulus.
func (o *opener) figures(file string) error {
	d, err := bdtb.OpenGuarded(o.ctx, file)
	if err != nil {
		return err
	}
	blocks, err := d.Preprocess(bdtb.Options{})
	if err != nil {
		return err
	}
	pictures, err := FigurePictures(o.opt.Cache, blocks)
	if err != nil {
		return err
	}
	o.s.Name, o.s.Dir = Name(file), filepath.Dir(file)
	if d.Subject != "" {
		o.s.Name = d.Subject
	}
	out := session.Dataset{Session: FigureImages, File: file, Files: []string{file}, Samples: blocks.Len(), Runs: len(d.Runs)}
	for _, r := range d.ROIs {
		out.ROIs = append(out.ROIs, session.ROI{Name: r.Name, Voxels: len(r.Voxels)})
	}
	out.ROIs = append(out.ROIs, session.ROI{Name: AllVoxels, Voxels: d.Voxels})
	for i, name := range blocks.Labels {
		out.Stimuli = append(out.Stimuli, session.Stimulus{Label: BlockLabel(blocks.Runs[i], blocks.Index[i], name), Session: FigureImages, Image: pictures[name]})
	}
	o.s.Datasets = append(o.s.Datasets, out)
	o.s.Caution = FigureNote
	o.fine(file, "BrainDecoderToolbox: %s of %s in %s, %s.", count(d.Volumes, "volume", "volumes"), count(d.Voxels, "voxel", "voxels"),
		count(len(d.Runs), "run", "runs"), count(blocks.Len(), "stimulus block", "stimulus blocks"))
	o.regions(out)
	o.warn("Figures", FigureNote, "")
	o.note("The figures are drawn from their names in the file; the original pictures are not part of it.")
	o.fine("Figures", "Drawn from their names in the file; the original pictures are not part of it.")
	fixed := fmt.Sprintf("The first %d blocks of every run come in one fixed order: look at the others when judging a decoder.", blocks.FixedOrder)
	o.note(fixed)
	o.fine("Order of blocks", "%s", fixed)
	return nil
}

// FigurePictures draws the figures into the cache folder and gives their paths by name.
func FigurePictures(cache string, b bdtb.Blocks) (map[string]string, error) {
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
		p := filepath.Join(cache, "figures", export.Name(name)+".png")
		if err := export.PNG(p, img); err != nil {
			return nil, err
		}
		paths[name] = p
	}
	return paths, nil
}

// Figures opens the blocks of a BrainDecoderToolbox file with the voxels of some regions; none is all voxels.
func Figures(ctx context.Context, file string, rois []string) (bdtb.Blocks, error) {
	d, err := bdtb.OpenGuarded(ctx, file)
	if err != nil {
		return bdtb.Blocks{}, err
	}
	var opt bdtb.Options
	if len(rois) > 0 {
		if opt.Voxels, err = d.Columns(rois...); err != nil {
			return bdtb.Blocks{}, err
		}
	}
	return d.Preprocess(opt)
}
