package weights

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bounds are the upper bounds of a generator's input, one for each unit: mean + k·sd of its activation over
// a data set (act_range files). The lower bounds are 0.
type Bounds struct {
	Values []float64
	// Layers are those of CaffeNet that the count fits: relu7 and relu6 for 4,096. One alone where the
	// file's name decides; none where no layer has so many units.
	Layers []string
	Notes  []string
}

// boundsLayers are the counts of the published files (act_range of Evolving-AI-Lab/synthesizing). The files
// called conv5 and pool5 are the same; conv1, conv2 and conv4 have one bound for each channel.
var boundsLayers = []struct {
	count  int
	layers []string
}{
	{4096, []string{"relu7", "relu6"}}, {9216, []string{"pool5"}}, {1000, []string{"fc8"}}, {64896, []string{"conv3"}},
	{96, []string{"conv1"}}, {256, []string{"conv2"}}, {384, []string{"conv4"}},
}

const (
	maxBounds     = 1 << 20
	maxBoundsSize = 16 << 20
)

// ReadBounds reads a text of numbers that any white space separates. They must be finite and not negative.
func ReadBounds(path string) (*Bounds, error) {
	f, _, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the bounds %s: %w", path, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBoundsSize+1))
	if err == nil && len(text) > maxBoundsSize {
		err = fmt.Errorf("it is larger than %d MiB: want a text of numbers", maxBoundsSize>>20)
	}
	var b *Bounds
	if err == nil {
		b, err = parseBounds(string(text))
	}
	if err != nil {
		return nil, fmt.Errorf("read the bounds %s: %w", path, err)
	}
	b.name(filepath.Base(path))
	return b, nil
}

func parseBounds(text string) (*Bounds, error) {
	b := &Bounds{}
	line := 0
	for row := range strings.Lines(strings.TrimPrefix(text, "\xef\xbb\xbf")) {
		line++
		for word := range strings.FieldsSeq(row) {
			v, err := strconv.ParseFloat(word, 64)
			switch at := fmt.Sprintf("line %d, number %d", line, len(b.Values)+1); {
			case err != nil || strings.ContainsAny(word, "xX_"):
				return nil, fmt.Errorf("%s: %.40q is no number: want numbers separated by spaces", at, word)
			case math.IsNaN(v) || math.IsInf(v, 0):
				return nil, fmt.Errorf("%s: %s: want finite numbers", at, word)
			case v < 0:
				return nil, fmt.Errorf("%s: %s: an upper bound below 0 leaves no room, for the lower bound is 0", at, word)
			case len(b.Values) == maxBounds:
				return nil, fmt.Errorf("more than %d numbers", maxBounds)
			}
			b.Values = append(b.Values, v)
		}
	}
	if len(b.Values) == 0 {
		return nil, fmt.Errorf("it has no numbers")
	}
	return b, nil
}

var conv5Name = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:pool|conv)_?5`)

// name finds the layers by the count, and decides by the file's name.
func (b *Bounds) name(file string) {
	for _, l := range boundsLayers {
		if l.count == len(b.Values) {
			b.Layers = slices.Clone(l.layers)
		}
	}
	input, _ := inputFrom(file)
	switch {
	case len(b.Layers) == 0:
		b.Notes = append(b.Notes, fmt.Sprintf("no layer of CaffeNet has %d units: fc6 and fc7 have 4,096, pool5 has 9,216", len(b.Values)))
	case len(b.Layers) == 2 && input != "":
		b.Layers = []string{input}
	case len(b.Layers) == 2:
		b.Notes = append(b.Notes, "the count fits relu7 and relu6, and the file's name does not tell which")
	case input != "" || conv5Name.MatchString(file) && b.Layers[0] != "pool5":
		b.Notes = append(b.Notes, fmt.Sprintf("%d numbers are those of %s, though the file is called %q", len(b.Values), b.Layers[0], file))
	}
}
