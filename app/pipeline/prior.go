package pipeline

import "reverie/compute/nn"

// Prior is a deep generator network that pictures come from (kamitani.md §3.2).
type Prior struct {
	Name    string // the built-in one's, or the file's
	Path    string // of the file; empty where built in
	Net     *nn.Network
	Weights nn.Weights
	Upper   []float64 // of the latent units, or one for all
	Note    string    // what it is, for people
	SHA256  string
}

// ID is what OpenPrior takes.
func (p *Prior) ID() string {
	if p.Path != "" {
		return p.Path
	}
	return p.Name
}

// BuiltInPrior is the generator that comes with a built-in network; nil where none does.
func BuiltInPrior(*Model) *Prior { return nil }
