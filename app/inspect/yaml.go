package inspect

import (
	"bufio"
	"context"
	"io"
	"os"
	"strings"
)

// yaml lists the keys of a small YAML file, such as bdpy's info.yaml. It reads keys
// and plain values by their indentation and nothing else of the language.
func (d *Doc) yaml() error {
	pairs, err := yamlPairs(d.Path)
	if err != nil {
		return err
	}
	d.Kind = "settings (YAML)"
	for _, p := range pairs {
		d.Roots = append(d.Roots, &Node{Name: p.Name, Kind: Value, Type: "text", Shape: []int{},
			values: func(context.Context, int) ([]string, error) { return []string{p.Text}, nil }})
	}
	return nil
}

// yamlPairs are the keys with plain values, those of inner levels behind the outer
// keys: _status.computation_id.
func yamlPairs(path string) ([]Fact, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	type outer struct {
		indent int
		name   string
	}
	var above []outer
	var out []Fact
	s := bufio.NewScanner(io.LimitReader(f, 1<<20))
	for s.Scan() && len(out) < 1000 {
		line := strings.TrimSpace(s.Text())
		if line == "" || line[0] == '#' || line == "---" {
			continue
		}
		indent := len(s.Text()) - len(strings.TrimLeft(s.Text(), " \t"))
		key, value, ok := strings.Cut(line, ":")
		if !ok || line[0] == '-' { // a line of a list, or of a text that goes on
			if len(out) > 0 {
				last := &out[len(out)-1]
				last.Text = clean(strings.TrimSpace(last.Text+" "+line), 200)
			}
			continue
		}
		for len(above) > 0 && above[len(above)-1].indent >= indent {
			above = above[:len(above)-1]
		}
		name := clean(strings.TrimSpace(key), 60)
		if len(above) > 0 && len(above) < 16 {
			name = above[len(above)-1].name + "." + name
		}
		if value = strings.Trim(strings.TrimSpace(value), "'\""); value != "" {
			out = append(out, Fact{name, clean(value, 200)})
		}
		above = append(above, outer{indent, name})
	}
	return out, s.Err()
}
