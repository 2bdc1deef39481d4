package evaluation

import (
	"context"
	"errors"
	"fmt"
	"image"

	"reverie/app/dataset/stimuli"
	"reverie/app/job"
	"reverie/app/results"
	"reverie/compute/eval"
)

// Features computes the features of picture files in a layer of the loaded network, one vector each.
type Features func(ctx context.Context, files []string, layer string) ([][]float32, error)

// scored is what scoring gave.
type scored struct {
	scores []Score
	judged []judged // pixel identification, for what is drawn of the labels anew
	notes  []string
}

// score scores every set of a catalogue. Sets without originals are left out and noted.
func score(ctx context.Context, c *results.Catalogue, spec Spec, features Features, meter *job.Meter) (*scored, error) {
	out := &scored{notes: c.Notes}
	all := sets(c.Items, spec.keep)
	if len(all) == 0 {
		return nil, errors.New("evaluate: no reconstruction passes the filter")
	}
	for i, s := range all {
		meter.Step("score", i, len(all))
		if !s.originals() {
			out.notes = append(out.notes, fmt.Sprintf("%s of %s: no originals, not scored.", s.way, s.subject))
			continue
		}
		l, err := s.load(ctx)
		if err != nil {
			return nil, fmt.Errorf("evaluate: %w", err)
		}
		if err := out.measure(ctx, s, l, spec, features); err != nil {
			return nil, fmt.Errorf("evaluate %s of %s: %w", s.way, s.subject, err)
		}
	}
	meter.Step("score", len(all), len(all))
	if len(out.scores) == 0 {
		return nil, errors.New("evaluate: nothing could be scored: name the folder of the stimulus pictures (--images)")
	}
	return out, nil
}

// originals leaves out reconstructions without an original and tells whether others are left.
func (s *set) originals() bool {
	kept := s.items[:0:0]
	for _, r := range s.items {
		if r.Original != "" {
			kept = append(kept, r)
		}
	}
	s.items = kept
	return len(kept) > 0
}

func (out *scored) measure(ctx context.Context, s *set, l loaded, spec Spec, features Features) error {
	var layers []string
	for _, m := range spec.Measures {
		switch {
		case m.Layer() != "":
			layers = append(layers, m.Layer())
		case m == Identification || m == Correlation || m == Best:
		default:
			if err := out.likeness(s, l, m, spec); err != nil {
				return err
			}
		}
	}
	if err := out.pixels(s, l, spec); err != nil {
		return err
	}
	if len(layers) == 0 {
		return nil
	}
	if features == nil {
		return errors.New("identification by features needs a network")
	}
	files := make([]string, 0, len(s.items)+len(l.files))
	for _, r := range s.items {
		files = append(files, r.File)
	}
	files = append(files, l.files...)
	for _, layer := range layers {
		f, err := features(ctx, files, layer)
		if err != nil {
			return err
		}
		likes, _, err := eval.Correlations(f[:len(l.made)], f[len(l.made):])
		if err != nil {
			return err
		}
		js, err := s.identify(l, likes, spec)
		if err != nil {
			return err
		}
		for _, j := range js {
			out.scores = append(out.scores, j.scores(FeatureIdentification(layer))...)
		}
	}
	return nil
}

// pixels are the two measures by pixel correlation, from one matrix.
func (out *scored) pixels(s *set, l loaded, spec Spec) error {
	likes, _, err := eval.Correlations(vectors(l.made), vectors(l.originals))
	if err != nil {
		return err
	}
	for _, m := range spec.Measures {
		switch m {
		case Correlation:
			values := make([]float64, len(l.made))
			for i, c := range l.own {
				if values[i] = likes[i][c]; values[i] != values[i] {
					values[i] = 0 // a picture of one colour is like nothing
				}
			}
			out.scores = append(out.scores, s.scores(m, "", values, nil, spec.Trials)...)
		case Identification, Best:
			js, err := s.identify(l, likes, spec)
			if err != nil {
				return err
			}
			if m == Best {
				for _, j := range js {
					if j.task == eval.Whole {
						out.scores = append(out.scores, j.best()...)
					}
				}
				continue
			}
			for _, j := range js {
				out.scores = append(out.scores, j.scores(m)...)
			}
			out.judged = append(out.judged, js...)
			if len(js) == 0 {
				out.notes = append(out.notes, fmt.Sprintf("%s of %s: a single original, so nothing to identify it among.", s.way, s.subject))
			}
		}
	}
	return nil
}

// likeness are measures of a reconstruction and its own original alone.
func (out *scored) likeness(s *set, l loaded, m Measure, spec Spec) error {
	originals := l.originals
	if m == SSIM || m == PixCorr {
		originals = fieldSize(originals)
	}
	values := make([]float64, len(l.made))
	for i, c := range l.own {
		made, original := l.made[i], originals[c]
		var err error
		switch m {
		case PixCorr:
			if values[i], err = eval.PixelCorrelation(fieldSize(l.made[i : i+1])[0], original); err != nil {
				values[i], err = 0, nil // a picture of one colour is like nothing
			}
		case SSIM:
			values[i], err = eval.StructuralSimilarity(eval.SSIMGrey, fieldSize(l.made[i : i+1])[0], original)
		default:
			values[i], err = eval.StructuralSimilarity(eval.SSIMColour, made, original)
		}
		if err != nil {
			return err
		}
	}
	out.scores = append(out.scores, s.scores(m, "", values, nil, spec.Trials)...)
	return nil
}

// fieldSize resizes pictures as brain-diffuser's evaluation does before its low-level measures.
func fieldSize(pictures []*image.NRGBA) (out []*image.NRGBA) {
	for _, p := range pictures {
		out = append(out, stimuli.Resize(p, eval.FieldSize, eval.FieldSize))
	}
	return out
}

func vectors(pictures []*image.NRGBA) (out [][]float64) {
	for _, p := range pictures {
		out = append(out, eval.Pixels(p))
	}
	return out
}
