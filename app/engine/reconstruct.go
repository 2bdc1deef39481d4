package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"reverie/app/dataset/stimuli"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/app/subject"
	"reverie/compute/brain"
	"reverie/compute/decode"
	"reverie/compute/recon"
)

// Reconstruct runs a plan: it decodes or computes the features, then makes the images.
func (e *Engine) Reconstruct(ctx context.Context, s *session.Subject, plan session.Plan, gate *job.Gate, update func(session.Update), report job.Reporter) ([]session.Outcome, error) {
	pictures, _, err := e.Run(ctx, s, plan, gate, update, report)
	out := make([]session.Outcome, len(pictures))
	for i, p := range pictures {
		out[i] = session.Outcome{Index: i, Label: p.Label, Picture: p.Raw, Original: p.Original, Correlation: p.Correlation,
			Loss: p.Total, Evaluations: p.Evaluations, Reason: p.Reason, Err: p.Err}
	}
	return out, err
}

// Run is Reconstruct for those who save: it gives the whole results and a record of how they were made.
func (e *Engine) Run(ctx context.Context, s *session.Subject, plan session.Plan, gate *job.Gate, update func(session.Update), report job.Reporter) ([]pipeline.Picture, pipeline.Record, error) {
	if err := e.wait(ctx); err != nil {
		return nil, pipeline.Record{}, err
	}
	e.one.Lock()
	defer e.one.Unlock()
	e.run.RLock()
	defer e.run.RUnlock()
	noted := len(e.Backend().Notes())
	m := e.variant(plan)
	rec := pipeline.Record{ROI: plan.ROI, Source: string(plan.Source) + " features", Features: plan.Source, Session: oneSession(plan.Stimuli), Notes: []string{m.Note}, Options: plan.Options}
	if s != nil {
		rec.Source += " of " + s.Name
		rec.Subject = s.Name
		rec.Simulated = s.Simulated
		rec.Notes = append(rec.Notes, s.Notes...)
	}
	if m.ID() != e.Model().ID() {
		rec.Notes = append(rec.Notes, "Imagery in the paper's way: features of the variant with average pooling and leaky ReLU, their decoders and norms.")
	}
	fail := func(err error) ([]pipeline.Picture, pipeline.Record, error) { return nil, rec, err }
	layers, err := m.Layers(plan.Layers)
	if err != nil {
		return fail(err)
	}
	if len(plan.Stimuli) == 0 {
		return fail(errors.New("no stimulus chosen: pick at least one"))
	}
	meter := job.NewMeter(report)
	prior, err := e.prior(ctx, plan.Prior, "", meter)
	if err != nil {
		return fail(err)
	}
	rec.Through(prior)
	rec.Layers = layers
	jobs, err := e.targets(ctx, m, s, plan, layers, &rec, meter)
	if err != nil {
		return fail(err)
	}
	if plan.From != nil && len(plan.From) != len(jobs) {
		return fail(fmt.Errorf("%d images to go on from for %d to reconstruct", len(plan.From), len(jobs)))
	}
	for i, f := range plan.From {
		jobs[i].From = f
	}
	total := len(jobs) * plan.Options.Iterations
	reached := make([]int, len(jobs))
	meter.Step("reconstruct", 0, total)
	pictures, err := m.Reconstruct(ctx, e.Backend(), pipeline.Request{Layers: layers, Jobs: jobs, Options: plan.Options, Prior: prior, Wait: gate.Wait, Observe: func(f recon.Frame) {
		reached[f.Task] = f.Iteration
		done := 0
		for _, n := range reached {
			done += n
		}
		meter.Step("reconstruct", done, total)
		if update != nil {
			update(session.Update{
				Index: f.Task, Iteration: f.Iteration, Evaluation: f.Evaluation,
				Loss: append([]float64(nil), f.Loss...), Total: f.Total, Picture: m.Raw(f.X), Latent: slices.Clone(f.Z),
			})
		}
	}})
	e.provenance(&rec, noted)
	if err == nil {
		meter.Step("reconstruct", total, total)
	}
	return pictures, rec, err
}

