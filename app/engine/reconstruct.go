package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
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
		out[i] = session.Outcome{Index: i, Picture: p.Picture, Original: p.Original, Correlation: p.Correlation,
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
	m := e.Model()
	rec := pipeline.Record{ROI: plan.ROI, Source: string(plan.Source) + " features", Notes: []string{m.Note}}
	if s != nil {
		rec.Source += " of " + s.Name
		rec.Simulated = s.Simulated
		rec.Notes = append(rec.Notes, s.Notes...)
	}
	fail := func(err error) ([]pipeline.Picture, pipeline.Record, error) { return nil, rec, err }
	layers, err := m.Layers(plan.Layers)
	if err != nil {
		return fail(err)
	}
	if len(plan.Stimuli) == 0 {
		return fail(errors.New("no stimulus chosen: pick at least one"))
	}
	opt, err := recon.Defaults(recon.Preset(plan.Preset))
	if err != nil {
		return fail(err)
	}
	if plan.Iterations > 0 {
		opt.Iterations = plan.Iterations
	}
	rec.Layers, rec.Options = layers, opt
	meter := job.NewMeter(report)
	jobs, err := e.targets(ctx, m, s, plan, layers, &rec, meter)
	if err != nil {
		return fail(err)
	}
	total := len(jobs) * opt.Iterations
	reached := make([]int, len(jobs))
	meter.Step("reconstruct", 0, total)
	pictures, err := m.Reconstruct(ctx, e.Backend(), layers, jobs, opt, gate.Wait, func(f recon.Frame) {
		reached[f.Task] = f.Iteration
		done := 0
		for _, n := range reached {
			done += n
		}
		meter.Step("reconstruct", done, total)
		if update != nil {
			update(session.Update{
				Index: f.Task, Iteration: f.Iteration, Evaluation: f.Evaluation,
				Loss: append([]float64(nil), f.Loss...), Total: f.Total, Picture: m.Show(f.X),
			})
		}
	})
	e.provenance(&rec, noted)
	if err == nil {
		meter.Step("reconstruct", total, total)
	}
	return pictures, rec, err
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
	if plan.Source == session.True {
		if len(paths) != len(jobs) {
			return nil, fmt.Errorf("%d of %d chosen stimuli have no picture, so no true features: choose decoded features or open the folder of their pictures", len(jobs)-len(paths), len(jobs))
		}
		f, err := m.TrueFeatures(ctx, e.Backend(), paths, layers, func(done, total int) { meter.Step("features of the stimuli", done, total) })
		for i := range f {
			jobs[i].Features = f[i]
		}
		return jobs, err
	}
	if plan.Source == session.Stored {
		return jobs, stored(ctx, m, plan, layers, jobs, meter)
	}
	features, notes, err := e.decode(ctx, s, plan, layers, meter)
	if err != nil {
		return nil, err
	}
	rec.Notes = append(rec.Notes, notes...)
	for i := range jobs {
		jobs[i].Features = features[i]
	}
	return jobs, nil
}

// decode gives the decoded features of a plan's stimuli, [stimulus][layer].
func (e *Engine) decode(ctx context.Context, s *session.Subject, plan session.Plan, layers []string, meter *job.Meter) ([][][]float32, []string, error) {
	var d *pipeline.Decoded
	var err error
	if plan.Decoders != "" {
		d, err = e.DecodeTrained(ctx, s, plan.Stimuli, Trained{Root: plan.Decoders, ROI: plan.ROI, Layers: layers, Norm: NormOf(s, decode.Scripts2019, "")}, meter)
	} else if f := figures(s); f != nil {
		labels := make([]string, len(plan.Stimuli))
		for i, st := range plan.Stimuli {
			labels[i] = st.Label
		}
		d, err = e.DecodeFigures(ctx, f.File, labels, []string{plan.ROI}, layers, 0, meter)
	} else {
		d, err = e.DecodeStimuli(ctx, s, plan.Stimuli, plan.ROI, layers, NormOf(s, decode.Scripts2019, ""), meter)
	}
	if err != nil {
		return nil, nil, err
	}
	out := make([][][]float32, len(plan.Stimuli))
	for i := range out {
		out[i] = d.Sample(i)
	}
	return out, d.Notes, nil
}

// DecodeStimuli decodes stimuli, each from the average over its trials, with
// decoders trained on the natural training session. The stimuli may come from
// several sessions; the result keeps their order.
func (e *Engine) DecodeStimuli(ctx context.Context, s *session.Subject, chosen []session.Stimulus, roi string, layers []string, norm pipeline.Norm, meter *job.Meter) (*pipeline.Decoded, error) {
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
	test, err := testSamples(ctx, s, chosen, expr)
	if err != nil {
		return nil, err
	}
	q := pipeline.DecodeRequest{Train: x, Test: test, Pictures: map[string]string{}, Layers: layers, Norm: norm}
	for _, st := range train.Stimuli {
		q.Pictures[st.Label] = st.Image
	}
	d, err := e.Model().Decode(ctx, e.Backend(), q, meter.Step)
	if err != nil {
		return nil, err
	}
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
