package decoders

import (
	"context"
	"fmt"
)

func isLab(string) bool { return false }

func openLab(_ context.Context, dir string) (Folder, error) {
	return nil, fmt.Errorf("%s: %w", dir, ErrNone)
}
