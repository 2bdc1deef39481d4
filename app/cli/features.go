package cli

import (
	"context"
	"flag"
	"path/filepath"

	"reverie/app/dataset/features"
	"reverie/app/dataset/stimuli"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/compute/nn"
)

var featuresCommand = command{
	name: "features", args: "FOLDER…", short: "pictures → features, in bdpy's layouts",
	examples: []string{
		"reverie features stimuli --out features",
		"reverie features --layers fc6,fc7,fc8 stimuli --out features",
		"reverie features --layout true stimuli --out features   # <layer>/<label>.mat",
	},
	run: func(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
		network := fs.String("network", "demo", "`network`: demo, vgg19-seeded, a file with VGG19's weights, or one that reverie models lists, such as vgg19")
		layers := fs.String("layers", "", "`layers`, comma separated; all by default")
		out := fs.String("out", "results/features", "`folder` for the features")
		layout := fs.String("layout", "chunked", "`layout`: chunked (one <layer>.h5 each) or true (<layer>/<label>.mat)")
		dev := deviceFlags(fs)
		paths, err := e.parse(fs, args, 1, -1)
		if err != nil {
			return err
		}
		if *layout != "chunked" && *layout != "true" {
			return usage("--layout %q: want chunked or true", *layout)
		}
		set, err := stimuli.OpenSet(paths...)
		if err != nil {
			return err
		}
		if set.Len() == 0 {
			return usage("no pictures in %v", paths)
		}
		eng, err := openEngine(ctx, e, *network, dev)
		if err != nil {
			return err
		}
		defer eng.Close()
		m := eng.Model()
		chosen, err := m.Layers(list(*layers))
		if err != nil {
			return usage("%v", err)
		}
		meter := job.NewMeter(e.progress.report)
		labels := set.Labels()
		paths = make([]string, len(labels))
		for i, l := range labels {
			paths[i], _ = set.Match(l)
		}
		err = writeFeatures(ctx, *out, layouts[*layout], features.Set{}, m, chosen, labels, func(each func(i int, f [][]float32) error) error {
			return m.Stream(ctx, eng.Backend(), paths, chosen, each, func(done, total int) { meter.Step("features", done, total) })
		})
		if err != nil {
			return err
		}
		e.say("features of %d pictures in %d layers: %s", len(labels), len(chosen), filepath.Clean(*out))
		for _, n := range eng.Backend().Notes() {
			e.say("note: %s", n)
		}
		return e.result(featuresReport{*out, m.Net.Name, m.Note, eng.Computed(), eng.Backend().Notes(), chosen, labels})
	},
}

type featuresReport struct {
	Out     string `json:"out"`
	Network string `json:"network"`
	Weights string `json:"weights"`
	pipeline.Computed
	Notes  []string `json:"notes,omitempty"`
	Layers []string `json:"layers"`
	Labels []string `json:"labels"`
}

// layouts are those that features are written in.
var layouts = map[string]features.Layout{"chunked": features.Chunked, "true": features.True, "decoded": features.Decoded, "release": features.Release}

// writeFeatures makes a feature store whose rows come one picture at a time, in the order of labels.
func writeFeatures(ctx context.Context, dir string, layout features.Layout, set features.Set, m *pipeline.Model, layers, labels []string, produce func(each func(i int, f [][]float32) error) error) error {
	shapes := make([][]int, len(layers))
	for l, name := range layers {
		shapes[l] = []int{m.Shape(name).C}
		if op, _, _ := m.Net.Op(name); op.Kind == nn.Conv { // three axes even where the map is one unit wide
			shapes[l] = []int{op.Out.C, op.Out.H, op.Out.W}
		}
	}
	if layout != features.Chunked {
		return produce(func(i int, f [][]float32) error {
			for l := range f {
				if _, err := features.Save(dir, layout, features.Key{Set: set, Layer: layers[l], Label: labels[i]}, shapes[l], f[l]); err != nil {
					return err
				}
			}
			return ctx.Err()
		})
	}
	w, err := features.Create(dir)
	if err != nil {
		return err
	}
	tables := make([]*features.Layer, len(layers))
	for l, name := range layers {
		if tables[l], err = w.Layer(name, shapes[l], labels); err != nil {
			return err
		}
		defer tables[l].Discard()
	}
	if err := produce(func(_ int, f [][]float32) error {
		for l := range f {
			if err := tables[l].Append(f[l]); err != nil {
				return err
			}
		}
		return ctx.Err()
	}); err != nil {
		return err
	}
	for _, t := range tables {
		if err := t.Close(); err != nil {
			return err
		}
	}
	return nil
}
