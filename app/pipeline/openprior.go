package pipeline

import (
	"context"
	"fmt"
	"path/filepath"

	"reverie/compute/weights"
)

// releasedUpper bounds latent units where nothing is known of them, as the released code does.
const releasedUpper = 100

// OpenPrior gives a generator of a model file (compute/weights). bounds is a file with the upper bounds of
// its input (act_range); without one they are 100, as in the released code. progress may be nil.
func OpenPrior(ctx context.Context, path, bounds string, progress func(done, total int64)) (*Prior, error) {
	f, err := weights.Open(ctx, path, progress)
	if err != nil {
		return nil, err
	}
	if f.Generator == nil {
		return nil, fmt.Errorf("%s is no generator: %s", path, f.About)
	}
	p := &Prior{Name: filepath.Base(path), Path: path, SHA256: f.SHA256, Upper: []float64{releasedUpper},
		Note: fmt.Sprintf("%s of %s (SHA-256 %s…)", f.About, filepath.Base(path), f.SHA256[:16])}
	if p.Net, p.Weights, err = f.Generator.Network(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if bounds == "" {
		p.Note += fmt.Sprintf("; no bounds of its input, so %d for each unit", releasedUpper)
		return p, nil
	}
	b, err := weights.ReadBounds(bounds)
	if err != nil {
		return nil, err
	}
	if len(b.Values) != p.Net.Input.Len() {
		return nil, fmt.Errorf("%s holds %d bounds, the input of %s has %d units: give the file of the same layer", bounds, len(b.Values), path, p.Net.Input.Len())
	}
	p.Upper = b.Values
	p.Note += "; bounds of " + filepath.Base(bounds)
	return p, nil
}
