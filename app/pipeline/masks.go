package pipeline

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"reverie/compute/nn"
)

// Channels reads which channels of which layers take part, as conv1_1:0,3,5-9;fc6:0-99. Units of an fc layer are its channels.
func Channels(text string, shape func(layer string) (nn.Shape, bool)) (map[string][]int, error) {
	out := map[string][]int{}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' }) {
		layer, list, ok := strings.Cut(strings.TrimSpace(part), ":")
		s, known := shape(layer)
		if !ok || !known {
			return nil, fmt.Errorf("channels %q: want a chosen layer, a colon and channels such as conv1_1:0,3,5-9", part)
		}
		for _, c := range strings.Split(list, ",") {
			a, b, isRange := strings.Cut(strings.TrimSpace(c), "-")
			from, err := strconv.Atoi(a)
			to := from
			if err == nil && isRange {
				to, err = strconv.Atoi(b)
			}
			if err != nil || from < 0 || to < from || to >= s.C {
				return nil, fmt.Errorf("channels %q: %s has channels 0 to %d", part, layer, s.C-1)
			}
			for k := from; k <= to; k++ {
				if !slices.Contains(out[layer], k) {
					out[layer] = append(out[layer], k)
				}
			}
		}
	}
	return out, nil
}
