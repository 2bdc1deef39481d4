package pipeline

import (
	"context"
	"errors"
)

// OpenPrior opens a generator.
func OpenPrior(_ context.Context, path, bounds string, progress func(done, total int64)) (*Prior, error) {
	return nil, errors.New("generators are not computed yet")
}
