package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"reverie/app/dataset/features"
	"reverie/app/dataset/stimuli"
	"reverie/app/engine"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/recon"
)

var reconstructCommand = command{
	name: "reconstruct", args: "[IMAGE…]", short: "features → pictures, over pixels or through a generator, by L-BFGS or gradient descent",
	examples: []string{
		"reverie reconstruct cat.jpg --out results/cat            # a picture from its own features",
		"reverie reconstruct --prior built-in cat.jpg             # through the built-in generator",
		"reverie reconstruct --network vgg19-seeded cat.jpg       # at full VGG19 size",
		"reverie reconstruct --features decoded --images stimuli  # from decoded features",
		"reverie reconstruct --features natural/VGG19 --roi VC --network vgg19 --prior generator-relu7 --preset lab  # the lab's released features",
		"reverie reconstruct --layers DNN1-4 --optimizer gd --blur 2:0.5 cat.jpg",
		"reverie reconstruct --released options.pkl cat.jpg       # with the options of a released run",
	},
	run: runReconstruct,
}

func runReconstruct(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
	network := fs.String("network", "demo", "`network`: demo, vgg19-seeded, a file with VGG19's weights, or one that reverie models lists, such as vgg19")
	store := fs.String("features", "", "`folder` of features to start from, in any of the field's layouts")
	images := fs.String("images", "", "`folder` of the stimuli, to set beside reconstructions from features")
	set := features.Set{}
	fs.StringVar(&set.ROI, "roi", "", "of features decoded from several regions, this `ROI`")
	fs.StringVar(&set.Subject, "subject", "", "of features of several subjects, this `subject`")
	fs.StringVar(&set.Fold, "fold", "", "of features of several folds of cross-validation, this `fold`, such as cv-fold1")
	labels := fs.String("labels", "", "`labels` to reconstruct from --features, comma separated; all by default")
	layers := fs.String("layers", "", "`layers`, comma separated, and groups of them such as DNN1 or DNN1-4; all by default")
	how := reconFlags(fs, "auto")
	channels := fs.String("channels", "", "of a layer these `channels` alone, as conv1_1:0,3,5-9; several layers with semicolons")
	shots := fs.String("snapshots", "none", "keep pictures on the way: `none`, log (ever fewer) or every:10; reverie movie makes movies of them")
	batch := fs.Int("batch", pipeline.Batch, "images evaluated together")
	out := fs.String("out", "results/reconstruct", "`folder` for the pictures")
	dev := deviceFlags(fs)
	paths, err := e.parse(fs, args, 0, -1)
	if err != nil {
		return err
	}
	if (*store == "") == (len(paths) == 0) {
		return usage("give either pictures or --features")
	}
	snapshots, err := pipeline.ParseSnapshots(*shots)
	if err != nil {
		return usage("--%v", err)
	}
	eng, err := openEngine(ctx, e, *network, dev)
	if err != nil {
		return err
	}
	defer eng.Close()
	m := eng.Model()
	meter := job.NewMeter(e.progress.report)
	var decoded decodeRecord
	rec := pipeline.Record{Notes: []string{m.Note}}
	if *store != "" {
		rec.Source, rec.Features, rec.ROI, rec.Subject = "features in "+filepath.Base(*store), session.Stored, set.ROI, set.Subject
		if d, err := readDecodeRecord(*store, set.Fold); err == nil {
			rec.Source, rec.Features = "features decoded from "+d.Subject, session.Decoded
			rec.Subject, rec.Session = d.Subject, brain.Session(d.Session)
			rec.ROI, rec.Simulated, rec.FixedBlocks = d.ROI, d.Simulated, d.FixedBlocks
			rec.Notes, decoded = append(rec.Notes, d.Notes...), d
		}
	}
	prior, err := how.generator(ctx, eng, decoded.Session, meter)
	if err != nil {
		return err
	}
	rec.Through(prior)
	opt, err := how.options(prior != nil)
	if err != nil {
		return err
	}
	var jobs []pipeline.Job
	if *store != "" {
		rec.Layers, jobs, err = storedJobs(ctx, m, *store, set, *images, list(*layers), list(*labels))
	} else {
		rec.Source, rec.Features = "true features of the pictures", session.True
		if rec.Layers, err = m.Layers(list(*layers)); err == nil {
			jobs, err = pictureJobs(ctx, eng, paths, rec.Layers, meter)
		}
	}
	if err == nil {
		err = how.startAt(m, prior, rec.Layers, jobs)
	}
	if err == nil {
		err = maskJobs(m, *channels, rec.Layers, jobs)
	}
	if err != nil {
		return err
	}
	rec.Options = opt
	rec.Masks = *channels
	var missed error
	total, reached := len(jobs)*opt.Iterations, make([]int, len(jobs))
	pictures, err := m.Reconstruct(ctx, eng.Backend(), pipeline.Request{
		Layers: rec.Layers, Jobs: jobs, Options: opt, Prior: prior, Batch: *batch,
		Observe: func(f recon.Frame) {
			reached[f.Task] = f.Iteration
			meter.Step("reconstruct", sum(reached), total)
			if snapshots.Keeps(f.Iteration) && missed == nil {
				missed = m.WriteSnapshot(*out, jobs[f.Task].Label, f.Iteration, f.X)
			}
		},
	})
	if err != nil && (!errors.Is(err, context.Canceled) || len(pictures) == 0) {
		return err
	}
	if err == nil && missed != nil {
		return missed
	}
	eng.Provenance(&rec)
	rec, saveErr := pipeline.Save(*out, m, "Reconstruction from "+rec.Source, pictures, rec)
	if saveErr != nil {
		return saveErr
	}
	for _, r := range rec.Images {
		c := "      "
		if r.Correlation != nil {
			c = fmt.Sprintf("r = %.3f", *r.Correlation)
		}
		e.say("%-28s %s  loss %.5g after %d evaluations: %s", r.Label, c, r.Loss, r.Evaluations, r.Reason)
	}
	e.say("pictures, montage and record in %s", *out)
	if err != nil {
		return err
	}
	return e.result(rec)
}

