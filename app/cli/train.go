package cli

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"reverie/app/engine"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/app/train"
	"reverie/compute/brain"
)

var trainCommand = command{
	name: "train", args: "FILE|FOLDER…", short: "subjects + features → decoders, one for each unit of each layer",
	examples: []string{
		"reverie train subject/ --roi V1,V2,V3,V4,VC --out decoders",
		"reverie train subject/ --roi VC --layers conv1_1 --method slr --estimate     # time, memory and disk first",
		"reverie train subject/ --features features/ --out decoders                   # learn stored features",
		"reverie train subject/ --network demo+imagery --out decoders-imagery         # the imagery variant's features",
		"reverie train S2_figureImage.mat --cv Run --layers fc8 --out decoders",
		"reverie train subject/ --out decoders --shard 3/20                           # one of 20 machines",
		"reverie train subject/ --out decoders --slurm 20 --time 4h --cpus 8          # as a Slurm job array; --dry-run shows its script",
		"reverie decode subject/ --decoders decoders --roi VC --out decoded",
	},
	run: runTrain,
}

// trainFlags registers what a plan is made of.
func trainFlags(fs *flag.FlagSet) func() (session.TrainPlan, error) {
	var p session.TrainPlan
	rois := fs.String("roi", "", "`ROIs`, comma separated, names or expressions like 'V1 + V2'; default VC, or all voxels of a .mat file")
	layers := fs.String("layers", "", "`layers`, comma separated; all by default")
	kind := fs.String("session", "", "`session` to train on; default ImageNetTraining")
	memory := fs.Float64("memory", 8, "most memory in `GB`")
	shard := fs.String("shard", "", "train part `i/n` only; others train the rest into the same folder")
	fs.StringVar(&p.Method, "method", train.L2, "`method`: l2 (ridge with voxel selection) or slr (sparse regression with ARD, the paper's)")
	fs.IntVar(&p.Voxels, "voxels", 500, "most `voxels` of a unit, those of largest |correlation|; 0 takes all")
	fs.Float64Var(&p.Alpha, "alpha", 100, "`penalty` of l2")
	fs.BoolVar(&p.FreeBias, "free-bias", false, "leave the bias of l2 without penalty")
	fs.StringVar(&p.Spatial, "spatial", "", "normalise each sample over a unit's voxels, as FastL2LiR: norm1, norm2, std1, std1mean0, norm1mean0, norm2mean0 (l2)")
	fs.StringVar(&p.Precision, "precision", "mixed", "`numbers` of l2: mixed (float32 factors refined to the float64 solution), float64, float32")
	fs.StringVar(&p.Mode, "mode", "lab", "`mode` of slr: lab (the lab's package: always all iterations) or paper (stops once converged)")
	fs.StringVar(&p.Prune, "prune", "variance", "what `rule` of slr drops voxels: variance (the lab's Python), weight (its MATLAB), none")
	fs.IntVar(&p.Iterations, "iterations", train.DefaultIterations, "most `iterations` of slr")
	fs.StringVar(&p.Store, "features", "", "learn the true features stored in this `folder`, not those that the network gives")
	fs.BoolVar(&p.Absolute, "absolute", false, "learn |feature| (Supplementary Fig. 11)")
	fs.StringVar(&p.CV, "cv", "", "cross-validate: leave out the values of this `key` one by one, such as Run")
	fs.StringVar(&p.Exclusive, "exclusive", "", "with --cv: drop training samples whose `key`, such as category_index, occurs in the test samples")
	fs.IntVar(&p.Workers, "workers", 0, "`threads`; default one per core")
	fs.StringVar(&p.Out, "out", "results/decoders", "`folder` for the decoders; what is in it already is kept")
	return func() (session.TrainPlan, error) {
		p.ROIs, p.Layers, p.Session = list(*rois), list(*layers), brain.Session(*kind)
		p.Memory = int64(*memory * (1 << 30))
		if *shard != "" {
			if n, err := fmt.Sscanf(*shard+"/", "%d/%d/", &p.Shard, &p.Shards); n != 2 || err != nil || p.Shard < 1 || p.Shard > p.Shards {
				return p, usage("--shard %q: want i/n, such as 3/20", *shard)
			}
		}
		if p.Exclusive != "" && p.CV == "" {
			return p, usage("--exclusive needs --cv")
		}
		return p, nil
	}
}

