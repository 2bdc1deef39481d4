package pipeline

import (
	"sync"

	"reverie/app/dataset/demo"
	"reverie/compute/nn"
)

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
func BuiltInPrior(m *Model) *Prior {
	switch m.base() {
	case "demo":
		net, w, upper := demo.Generator()
		return &Prior{Name: "built-in generator", Net: net, Weights: w, Upper: upper, SHA256: w.SHA256(net),
			Note: "built-in generator of relu7 of the demo's network: 128×128, trained with it"}
	case "vgg19-seeded":
		return seededPrior()
	}
	return nil
}

// seededPrior is the lab's generator's topology with seeded random weights: what it makes is noise.
var seededPrior = sync.OnceValue(func() *Prior {
	net, err := nn.DGN(1)
	if err != nil {
		panic("pipeline: " + err.Error()) // constants only
	}
	return &Prior{Name: "generator-seeded", Net: net, Weights: nn.Seeded(net, 8, 0.1), Upper: []float64{releasedUpper},
		Note: "generator from relu7 at full size with seeded random weights, not a trained one: its pictures are noise"}
})
