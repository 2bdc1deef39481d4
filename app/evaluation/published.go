package evaluation

import "reverie/compute/eval"

// Published is a number of the paper (Shen, Horikawa, Majima & Kamitani 2017, bioRxiv 240317; 2019, PLoS Comput
// Biol 15:e1006633). They are drawn as reference marks and never mixed with anybody's own.
type Published struct {
	Condition eval.Condition `json:"condition"`
	Prior     bool           `json:"prior"`
	Measure   Measure        `json:"measure"` // Identification (by pixel correlation) or Human
	Task      eval.Task      `json:"task"`
	Value     float64        `json:"value"`
	Source    string         `json:"source"`
}

// Paper are the numbers of the paper's text, from VC with DNN1–8, three subjects pooled.
var Paper = []Published{
	{eval.SeenNatural, true, Identification, eval.Whole, 0.761, "Results, Fig. 2c"},
	{eval.SeenNatural, false, Identification, eval.Whole, 0.797, "Results, Fig. 2c"},
	{eval.SeenNatural, true, Human, eval.Whole, 0.991, "Results, Fig. 2c"},
	{eval.SeenNatural, false, Human, eval.Whole, 0.965, "Results, Fig. 2c"},
	{eval.SeenShapes, false, Identification, eval.Whole, 0.694, "Results, Fig. 3b"},
	{eval.SeenShapes, false, Human, eval.Whole, 0.923, "Results, Fig. 3b"},
	{eval.SeenLetters, false, Identification, eval.Whole, 0.959, "Results, Fig. 3f"},
	{eval.SeenLetters, false, Human, eval.Whole, 0.996, "Results, Fig. 3f"},
	{eval.ImaginedShapes, false, Identification, eval.Whole, 0.519, "Results, Fig. 4c"},
	{eval.ImaginedShapes, false, Human, eval.Whole, 0.832, "Results, Fig. 4c"},
	{eval.ImaginedShapes, false, Human, eval.ByColour, 0.648, "Results, Fig. 4d"},
	{eval.ImaginedShapes, false, Human, eval.ByShape, 0.870, "Results, Fig. 4d"},
}

// published is the paper's number for a way, if it has one.
func published(w Way, m Measure, t eval.Task) (Published, bool) {
	for _, p := range Paper {
		if p.Condition == w.Condition && p.Prior == w.Prior && p.Measure == m && p.Task == t && w.ROI == "VC" && w.Layers == "DNN1-8" {
			return p, true
		}
	}
	return Published{}, false
}
