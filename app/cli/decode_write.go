package cli

import (
	"context"
	"path/filepath"
	"slices"

	"reverie/app/engine"
	"reverie/app/export"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/decode"
	"reverie/compute/eval"
)

// decoding is what the ways to decode have in common once features are there.
type decoding struct {
	e                      *env
	eng                    *engine.Engine
	s                      *session.Subject
	layers                 []string
	roi, layout, kind, out string
	norm                   pipeline.Norm
	meter                  *job.Meter
}

// folds decodes what each fold of cross-validation held out.
func (j *decoding) folds(ctx context.Context, names []string, t engine.Trained) error {
	if j.layout != "decoded" {
		return usage("these decoders are cross-validated: their features need --layout decoded, with a folder for each fold")
	}
	var all []decodeRecord
	for i, name := range names {
		j.meter.Step("fold "+name, i, len(names))
		d, err := j.eng.DecodeFold(ctx, j.s, name, t, j.meter)
		if err != nil {
			return err
		}
		rec, err := j.write(ctx, d, name)
		if err != nil {
			return err
		}
		all = append(all, rec)
	}
	return j.e.result(all)
}

// write writes decoded features and their record, and says how good they are.
func (j *decoding) write(ctx context.Context, d *pipeline.Decoded, fold string) (decodeRecord, error) {
	e, s := j.e, j.s
	if d.ROI != "" {
		j.roi = d.ROI
	}
	accuracy, err := decodingAccuracy(ctx, j.eng, s, d, j.meter)
	if err != nil {
		return decodeRecord{}, err
	}
	err = writeFeatures(ctx, j.out, layouts[j.layout], storedSet(j.layout, s, j.kind, j.roi, fold), j.eng.Model(), j.layers, d.Labels, func(each func(i int, f [][]float32) error) error {
		for i := range d.Labels {
			if err := each(i, d.Sample(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return decodeRecord{}, err
	}
	if fold != "" {
		e.say("%s, %d samples", fold, len(d.Labels))
	}
	for l, a := range accuracy {
		if a.Units == 0 { // JSON has no NaN
			accuracy[l].Mean = 0
		}
		e.say("  %-8s decoding accuracy %.3f over %d units", d.Layers[l], a.Mean, a.Units)
	}
	rec := decodeRecord{Accuracy: accuracy, Out: j.out, Subject: s.Name, Simulated: s.Simulated, Computed: j.eng.Computed(), Session: j.kind, ROI: j.roi, Fold: fold,
		Notes: slices.Concat(s.Notes, d.Notes, j.eng.Backend().Notes()), Corrected: d.Corrected, Scaling: d.Scaling, Layers: j.layers, Labels: d.Labels, FixedBlocks: d.FixedBlocks}
	if !d.Corrected && j.norm.Scaling != decode.Unscaled {
		rec.Notes = append(rec.Notes, "No norm correction, for lack of natural pictures that no decoder was trained on.")
	}
	if err := export.JSON(filepath.Join(j.out, recordName(fold)), rec); err != nil {
		return rec, err
	}
	for _, n := range rec.Notes {
		e.say("note: %s", n)
	}
	e.say("decoded features of %d samples in %d layers: %s", len(d.Labels), len(j.layers), filepath.Clean(j.out))
	return rec, nil
}

// scalings are the names of the norm corrections.
func scalings() []string {
	var out []string
	for _, k := range decode.Scalings() {
		out = append(out, k.String())
	}
	return out
}

// decodingAccuracy compares with the true features, where every sample's picture is at hand and there are several.
func decodingAccuracy(ctx context.Context, eng *engine.Engine, s *session.Subject, d *pipeline.Decoded, meter *job.Meter) ([]eval.LayerAccuracy, error) {
	pictures := map[string]string{}
	for _, set := range s.Datasets {
		for _, st := range set.Stimuli {
			if st.Image != "" {
				pictures[st.Label], pictures[stimulusOf(st.Label)] = st.Image, st.Image
			}
		}
	}
	paths := make([]string, len(d.Labels))
	for i, l := range d.Labels {
		if paths[i] = pictures[l]; paths[i] == "" {
			paths[i] = pictures[stimulusOf(l)]
		}
		if paths[i] == "" {
			return nil, nil
		}
	}
	if len(paths) < 2 {
		return nil, nil
	}
	return eng.Model().Accuracy(ctx, eng.Backend(), d, paths, func(done, total int) { meter.Step("true features", done, total) })
}
