package inspect

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"reverie/app/dataset/decoders"
	"reverie/app/dataset/features"
	"reverie/app/dataset/stimuli"
)

// folder recognises a folder by what stands in it.
func (d *Doc) folder(ctx context.Context) error {
	entries, err := os.ReadDir(d.Path)
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for _, e := range entries {
		has[e.Name()] = true
	}
	switch {
	case has["record.json"]:
		d.Kind = "results folder"
		d.results()
	case has["decoder.json"], has["info.yaml"], has["model.pkl.gz"], (has["W.mat"] || has["W"]) && (has["b.mat"] || has["b"] || has["x_mean.mat"]):
		d.Kind = "decoder model folder"
		if has["info.yaml"] {
			pairs, err := yamlPairs(filepath.Join(d.Path, "info.yaml"))
			if err != nil {
				return err
			}
			d.Facts = append(d.Facts, pairs...)
		}
		d.decoders(ctx)
	case has["statistics.pkl"] && d.statistics(ctx):
	case decoders.IsRoot(d.Path):
		d.Kind = "folder of decoders"
		d.decoderRoot(ctx)
	default:
		if s, err := features.OpenGuarded(ctx, d.Path); err == nil {
			d.store(s)
			return nil
		}
		pictures := 0
		if set, err := stimuli.OpenSet(d.Path); err == nil {
			pictures = set.Len()
		}
		d.Kind = "folder"
		if pictures > 0 {
			d.Kind = "folder of pictures"
			d.fact("pictures", "%s", Count(pictures))
		}
	}
	d.Roots = listing(d.Path, entries, 0)
	return nil
}

// listing are the files and folders in a folder.
func listing(dir string, entries []fs.DirEntry, depth int) []*Node {
	var out []*Node
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		n := &Node{Name: e.Name(), Kind: File}
		if e.IsDir() {
			n.Kind = Folder
			if depth < 16 {
				path := filepath.Join(dir, e.Name())
				n.children = func(context.Context) ([]*Node, error) {
					inner, err := os.ReadDir(path)
					if err != nil {
						return nil, err
					}
					return listing(path, inner, depth+1), nil
				}
			}
		} else if st, err := e.Info(); err == nil {
			n.Bytes = st.Size()
		}
		out = append(out, n)
	}
	return out
}

// results are facts of a folder that reverie reconstruct or demo wrote.
func (d *Doc) results() {
	var r struct {
		Program, Made, Network, Weights, Source, ROI, Device string
		Layers                                               []string
		Images                                               []struct {
			Correlation *float64 `json:"pixel_correlation"`
			Error       string
		}
	}
	path := filepath.Join(d.Path, "record.json")
	st, err := os.Stat(path)
	if err == nil && st.Size() > mostText {
		err = fmt.Errorf("it has %s", Bytes(st.Size()))
	}
	var b []byte
	if err == nil {
		b, err = os.ReadFile(path)
	}
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		d.fact("record.json", "cannot be read: %v", err)
		return
	}
	for _, f := range []Fact{{"made by", r.Program}, {"made", r.Made}, {"network", r.Network}, {"weights", r.Weights}, {"features", r.Source},
		{"ROI", r.ROI}, {"computed on", r.Device}, {"layers", strings.Join(r.Layers, " ")}} {
		if f.Text != "" {
			d.fact(f.Name, "%s", clean(f.Text, 300))
		}
	}
	failed, n, sum := 0, 0, 0.0
	for _, i := range r.Images {
		if i.Error != "" {
			failed++
		}
		if i.Correlation != nil {
			n++
			sum += *i.Correlation
		}
	}
	text := Count(len(r.Images))
	if failed > 0 {
		text += ", " + Count(failed) + " of them failed"
	}
	d.fact("images", "%s", text)
	if n > 0 {
		d.fact("pixel correlation", "mean %.3f of %s", sum/float64(n), plural(n, "image"))
	}
}

// statistics tells whether the folder holds statistics of features that can be read.
func (d *Doc) statistics(ctx context.Context) bool {
	all, err := features.ReadStatistics(ctx, d.Path)
	if err != nil {
		return false
	}
	d.Kind = "statistics of features (bdpy)"
	for _, s := range all {
		d.fact(clean(s.Layer, 40), "%s, %s", s.Name, Shape(s.Shape))
	}
	return true
}

// layouts are the layouts in words.
var layouts = map[features.Layout]string{
	features.Chunked: "features, chunked layout (<layer>.h5)",
	features.True:    "true features (<layer>/<label>.mat)",
	features.Decoded: "decoded features (<layer>/<subject>/<roi>/<label>.mat)",
	features.Release: "decoded features, layout of the 2019 release",
	features.Single:  "features, one file for all layers",
}

// store shows a store of features: its layers, in them its sets where there are
// several, in these the labels.
func (d *Doc) store(s *features.Store) {
	d.Kind = layouts[s.Layout()]
	list := func(name string, v []string) {
		if len(v) == 1 {
			d.fact(name, "%s", clean(v[0], 80))
		} else if len(v) > 1 {
			d.fact(name+"s", "%s: %s", Count(len(v)), clean(strings.Join(v, " "), 160))
		}
	}
	d.fact("layers", "%s", Count(len(s.Layers())))
	d.fact("labels", "%s", Count(len(s.Labels())))
	list("collection", s.Collections())
	list("subject", s.Subjects())
	list("ROI", s.ROIs())
	list("fold", s.Folds())
	if gaps := s.Gaps(1000); len(gaps) > 0 {
		g := gaps[0]
		more := ""
		if len(gaps) == 1000 {
			more = "at least "
		}
		d.fact("missing", "%s%s, the first is %s %s %s", more, plural(len(gaps), "sample"), g.Set, g.Layer, g.Label)
	}
	sets := s.Sets()
	for _, layer := range s.Layers() {
		n := &Node{Name: layer, Kind: Layer, Type: "float32", Shape: s.Shape(layer), Note: plural(len(s.Labels()), "label")}
		if len(sets) == 1 {
			n.children = labels(s, layer)
		} else {
			n.Note = plural(len(sets), "set")
			n.children = func(context.Context) ([]*Node, error) {
				var out []*Node
				for _, set := range sets {
					part, err := s.Select(set)
					if err != nil {
						return nil, err
					}
					out = append(out, &Node{Name: set.String(), Kind: Group, children: labels(part, layer)})
				}
				return out, nil
			}
		}
		d.Roots = append(d.Roots, n)
	}
}

func labels(s *features.Store, layer string) func(context.Context) ([]*Node, error) {
	return func(context.Context) ([]*Node, error) {
		var out []*Node
		shape := s.Shape(layer)
		for _, label := range s.Labels() {
			out = append(out, &Node{Name: label, Kind: Array, Type: "float32", Shape: shape,
				values: func(_ context.Context, n int) ([]string, error) {
					v, err := s.ReadRange(layer, label, 0, n)
					return floats(v), err
				}})
		}
		return out, nil
	}
}
