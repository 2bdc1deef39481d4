package subject

import (
	"context"
	"fmt"
	"slices"

	"reverie/app/dataset/bdata"
	"reverie/app/dataset/features"
	"reverie/app/session"
	"reverie/compute/brain"
)

// Rows are the samples of one session with what training needs of them.
type Rows struct {
	Samples brain.Samples
	Names   []string // of single samples: sample000001-…, or the block's
	Fixed   int      // see pipeline.Decoded.FixedBlocks
	Notices []bdata.Notice
	XYZ     []float32            // places of the voxels in mm, three each; nil where the file has none
	Keys    map[string][]float64 // of each sample
}

// Training reads the voxels of a selection of one session with the values of
// some keys, such as Run. Figure blocks (bdtb) are named by their figure.
func Training(ctx context.Context, s *session.Subject, d session.Dataset, selection string, keys ...string) (*Rows, error) {
	if d.Session == FigureImages {
		return blocks(ctx, d, selection, keys)
	}
	f, err := open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if d.LabelKey == "" {
		return nil, fmt.Errorf("%s: its stimuli have no names: %w", d.File, errNoLabels)
	}
	o := options(s, d)
	r := &Rows{Keys: map[string][]float64{}}
	if r.Samples, r.Notices, err = f.SamplesBy(selection, o); err != nil {
		return nil, err
	}
	if r.XYZ, err = f.Places(selection); err != nil {
		return nil, err
	}
	for i, l := range r.Samples.Labels {
		r.Names = append(r.Names, features.TrialLabel(i+1, l))
	}
	for _, key := range keys {
		if r.Keys[key], err = f.ColumnBy(key, o); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func blocks(ctx context.Context, d session.Dataset, selection string, keys []string) (*Rows, error) {
	var rois []string
	if selection != "" && selection != AllVoxels {
		rois = []string{selection}
	}
	b, err := Figures(ctx, d.File, rois)
	if err != nil {
		return nil, err
	}
	r := &Rows{Samples: b.Samples, XYZ: b.XYZ, Fixed: b.FixedOrder, Keys: map[string][]float64{}}
	for i, figure := range b.Labels {
		r.Names = append(r.Names, BlockLabel(b.Runs[i], b.Index[i], figure))
	}
	for _, key := range keys {
		if key != "Run" {
			return nil, fmt.Errorf("%s has no key %q: its blocks have a Run only", d.File, key)
		}
		for _, run := range b.Runs {
			r.Keys[key] = append(r.Keys[key], float64(run))
		}
	}
	return r, nil
}

// Voxels counts the voxels that selections take of a session, without reading them.
func Voxels(ctx context.Context, d session.Dataset, selections []string) ([]int, error) {
	out := make([]int, len(selections))
	if d.Session == FigureImages {
		for i, sel := range selections {
			at := slices.IndexFunc(d.ROIs, func(r session.ROI) bool { return r.Name == sel })
			if at < 0 {
				return nil, fmt.Errorf("%s has no region %q", d.File, sel)
			}
			out[i] = d.ROIs[at].Voxels
		}
		return out, nil
	}
	f, err := open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for i, sel := range selections {
		at, err := f.Columns(sel)
		if err != nil {
			return nil, err
		}
		if out[i] = len(at); out[i] == 0 {
			return nil, fmt.Errorf("selection %q takes no voxel of %s", sel, d.File)
		}
	}
	return out, nil
}
