package cli

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"reverie/app/engine"
	"reverie/app/job"
	"reverie/app/session"
	"reverie/app/slurm"
)

// slurmArray are the flags of a job array.
type slurmArray struct {
	shards, parallel, cpus, retries int
	time                            time.Duration
	partition, account, qos, more   string
	detach, dry                     bool
	poll                            time.Duration
}

// own are the flags that the worker does not get.
var own = []string{"slurm", "parallel", "cpus", "retries", "time", "partition", "account", "qos", "sbatch", "detach", "dry-run", "poll", "json", "estimate", "out", "features", "shard"}

func slurmFlags(fs *flag.FlagSet) *slurmArray {
	a := &slurmArray{}
	fs.IntVar(&a.shards, "slurm", 0, "train as a Slurm job array of this many `tasks`, follow it and try again what fails")
	fs.IntVar(&a.parallel, "parallel", 0, "with --slurm: most `tasks` at a time")
	fs.IntVar(&a.cpus, "cpus", 0, "with --slurm: `CPUs` of a task")
	fs.IntVar(&a.retries, "retries", 2, "with --slurm: `times` that a task is tried again which ends without progress")
	fs.DurationVar(&a.time, "time", 0, "with --slurm: `limit` of a task, such as 4h30m; what is unfinished then is submitted again")
	fs.StringVar(&a.partition, "partition", "", "with --slurm: `partition`")
	fs.StringVar(&a.account, "account", "", "with --slurm: `account`")
	fs.StringVar(&a.qos, "qos", "", "with --slurm: `quality` of service")
	fs.StringVar(&a.more, "sbatch", "", "with --slurm: more `options` of sbatch, such as '--exclude=n7 --nice'")
	fs.BoolVar(&a.detach, "detach", false, "with --slurm: let the tasks go on when this command is stopped; the same command takes them up again")
	fs.BoolVar(&a.dry, "dry-run", false, "with --slurm: print the batch script and submit nothing")
	fs.DurationVar(&a.poll, "poll", 10*time.Second, "with --slurm: how often it is asked")
	return a
}

// run trains a plan on a cluster.
func (a *slurmArray) run(ctx context.Context, e *env, eng *engine.Engine, fs *flag.FlagSet, paths []string, subjects []*session.Subject, p session.TrainPlan) error {
	if p.Shards > 0 {
		return usage("--slurm and --shard exclude each other")
	}
	p.Shards, p.Shard = a.shards, 1
	out, err := filepath.Abs(p.Out)
	if err != nil {
		return err
	}
	command, err := a.command(fs, paths, out, p.Store)
	if err != nil {
		return err
	}
	p.Out = out
	left, err := eng.Left(ctx, subjects, p)
	if err != nil {
		return err
	}
	// Beside what training keeps to, a task needs the program, the network and the files being read.
	const besides = 2 << 30
	j := slurm.Job{Name: "reverie", Dir: filepath.Join(out, ".slurm"), Command: command, Shards: a.shards, Left: left, Parallel: a.parallel, CPUs: a.cpus,
		Memory: p.Memory + besides, Time: a.time, Partition: a.partition, Account: a.account, QOS: a.qos, Extra: strings.Fields(a.more),
		Retries: a.retries, Detach: a.detach, Poll: a.poll}
	if a.dry {
		text, err := j.Script()
		if err == nil {
			_, err = fmt.Fprint(e.stdout, text)
		}
		return err
	}
	meter := job.NewMeter(e.progress.report)
	var last slurm.Status
	err = slurm.Run(ctx, j, func(s slurm.Status) {
		last = s
		meter.Step(described(s), s.Done, a.shards)
	})
	if err != nil {
		return err
	}
	// Everything is there: this finds no unit to train and removes what dead tasks left.
	p.Shards, p.Shard = 0, 0
	if err := eng.TrainSubjects(ctx, subjects, p, nil, func(session.TrainUpdate) {}, e.progress.report); err != nil {
		return err
	}
	rec := slurmRecord{Out: p.Out, Plan: p, Tasks: last.Submitted, Jobs: last.IDs}
	all, err := eng.Decoders(ctx, p.Out)
	if err != nil {
		return err
	}
	for _, d := range all {
		v, err := eng.Decoder(ctx, d.Path)
		if err != nil {
			return err
		}
		part := trainedPart{Subject: v.Subject, Layer: v.Layer, ROI: v.ROI, Fold: v.Fold, Units: v.Trained, Voxels: v.Voxels, Path: d.Path, Accuracy: v.Accuracy}
		rec.Parts = append(rec.Parts, part)
		e.say("  %s", part)
	}
	e.say("decoders: %s (%d tasks for %d shards)", p.Out, last.Submitted, a.shards)
	return e.result(rec)
}

type slurmRecord struct {
	Out   string            `json:"out"`
	Plan  session.TrainPlan `json:"plan"`
	Tasks int               `json:"tasks"` // submitted, with those tried again
	Jobs  []string          `json:"jobs"`
	Parts []trainedPart     `json:"parts"`
}

func described(s slurm.Status) string {
	text := fmt.Sprintf("%d running, %d waiting", s.Running, s.Pending)
	if s.Failed > 0 {
		text += fmt.Sprintf(", %d failed", s.Failed)
	}
	if s.Waiting != "" && s.Running == 0 {
		text += " (" + s.Waiting + ")"
	}
	return text + "; shards done"
}

// command is this program with the flags that were given, for a task that may
// start in another folder.
func (a *slurmArray) command(fs *flag.FlagSet, paths []string, out, store string) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := []string{self, "train", "--shard", "{shard}", "--out", out}
	if a.cpus > 0 && !given(fs, "workers") {
		c = append(c, "--workers", fmt.Sprint(a.cpus))
	}
	if store != "" {
		if store, err = filepath.Abs(store); err != nil {
			return nil, err
		}
		c = append(c, "--features", store)
	}
	fs.Visit(func(f *flag.Flag) {
		if slices.Contains(own, f.Name) {
			return
		}
		value := f.Value.String()
		if f.Name == "network" { // a file, maybe with the variant after it
			if _, err := os.Stat(strings.TrimSuffix(value, "+imagery")); err == nil {
				if abs, err := filepath.Abs(value); err == nil {
					value = abs
				}
			}
		}
		c = append(c, "--"+f.Name+"="+value)
	})
	c = append(c, "--")
	for _, path := range paths {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		c = append(c, abs)
	}
	return c, nil
}

func given(fs *flag.FlagSet, name string) (found bool) {
	fs.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}