func sum(v []int) (s int) {
	for _, x := range v {
		s += x
	}
	return s
}

func pictureJobs(ctx context.Context, eng *engine.Engine, paths, layers []string, meter *job.Meter) ([]pipeline.Job, error) {
	jobs := make([]pipeline.Job, len(paths))
	for i, p := range paths {
		img, err := eng.Model().Picture(p)
		if err != nil {
			return nil, err
		}
		base := filepath.Base(p)
		jobs[i] = pipeline.Job{Label: strings.TrimSuffix(base, filepath.Ext(base)), Original: img}
	}
	f, err := eng.Model().TrueFeatures(ctx, eng.Backend(), paths, layers, func(done, total int) { meter.Step("features", done, total) })
	if err != nil {
		return nil, err
	}
	for i := range jobs {
		jobs[i].Features = f[i]
	}
	return jobs, nil
}

// trialName is what stands before the stimulus in the label of a single trial: bdpy's sample000001-, our run1-block02-.
var trialName = regexp.MustCompile(`^(sample\d+|run\d+-block\d+)-`)

func stimulusOf(label string) string { return trialName.ReplaceAllString(label, "") }

// storedJobs reads features from a store; every chosen layer must be there and fit the network.
func storedJobs(ctx context.Context, m *pipeline.Model, dir string, set features.Set, images string, layers, labels []string) ([]string, []pipeline.Job, error) {
	s, err := features.OpenGuarded(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	if set != (features.Set{}) {
		if s, err = s.Select(set); err != nil {
			return nil, nil, err
		}
	}
	if len(layers) == 0 {
		layers = s.Layers()
	}
	if layers, err = m.Layers(layers); err != nil {
		return nil, nil, err
	}
	if len(labels) == 0 {
		labels = s.Labels()
	}
	var pictures *stimuli.Set
	if images != "" {
		if pictures, err = stimuli.OpenSet(images); err != nil {
			return nil, nil, err
		}
	}
	var jobs []pipeline.Job
	for _, label := range labels {
		j := pipeline.Job{Label: label}
		if j.Features, err = m.Stored(s, layers, label); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", dir, err)
		}
		if pictures != nil {
			if path, ok := pictures.Match(stimulusOf(label)); ok {
				if j.Original, err = m.Picture(path); err != nil {
					return nil, nil, err
				}
			}
		}
		jobs = append(jobs, j)
	}
	return layers, jobs, nil
}
