package cli

import (
	"context"
	"flag"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"reverie/app/batch"
	"reverie/app/engine"
	"reverie/app/session"
	"reverie/compute/brain"
)

var batchCommand = command{
	name: "batch", args: "SUBJECT…", short: "subjects × sessions × ROIs × layer sets × prior → pictures; goes on after a crash",
	examples: []string{
		"reverie batch --demo --roi V1,V2,VC --layers 'DNN1;DNN1-4;DNN1-8' --out results/batch",
		"reverie batch subject1/ subject2/ --session ImageNetTest,Imagery --layer-sets all --estimate   # time, memory and disk first",
		"reverie batch subject/ --decoders decoders --prior both --layout ours,lab --snapshots log --out results/batch",
		"reverie batch subject/ --figures --out results/figures     # all that the paper's figures need; then reverie evaluate results/figures --figure all",
		"reverie batch --spec results/batch --out results/again      # what another batch asked for",
	},
	run: runBatch,
}

// batchFlags are a batch's own; the others are those of every reconstruction.
type batchFlags struct {
	how                                              *reconChoice
	spec, session, labels, source, store, decoders   *string
	imagery, roi, layers, sets, snapshots, layout    *string
	channels, memory, out                            *string
	demo, trials, drop, estimate, overwrite, figures *bool
	batch                                            *int
}

func newBatchFlags(fs *flag.FlagSet) *batchFlags {
	return &batchFlags{
		how:       reconFlags(fs, session.PriorAuto),
		spec:      fs.String("spec", "", "`file` or folder of a batch whose specification to take, instead of the options"),
		demo:      fs.Bool("demo", false, "the built-in subject"),
		session:   fs.String("session", "", "`sessions`, comma separated; default ImageNetTest, or all but training"),
		labels:    fs.String("labels", "", "`labels` of stimuli, comma separated; all by default"),
		source:    fs.String("source", string(session.Decoded), "`features` to start from: decoded (from brain activity), shuffled (the same by decoders trained on shuffled labels: the floor), true (of the stimuli: the ceiling), stored (see --features)"),
		store:     fs.String("features", "", "`folder` of stored features; means --source stored"),
		decoders:  fs.String("decoders", "", "`folder` of trained decoders; without one ridge is trained on the way"),
		imagery:   fs.String("imagery-decoders", "", "`folder` of decoders of the imagery variant's features"),
		roi:       fs.String("roi", "VC", "`ROIs`, comma separated, names or expressions like 'V1 + V2'"),
		layers:    fs.String("layers", "DNN1-8", "`layer sets` with semicolons between them, each of layers and groups: 'DNN1;DNN1-4;conv1_1,fc6'"),
		sets:      fs.String("layer-sets", "", "`all` takes DNN1, DNN1-2, … DNN1-8"),
		channels:  fs.String("channels", "", "of a layer these `channels` alone, as conv1_1:0,3,5-9; several layers with semicolons"),
		trials:    fs.Bool("trials", false, "every trial by itself instead of their mean"),
		drop:      fs.Bool("drop-repetitions", false, "leave out the blocks that only repeat the stimulus before them (one-back task; BData files)"),
		snapshots: fs.String("snapshots", "none", "keep pictures on the way: `none`, log (ever fewer) or every:10"),
		layout:    fs.String("layout", session.LayoutOurs, "`layouts` of the results: ours, lab, or both with a comma"),
		batch:     fs.Int("batch", 0, "most images evaluated together; 0 chooses"),
		memory:    fs.String("memory", "8GiB", "most `memory`, as 4GiB or 800MB"),
		estimate:  fs.Bool("estimate", false, "tell what it will take, and reconstruct nothing"),
		figures:   fs.Bool("figures", false, "all that the paper's figures need: sessions, areas, layer sets, prior and source are chosen for you"),
		overwrite: fs.Bool("overwrite", false, "begin anew in a folder that holds results"),
		out:       fs.String("out", "results/batch", "`folder` for the results; a batch that ended early goes on there"),
	}
}

