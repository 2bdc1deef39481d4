package pipeline

import (
	"fmt"
	"image"
	"math"
	"path/filepath"

	"reverie/app/dataset/stimuli"
	"reverie/compute/eval"
	"reverie/compute/stats"
)

// Scores are what reconstructions are worth, measured by pixel correlation.
type Scores struct {
	Images      []ImageScore    `json:"images"`
	Correlation *stats.Interval `json:"pixel_correlation"`
	// Pairwise identification: own original against every other; chance 50 %.
	Pairwise *stats.Interval `json:"pairwise_identification"`
	// Best: own original the most alike of all Candidates; chance 1/Candidates.
	Best       *stats.Interval `json:"best_of_all_identification"`
	Candidates int             `json:"candidates"`
	Chance     float64         `json:"best_of_all_chance"`
}

// ImageScore is one reconstruction's.
type ImageScore struct {
	Label       string  `json:"label"`
	Correlation float64 `json:"pixel_correlation"`
	Pairwise    float64 `json:"pairwise_identification"`
	Best        bool    `json:"best_of_all"`
}

// Pair is a reconstruction with its original, of one size.
type Pair struct {
	Label           string
	Recon, Original *image.NRGBA
}

// Evaluate scores reconstructions. Originals that are the same picture are one candidate.
func Evaluate(pairs []Pair) (*Scores, error) {
	var recon, candidates [][]float64
	var own []int
	at := map[string]int{}
	for _, p := range pairs {
		if p.Recon.Bounds().Size() != p.Original.Bounds().Size() {
			return nil, fmt.Errorf("evaluate %s: reconstruction is %v, original %v", p.Label, p.Recon.Bounds().Size(), p.Original.Bounds().Size())
		}
		k, seen := at[string(p.Original.Pix)]
		if !seen {
			k = len(candidates)
			at[string(p.Original.Pix)] = k
			candidates = append(candidates, eval.Pixels(p.Original))
		}
		own = append(own, k)
		recon = append(recon, eval.Pixels(p.Recon))
	}
	id, err := eval.Identify(recon, candidates, own)
	if err != nil {
		return nil, err
	}
	s := &Scores{Candidates: id.Candidates, Chance: 1 / float64(id.Candidates)}
	var rs []float64
	best := 0
	for i, p := range pairs {
		r := eval.Correlation(recon[i], candidates[own[i]])
		if math.IsNaN(r) {
			r = 0 // a picture of one colour is like nothing
		}
		rs = append(rs, r)
		if id.Best[i] {
			best++
		}
		s.Images = append(s.Images, ImageScore{p.Label, r, id.Pairwise[i], id.Best[i]})
	}
	correlation, pairwise, all := stats.Mean(rs, 0.95), stats.Mean(id.Pairwise, 0.95), stats.Proportion(best, len(pairs), 0.95)
	if len(pairs) > 1 { // an interval of one value is not a number, which JSON has not
		s.Correlation, s.Pairwise = &correlation, &pairwise
	}
	s.Best = &all
	return s, nil
}

// ReadPairs reads what Save wrote. Images without an original or a picture are left out and counted.
func ReadPairs(dir string) (rec Record, pairs []Pair, left int, err error) {
	if rec, err = ReadRecord(dir); err != nil {
		return rec, nil, 0, fmt.Errorf("evaluate: %w", err)
	}
	for _, r := range rec.Images {
		if r.File == "" || r.Original == "" {
			left++
			continue
		}
		p := Pair{Label: r.Label}
		if p.Recon, err = stimuli.Load(filepath.Join(dir, r.File)); err != nil {
			return rec, nil, 0, err
		}
		if p.Original, err = stimuli.Load(filepath.Join(dir, r.Original)); err != nil {
			return rec, nil, 0, err
		}
		pairs = append(pairs, p)
	}
	return rec, pairs, left, nil
}
