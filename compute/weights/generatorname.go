package weights

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

var inputName = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:relu|fc)_?([0-9]+)`)

// inputFrom tells relu7 from relu6 by names, the nearest first: the file's, the folders', the network's. A
// name with both tells nothing.
func inputFrom(names ...string) (input, by string) {
	for _, n := range names {
		six, seven := false, false
		for _, m := range inputName.FindAllStringSubmatch(n, -1) {
			six, seven = six || m[1] == "6", seven || m[1] == "7"
		}
		switch {
		case six && seven:
			return "", ""
		case six:
			return "relu6", n
		case seven:
			return "relu7", n
		}
	}
	return "", ""
}

// generator describes a generator.
func (f *File) generator(g *Generator, path, network string) {
	f.Generator = g
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if len(g.InputShape) == 3 {
		g.Input, f.Role, f.About = "pool5", GeneratorPool5, "generator from pool5"
	} else {
		var by string
		folder := filepath.Dir(path)
		g.Input, by = inputFrom(filepath.Base(path), filepath.Base(folder), filepath.Base(filepath.Dir(folder)), network)
		switch g.Input {
		case "relu7":
			f.Role = GeneratorRelu7
		case "relu6":
			f.Role = GeneratorRelu6
		default:
			f.Role, f.About = GeneratorRelu, "generator from relu7 or relu6"
			f.Notes = append(f.Notes, "relu7 or relu6: the two generators have the same layers, and no name tells which this is: say it, or name the file after it")
		}
		if g.Input != "" {
			f.About = "generator from " + g.Input
			f.Notes = append(f.Notes, fmt.Sprintf("%s by the name %q: the layers do not tell relu7 from relu6", g.Input, by))
		}
	}
	f.About += fmt.Sprintf(", %s values to %s pictures", times(g.InputShape), times(g.OutputShape))
	if g.Layers[len(g.Layers)-1].In[0] != 32 || len(g.InputShape) == 1 && g.InputShape[0] != 4096 {
		f.Notes = append(f.Notes, "it is narrower than the published generators")
	}
}

// times writes a shape as 3 × 256 × 256.
func times(shape []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", " × "), "[]")
}