// oneSession is that of all stimuli, "" where they are of several.
func oneSession(stimuli []session.Stimulus) brain.Session {
	for _, s := range stimuli {
		if s.Session != stimuli[0].Session {
			return ""
		}
	}
	if len(stimuli) == 0 {
		return ""
	}
	return stimuli[0].Session
}

// variant is the network that a plan takes: the imagery variant where the paper's preset meets imagery.
func (e *Engine) variant(plan session.Plan) *pipeline.Model {
	m := e.Model()
	if plan.Options.Preset != recon.Paper || !plan.Source.FromBrain() {
		return m
	}
	for _, s := range plan.Stimuli {
		if s.Session != brain.Imagery {
			return m
		}
	}
	return m.Imagery()
}

// targets makes the jobs of a plan: features per layer and the original where there is one.
func (e *Engine) targets(ctx context.Context, m *pipeline.Model, s *session.Subject, plan session.Plan, layers []string, rec *pipeline.Record, meter *job.Meter) ([]pipeline.Job, error) {
	jobs := make([]pipeline.Job, len(plan.Stimuli))
	var paths []string
	for i, st := range plan.Stimuli {
		jobs[i].Label = st.Label
		if st.Image == "" {
			continue
		}
		img, err := m.Picture(st.Image)
		if err != nil {
			return nil, err
		}
		jobs[i].Original = img
		paths = append(paths, st.Image)
	}
	switch plan.Source {
	case session.True:
		if len(paths) != len(jobs) {
			return nil, fmt.Errorf("%d of %d chosen stimuli have no picture, so no true features: choose decoded features or open the folder of their pictures", len(jobs)-len(paths), len(jobs))
		}
		f, err := m.TrueFeatures(ctx, e.Backend(), paths, layers, func(done, total int) { meter.Step("features of the stimuli", done, total) })
		for i := range f {
			jobs[i].Features = f[i]
		}
		return jobs, err
	case session.Stored:
		return jobs, stored(ctx, m, plan, layers, jobs, meter)
	}
	d, err := e.decode(ctx, m, s, plan, layers, meter)
	if err != nil {
		return nil, err
	}
	rec.Notes = append(rec.Notes, d.Notes...)
	if plan.Trials {
		return trialJobs(plan, jobs, d), nil
	}
	for i := range jobs {
		jobs[i].Features = d.Sample(i)
	}
	return jobs, nil
}

// trialJobs makes a job of each decoded trial; labels end in that of the stimulus.
func trialJobs(plan session.Plan, stimuli []pipeline.Job, d *pipeline.Decoded) []pipeline.Job {
	out := make([]pipeline.Job, len(d.Labels))
	for i, label := range d.Labels {
		out[i] = pipeline.Job{Label: label, Features: d.Sample(i)}
		for k, st := range plan.Stimuli {
			if label == st.Label || strings.HasSuffix(label, "-"+st.Label) {
				out[i].Original = stimuli[k].Original
			}
		}
	}
	return out
}

// decode gives the decoded features of a plan's stimuli.
func (e *Engine) decode(ctx context.Context, m *pipeline.Model, s *session.Subject, plan session.Plan, layers []string, meter *job.Meter) (*pipeline.Decoded, error) {
	norm := func() pipeline.Norm { return NormOf(s, decode.Scripts2019, "") }
	switch f := figures(s); {
	case plan.Decoders != "":
		return e.decodeTrained(ctx, m, s, plan.Stimuli, Trained{Root: plan.Decoders, ROI: plan.ROI, Layers: layers, Norm: norm(), Trials: plan.Trials}, meter)
	case f != nil:
		labels := make([]string, len(plan.Stimuli))
		for i, st := range plan.Stimuli {
			labels[i] = st.Label
		}
		return e.DecodeFigures(ctx, f.File, labels, []string{plan.ROI}, layers, 0, meter)
	}
	return e.decodeStimuli(ctx, m, s, plan.Stimuli, plan.ROI, layers, norm(), ways{plan.Trials, plan.Source == session.Shuffled}, meter)
}

