package pipeline

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"reverie/app/export"
)

// Snapshots says which iterations are kept as pictures on the way. The zero value keeps none.
type Snapshots struct {
	Every int  // every so many iterations
	Log   bool // all of the first ten, then ever fewer: each a tenth later than the one before
}

// ParseSnapshots reads none, log or every:10.
func ParseSnapshots(s string) (Snapshots, error) {
	switch s {
	case "", "none":
		return Snapshots{}, nil
	case "log":
		return Snapshots{Log: true}, nil
	}
	if n, ok := strings.CutPrefix(s, "every:"); ok {
		if k, err := strconv.Atoi(n); err == nil && k > 0 {
			return Snapshots{Every: k}, nil
		}
	}
	return Snapshots{}, fmt.Errorf("snapshots %q: want none, log or every:10", s)
}

// Keeps tells whether an iteration is kept.
func (s Snapshots) Keeps(iteration int) bool {
	switch {
	case s.Every > 0:
		return iteration%s.Every == 0
	case !s.Log:
		return false
	case iteration <= 10:
		return true
	}
	step := func(i int) float64 { return math.Floor(math.Log(float64(i)) / math.Log(1.1)) }
	return step(iteration) != step(iteration-1)
}

// WriteSnapshot leaves a picture as snapshots/image-<label>/000012.png below dir, clipped to 0–255, as reverie movie reads them.
func (m *Model) WriteSnapshot(dir, label string, iteration int, x []float32) error {
	path := filepath.Join(dir, "snapshots", "image-"+export.Name(label), fmt.Sprintf("%06d.png", iteration))
	return export.PNG(path, m.Raw(x).Clipped())
}
