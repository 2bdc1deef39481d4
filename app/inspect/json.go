package inspect

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strconv"
)

// json shows a JSON document, which is read whole.
func (d *Doc) json() error {
	b, err := os.ReadFile(d.Path)
	if err != nil {
		return err
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	d.Kind = "JSON document"
	root := jsonNode("document", v, 0)
	if d.Roots = []*Node{root}; root.Kind == Dict {
		d.Roots, err = root.Children(context.Background())
	}
	return err
}

func jsonNode(name string, v any, depth int) *Node {
	n := &Node{Name: clean(name, 80)}
	switch x := v.(type) {
	case map[string]any:
		n.Kind, n.Type = Dict, "object of "+Count(len(x))
		n.children = func(context.Context) ([]*Node, error) {
			var out []*Node
			for _, k := range slices.Sorted(maps.Keys(x)) {
				out = append(out, jsonNode(k, x[k], depth+1))
			}
			return out, nil
		}
	case []any:
		n.Kind, n.Type, n.Shape = List, "list", []int{len(x)}
		plain := !slices.ContainsFunc(x, func(e any) bool { return jsonScalar(e) == "" })
		if plain {
			n.values = func(_ context.Context, most int) ([]string, error) {
				var out []string
				for _, e := range x[:min(most, len(x))] {
					out = append(out, jsonScalar(e))
				}
				return out, nil
			}
			break
		}
		n.children = func(context.Context) ([]*Node, error) {
			var out []*Node
			for i, e := range x {
				out = append(out, jsonNode(strconv.Itoa(i), e, depth+1))
			}
			return out, nil
		}
	default:
		n.Kind, n.Shape, n.Type = Value, []int{}, jsonType(v)
		n.values = func(context.Context, int) ([]string, error) { return []string{jsonScalar(v)}, nil }
	}
	if depth >= maxNesting {
		n.children, n.Note = nil, "deeper than is followed"
	}
	return n
}

func jsonType(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "text"
	}
	return "number"
}

// jsonScalar writes a plain value, "" for others.
func jsonScalar(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return real64(x)
	case string:
		return quote(x)
	}
	return ""
}