func runTrain(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
	network := fs.String("network", "demo", "`network` whose features are learnt: demo, vgg19-seeded, a file, or one that reverie models lists; +imagery takes its average-pool, leaky variant")
	drop := fs.Bool("drop-repetitions", false, "leave out the blocks that only repeat the stimulus before them (one-back task; BData files)")
	estimate := fs.Bool("estimate", false, "tell what it will take, and train nothing")
	plan := trainFlags(fs)
	array := slurmFlags(fs)
	dev := deviceFlags(fs)
	paths, err := e.parse(fs, args, 1, -1)
	if err != nil {
		return err
	}
	p, err := plan()
	if err != nil {
		return err
	}
	eng, err := openEngine(ctx, e, *network, dev)
	if err != nil {
		return err
	}
	defer eng.Close()
	subjects, err := eng.OpenSubjects(ctx, paths, e.progress.report)
	if err != nil {
		return err
	}
	rec := trainRecord{Out: p.Out, Computed: eng.Computed(), Plan: p}
	for _, s := range subjects {
		s.DropRepetitions = *drop
		rec.Subjects, rec.Simulated = append(rec.Subjects, s.Name), rec.Simulated || s.Simulated
		rec.Notes = append(rec.Notes, s.Notes...)
	}
	notes, err := eng.TrainingNotes(ctx, subjects, p)
	if err != nil {
		return err
	}
	rec.Notes = append(rec.Notes, notes...)
	switch {
	case *estimate:
		return showEstimate(ctx, e, eng, subjects, p)
	case array.shards > 0:
		return array.run(ctx, e, eng, fs, paths, subjects, p)
	}
	begun := time.Now()
	err = eng.TrainSubjects(ctx, subjects, p, nil, func(u session.TrainUpdate) {
		if u.Part.Done < u.Part.Units {
			return
		}
		part := trainedPart{Subject: u.Part.Subject, Layer: u.Part.Layer, ROI: u.Part.ROI, Fold: u.Part.Fold, Units: u.Part.Units, Voxels: u.Part.Voxels, Path: u.Path, Accuracy: u.Accuracy}
		rec.Parts = append(rec.Parts, part)
		e.say("  %s", part)
	}, e.progress.report)
	if err != nil {
		return err
	}
	rec.Seconds = time.Since(begun).Seconds()
	for _, n := range rec.Notes {
		e.say("note: %s", n)
	}
	e.say("decoders: %s (%s)", filepath.Clean(p.Out), time.Since(begun).Round(100*time.Millisecond))
	return e.result(rec)
}

// trainRecord is what train prints with --json.
type trainRecord struct {
	Out       string   `json:"out"`
	Subjects  []string `json:"subjects"`
	Simulated bool     `json:"simulated"`
	pipeline.Computed
	Plan    session.TrainPlan `json:"plan"`
	Parts   []trainedPart     `json:"parts"` // that were finished in this run
	Seconds float64           `json:"seconds"`
	Notes   []string          `json:"notes"`
}

type trainedPart struct {
	Subject  string             `json:"subject"`
	Layer    string             `json:"layer"`
	ROI      string             `json:"roi"`
	Fold     string             `json:"fold,omitempty"`
	Units    int                `json:"units"`
	Voxels   int                `json:"voxels"`
	Path     string             `json:"path"`
	Accuracy []session.Accuracy `json:"accuracy,omitempty"`
}

func (p trainedPart) String() string {
	name := p.ROI
	if p.Fold != "" {
		name += " " + p.Fold
	}
	var acc []string
	for _, a := range p.Accuracy {
		if a.Units > 0 {
			acc = append(acc, fmt.Sprintf("%s %.3f", a.Condition, a.Mean))
		}
	}
	return fmt.Sprintf("%-8s %s %-12s %8d units, %d voxels   %s", p.Layer, p.Subject, name, p.Units, p.Voxels, strings.Join(acc, ", "))
}

// estimateRecord is what train --estimate prints with --json.
type estimateRecord struct {
	Units   int                 `json:"units"`
	Trained int                 `json:"trained"`
	Seconds float64             `json:"seconds"`
	Memory  int64               `json:"memory_bytes"`
	Disk    int64               `json:"disk_bytes"`
	Free    int64               `json:"free_bytes"`
	Parts   []session.TrainPart `json:"parts"`
	Notes   []string            `json:"notes,omitempty"`
}

func showEstimate(ctx context.Context, e *env, eng *engine.Engine, subjects []*session.Subject, p session.TrainPlan) error {
	x, err := eng.EstimateSubjects(ctx, subjects, p)
	if err != nil {
		return err
	}
	r := estimateRecord{Seconds: x.Time.Seconds(), Memory: x.Memory, Disk: x.Disk, Free: x.Free, Parts: x.Parts, Notes: x.Notes}
	for _, part := range x.Parts {
		r.Units += part.Units
		r.Trained += part.Done
		name := part.ROI
		if part.Fold != "" {
			name += " " + part.Fold
		}
		e.say("  %-8s %s %-12s %8d units from %d voxels, %d trained already", part.Layer, part.Subject, name, part.Units, part.Voxels, part.Done)
	}
	e.say("%d units, %d of them trained already; about %s, %s of memory, up to %s on disk (%s free)", r.Units, r.Trained,
		x.Time.Round(time.Second), gigabytes(x.Memory), gigabytes(x.Disk), gigabytes(x.Free))
	if x.Free >= 0 && x.Disk > x.Free {
		r.Notes = append(r.Notes, "The disk is too small: choose another folder, fewer layers or fewer voxels a unit.")
	}
	for _, n := range r.Notes {
		e.say("note: %s", n)
	}
	return e.result(r)
}

func gigabytes(n int64) string {
	switch {
	case n < 0:
		return "unknown"
	case n < 1<<30:
		return fmt.Sprintf("%d MB", (n+1<<20-1)>>20)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
}
