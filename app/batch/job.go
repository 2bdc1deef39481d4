package batch

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/nn"
	"reverie/compute/recon"
)

// Job is a batch made ready: what it asks for, on open subjects.
type Job struct {
	Spec     session.BatchSpec
	Subjects []*session.Subject
	Host     Host
	Dir      string // of the results

	sets     []*Set
	parts    []part
	programs []*program
	batch    int // images evaluated together
	// cacheBytes bounds the decoded features on the disk, but for one set's.
	cacheBytes int64
	snaps      pipeline.Snapshots
}

// program is what the images of some parts share: a network, layers and options.
type program struct {
	imagery, prior bool
	layers         []string
	parts          []int
	cost           float64 // multiplications of an evaluation of one image, about
}

// New makes a batch ready. Nothing is computed or written yet.
func New(ctx context.Context, spec session.BatchSpec, subjects []*session.Subject, h Host, dir string) (*Job, error) {
	if err := Check(spec); err != nil {
		return nil, err
	}
	if dir == "" {
		return nil, fmt.Errorf("batch: no folder for the results: choose one")
	}
	if len(subjects) == 0 || slices.Contains(subjects, nil) {
		return nil, fmt.Errorf("batch: no subject's data among what was opened")
	}
	if spec.Memory == 0 {
		spec.Memory = DefaultMemory
	}
	j := &Job{Spec: spec, Subjects: subjects, Host: h, Dir: filepath.Clean(dir)}
	if (spec.Prior == session.PriorOn || spec.Prior == session.PriorBoth) && h.Prior() == nil {
		return nil, fmt.Errorf("batch: no prior for %s: add a generator to the models, or choose pixels alone", h.Model(false).Net.Name)
	}
	var err error
	if j.snaps, err = pipeline.ParseSnapshots(spec.Snapshots); err != nil {
		return nil, err
	}
	if err := j.expand(ctx); err != nil {
		return nil, err
	}
	if l := j.missingLabels(); len(l) > 0 {
		return nil, fmt.Errorf("batch: no subject has the stimulus %q in a chosen session", l[0])
	}
	j.group()
	return j, nil
}

// group finds the parts that share a program.
func (j *Job) group() {
	at := map[string]*program{}
	for i, p := range j.parts {
		imagery := j.sets[p.set].Imagery
		key := fmt.Sprint(imagery, p.prior, strings.Join(p.layers, ","))
		g := at[key]
		if g == nil {
			g = &program{imagery: imagery, prior: p.prior, layers: p.layers}
			g.cost = cost(j.Host.Model(imagery).Net, p.layers)
			if p.prior {
				g.cost += cost(j.Host.Prior().Net, nil)
			}
			at[key] = g
			j.programs = append(j.programs, g)
		}
		g.parts = append(g.parts, i)
	}
}

// cost counts the multiplications up to the highest of some layers, or of all ops.
func cost(n *nn.Network, layers []string) float64 {
	sum, upTo := 0.0, 0.0
	for _, op := range n.Ops {
		if op.HasWeights() {
			sum += float64(op.Out.Len()) * float64(op.FanIn())
		}
		if slices.Contains(layers, op.Name) {
			upTo = sum
		}
	}
	if layers == nil {
		return sum
	}
	return upTo
}

func (j *Job) options(prior bool) recon.Options {
	if prior {
		return j.Spec.Latent
	}
	return j.Spec.Pixels
}

func (j *Job) prior(on bool) *pipeline.Prior {
	if on {
		return j.Host.Prior()
	}
	return nil
}

func (j *Job) samplesOf(part int) []string { return j.sets[j.parts[part].set].Labels }

// images counts those of all parts, and their iterations at the most.
func (j *Job) images() (n, iterations int) {
	for i, p := range j.parts {
		k := len(j.samplesOf(i))
		n += k
		iterations += k * j.options(p.prior).Iterations
	}
	return n, iterations
}

// folders are those of the results.
func (j *Job) folders() []string {
	var out []string
	for _, p := range j.parts {
		out = append(out, p.dir)
		if j.has(session.LayoutLab) {
			out = append(out, p.lab)
		}
	}
	return out
}

func (j *Job) has(layout string) bool { return slices.Contains(j.Spec.Layouts, layout) }

// path is that of a part's file or folder.
func (j *Job) path(part int, name ...string) string {
	return filepath.Join(append([]string{j.Dir, filepath.FromSlash(j.parts[part].dir)}, name...)...)
}

// labPath is a part's folder in the lab's layout.
func (j *Job) labPath(part int) string {
	return filepath.Join(j.Dir, filepath.FromSlash(j.parts[part].lab))
}

func (j *Job) describe(part, done int) session.BatchGroup {
	p := j.parts[part]
	s := j.sets[p.set]
	return session.BatchGroup{Subject: s.Name, Session: s.Session, ROI: s.ROI, Layers: p.name, Prior: p.prior,
		Images: len(s.Labels), Done: done, Path: p.dir}
}
