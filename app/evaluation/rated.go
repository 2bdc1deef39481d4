package evaluation

import (
	"reverie/app/rating"
)

// rated adds the scores of human judgements: of each reconstruction the proportion of trials in which its original
// was chosen, averaged over raters, or of each set of layers how often it won.
func (r *Report) rated() error {
	if len(r.Spec.Ratings) == 0 {
		return nil
	}
	var files []*rating.File
	for _, path := range r.Spec.Ratings {
		f, err := rating.Read(path)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	s, err := rating.Summarise(files)
	if err != nil {
		return err
	}
	r.Notes = append(r.Notes, s.Notes...)
	for _, x := range s.Scores {
		sc := Score{Way: Way{x.Condition, x.ROI, x.Layers, x.Prior, x.Source}, Subject: x.Subject, Label: x.Label, Measure: Human, Task: x.Task, Value: x.Value, Raters: x.Raters}
		if x.Kind == rating.Prefer {
			sc.Measure = Winning
		}
		r.Scores = append(r.Scores, sc)
	}
	return nil
}