func runBatch(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
	f := newBatchFlags(fs)
	network := fs.String("network", "", "`network`: demo, vgg19-seeded, a file with VGG19's weights, or one that reverie models lists; default demo, or the specification's")
	dev := deviceFlags(fs)
	paths, err := e.parse(fs, args, 0, -1)
	if err != nil {
		return err
	}
	var spec session.BatchSpec
	switch {
	case *f.spec != "":
		if len(paths) > 0 || *f.demo {
			return usage("--spec names the subjects already")
		}
		if spec, err = batch.Read(*f.spec); err != nil {
			return err
		}
		if *network == "" {
			*network = spec.Network
		}
	case len(paths) == 0 && !*f.demo:
		return usage("batch needs a subject's file or folder, --demo or --spec")
	default:
		if spec, err = f.specification(ctx, paths); err != nil {
			return err
		}
	}
	eng, err := openEngine(ctx, e, *network, dev)
	if err != nil {
		return err
	}
	defer eng.Close()
	if *f.spec == "" {
		spec.Network = eng.Model().ID()
	}
	if *f.figures {
		return figureBatches(ctx, e, eng, spec, *f.out, *f.overwrite, *f.estimate)
	}
	if *f.estimate {
		return estimateBatch(ctx, e, eng, spec, *f.out)
	}
	return workBatch(ctx, e, eng, spec, *f.out, *f.overwrite)
}

// specification is what the command line asks for.
func (f *batchFlags) specification(ctx context.Context, paths []string) (session.BatchSpec, error) {
	s := session.BatchSpec{
		Version: batch.Version, Labels: list(*f.labels), Source: session.Source(*f.source), ROIs: list(*f.roi), LayerSets: list2(*f.layers),
		Trials: *f.trials, DropRepetitions: *f.drop, Snapshots: *f.snapshots, Layouts: list(*f.layout), Channels: *f.channels, Batch: *f.batch, Bounds: *f.how.bounds,
	}
	var err error
	if s.Memory, err = bytesOf(*f.memory); err != nil {
		return s, err
	}
	for _, k := range list(*f.session) {
		s.Sessions = append(s.Sessions, brain.Session(k))
	}
	switch *f.sets {
	case "":
	case "all":
		s.LayerSets = batch.AllLayerSets()
	default:
		return s, usage("--layer-sets %q: want all; choose single ones with --layers", *f.sets)
	}
	if *f.store != "" {
		s.Source = session.Stored
	}
	if s.Source == session.True {
		s.ROIs = nil
	}
	s.Prior, s.Generator = f.prior()
	if s.Pixels, err = f.how.options(false); err != nil {
		return s, err
	}
	if s.Latent, err = f.how.options(true); err != nil {
		return s, err
	}
	if p := *f.how.start; !slices.Contains([]string{"", "mean", "noise", "zeros", "random"}, p) {
		s.Start = p
	}
	for _, p := range []struct {
		to   *string
		from string
	}{{&s.Store, *f.store}, {&s.Decoders, *f.decoders}, {&s.ImageryDecoders, *f.imagery}, {&s.Start, s.Start}, {&s.Bounds, s.Bounds}} {
		if *p.to = p.from; p.from != "" {
			if *p.to, err = filepath.Abs(p.from); err != nil {
				return s, err
			}
		}
	}
	if *f.demo {
		s.Subjects = append(s.Subjects, session.BatchSubject{Demo: true})
	}
	if len(paths) > 0 {
		for i := range paths {
			if paths[i], err = filepath.Abs(paths[i]); err != nil {
				return s, err
			}
		}
		more, err := engine.BatchSubjects(ctx, paths)
		if err != nil {
			return s, err
		}
		s.Subjects = append(s.Subjects, more...)
	}
	if err := batch.Check(s); err != nil {
		return s, usage("%s", strings.TrimPrefix(err.Error(), "batch: "))
	}
	return s, nil
}

// prior reads --prior, which also takes a generator's name.
func (f *batchFlags) prior() (choice, generator string) {
	switch p := *f.how.prior; p {
	case session.PriorAuto, session.PriorOn, session.PriorOff, session.PriorBoth:
		return p, ""
	case "none", "":
		return session.PriorOff, ""
	case "built-in":
		return session.PriorOn, ""
	default:
		return session.PriorOn, p
	}
}

// list2 splits at semicolons.
func list2(s string) (out []string) {
	for _, p := range strings.Split(s, ";") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// bytesOf reads 4GiB, 800MB, 2.5G or, without a unit, GiB.
func bytesOf(s string) (int64, error) {
	units := []struct {
		name string
		n    float64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"GB", 1e9}, {"MB", 1e6}, {"G", 1 << 30}, {"M", 1 << 20}, {"", 1 << 30}}
	for _, u := range units {
		n, ok := strings.CutSuffix(strings.TrimSpace(s), u.name)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
		if b := v * u.n; err == nil && b >= 1<<20 && b < math.MaxInt64/2 {
			return int64(b), nil
		}
		break
	}
	return 0, usage("--memory %q: want an amount such as 4GiB or 800MB", s)
}
