package cli

import (
	"context"

	"reverie/app/evaluation"
)

// draw draws the figures asked for into a folder.
func (f *evaluateFlags) draw(ctx context.Context, e *env, r *evaluation.Report, out string) ([]evaluation.Drawn, error) {
	return nil, nil
}

func listFigures(e *env) error { return nil }