// DecodeStimuli decodes stimuli, each from the average over its trials, with
// decoders trained on the natural training session. The stimuli may come from
// several sessions; the result keeps their order.
func (e *Engine) DecodeStimuli(ctx context.Context, s *session.Subject, chosen []session.Stimulus, roi string, layers []string, norm pipeline.Norm, meter *job.Meter) (*pipeline.Decoded, error) {
	return e.decodeStimuli(ctx, e.Model(), s, chosen, roi, layers, norm, ways{}, meter)
}

// ways of decoding: each trial by itself, with decoders of shuffled labels.
type ways struct{ trials, shuffled bool }

// decodeStimuli does it with the features of a network.
func (e *Engine) decodeStimuli(ctx context.Context, m *pipeline.Model, s *session.Subject, chosen []session.Stimulus, roi string, layers []string, norm pipeline.Norm, how ways, meter *job.Meter) (*pipeline.Decoded, error) {
	if s == nil {
		return nil, errNoTraining
	}
	train := dataset(s, brain.NaturalTraining)
	if train == nil {
		return nil, errNoTraining
	}
	expr := Selection(roi)
	meter.Step("read samples", 0, 2)
	x, notices, err := subject.Samples(ctx, s, *train, expr)
	if err != nil {
		return nil, err
	}
	meter.Step("read samples", 1, 2)
	var test brain.Samples
	var notes []string
	if how.trials {
		test, notes, err = trials(ctx, s, chosen, expr)
	} else {
		test, err = testSamples(ctx, s, chosen, expr)
	}
	if err != nil {
		return nil, err
	}
	q := pipeline.DecodeRequest{Train: x, Test: test, Pictures: map[string]string{}, Layers: layers, Norm: norm, Shuffled: how.shuffled}
	for _, st := range train.Stimuli {
		q.Pictures[st.Label] = st.Image
	}
	d, err := m.Decode(ctx, e.Backend(), q, meter.Step)
	if err != nil {
		return nil, err
	}
	d.Notes = append(d.Notes, notes...)
	for _, n := range notices {
		d.Notes = append(d.Notes, "Training samples: "+n.String())
	}
	return d, nil
}

// Selection turns what the user chose as ROI, a name or an expression, into a
// selection of BData columns: V1 is ROI_V1.
func Selection(roi string) string {
	if roi == "" {
		roi = "VC"
	}
	if strings.Contains(roi, "ROI_") || strings.ContainsAny(roi, `"'*=`) {
		return roi
	}
	return roiName.ReplaceAllString(roi, "ROI_$0")
}

var roiName = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_]*`)

// testSamples is one averaged sample per chosen stimulus, in their order.
func testSamples(ctx context.Context, s *session.Subject, chosen []session.Stimulus, expr string) (brain.Samples, error) {
	averages := map[brain.Session]brain.Samples{}
	var out brain.Samples
	for _, st := range chosen {
		avg, ok := averages[st.Session]
		if !ok {
			d := dataset(s, st.Session)
			if d == nil {
				return out, fmt.Errorf("no data of session %s for stimulus %q", st.Session, st.Label)
			}
			all, _, err := subject.Samples(ctx, s, *d, expr)
			if err != nil {
				return out, err
			}
			avg = all.Average()
			averages[st.Session] = avg
		}
		found := false
		for i, l := range avg.Labels {
			if l == st.Label {
				out.Voxels = avg.Voxels
				out.Labels = append(out.Labels, l)
				out.X = append(out.X, avg.Row(i)...)
				found = true
				break
			}
		}
		if !found {
			return out, fmt.Errorf("session %s has no sample of stimulus %q", st.Session, st.Label)
		}
	}
	return out, nil
}

func dataset(s *session.Subject, kind brain.Session) *session.Dataset {
	for i := range s.Datasets {
		if s.Datasets[i].Session == kind {
			return &s.Datasets[i]
		}
	}
	return nil
}

// natural lists pictures that no decoder was trained on, for the norm
// correction: those in stimuli/norm beside the subject's files.
func natural(s *session.Subject) []string {
	set, err := stimuli.OpenSet(filepath.Join(s.Dir, "stimuli", "norm"))
	if err != nil {
		return nil
	}
	var out []string
	for _, l := range set.Labels() {
		if p, ok := set.Match(l); ok {
			out = append(out, p)
		}
	}
	return out
}
