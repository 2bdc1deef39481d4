package eval

import "fmt"

// Picture is what the tasks need to know of a stimulus.
type Picture struct {
	Type          string // natural, shape, letter, with how it came: only those of one type stand against each other
	Shape, Colour string // of artificial shapes
}

// Task says which candidates stand against a reconstruction's own original (paper, Reconstruction quality
// evaluation, and Fig. 3d and 4d).
type Task string

// The tasks.
const (
	// Whole: all others of the type; of 50 natural images 49, so 2,450 pairs.
	Whole Task = "all"
	// ByShape: those of the same colour, which differ in shape alone; of five shapes four.
	ByShape Task = "shape"
	// ByColour: those of the same shape, which differ in colour alone; of eight colours seven.
	ByColour Task = "colour"
	// ByColour6 is ByColour without black and white, which differ in luminance; of the six others five.
	ByColour6 Task = "colour6"
)

// Tasks are all of them.
func Tasks() []Task { return []Task{Whole, ByShape, ByColour, ByColour6} }

// Takes tells whether a reconstruction of a picture takes part.
func (t Task) Takes(p Picture) bool {
	switch t {
	case ByShape, ByColour:
		return p.Shape != "" && p.Colour != ""
	case ByColour6:
		return p.Shape != "" && p.Colour != "" && !luminance(p.Colour)
	}
	return true
}

// Against tells whether candidate c may stand against a reconstruction of p.
func (t Task) Against(p, c Picture) bool {
	if p.Type != c.Type || !t.Takes(c) {
		return false
	}
	switch t {
	case ByShape:
		return p.Colour == c.Colour && p.Shape != c.Shape
	case ByColour, ByColour6:
		return p.Shape == c.Shape && p.Colour != c.Colour
	}
	return true
}

func luminance(colour string) bool { return colour == "black" || colour == "white" }

// Similarities are of every reconstruction with every candidate original; NaN where there is none.
type Similarities [][]float64

// Correlations are Pearson's, over the columns in which no vector holds a NaN; left counts the others.
func Correlations[T Float](recon, candidates [][]T) (s Similarities, left int, err error) {
	if len(recon) == 0 || len(candidates) == 0 {
		return nil, 0, fmt.Errorf("correlations of %d reconstructions with %d originals", len(recon), len(candidates))
	}
	recon, candidates, left, err = dropNaN(recon, candidates)
	if err != nil {
		return nil, left, err
	}
	return correlations(recon, candidates), left, nil
}

// Judge scores the reconstructions that take part by similarities that are there already; own[i] is the candidate of reconstruction
// i, −1 leaves it out. The result has one value for each that took part, in order; which tells their indices. One
// without another candidate is left out too.
func (s Similarities) Judge(rule Rule, own []int) (d Identification, which []int, err error) {
	if len(own) != len(s) {
		return d, nil, fmt.Errorf("identification: %d reconstructions with %d own originals", len(s), len(own))
	}
	d.Ties, d.Candidates = rule.Ties, 0
	for i, r := range s {
		d.Candidates = len(r)
		if own[i] < 0 {
			continue
		}
		if own[i] >= len(r) {
			return d, nil, fmt.Errorf("identification: reconstruction %d is of original %d of %d", i, own[i], len(r))
		}
		p, best, others := rule.score(i, r, own[i])
		if others == 0 {
			continue
		}
		d.Pairwise, d.Best, d.Others = append(d.Pairwise, p), append(d.Best, best), append(d.Others, others)
		which = append(which, i)
	}
	return d, which, nil
}
