package batch

import (
	"math"

	"reverie/app/figure"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/recon"
)

// labWriter writes as the scripts of the paper do. The folder is the batch's own, so what a killed run left is
// written again.
func (j *Job) labWriter(part int) pipeline.LabWriter {
	return pipeline.LabWriter{Dir: j.labPath(part), Layout: pipeline.LabPaper, Overwrite: true,
		Display: figure.Display{Mode: figure.Stretch, Percent: figure.LabPercent}}
}

// lab writes an image in the lab's layout. Without a finite picture there is none: the record says why.
func (r *run) lab(u unit, p pipeline.Picture) error {
	if !allFinite(p.Raw) {
		return nil
	}
	pt := r.parts[u.part]
	double := !pt.prior && r.options(false).Optimizer != recon.Descent
	return r.labWriter(u.part).Write(pipeline.LabImage{Label: pt.files[u.sample], Raw: p.Raw, Double: double})
}

// labSnapshot numbers an image on the way as the lab does: with descent by iterations from 1, with L-BFGS by
// evaluations from 0.
func (r *run) labSnapshot(u unit, f recon.Frame, raw *session.Raw) error {
	if !allFinite(raw) {
		return nil
	}
	pt := r.parts[u.part]
	number := f.Evaluation
	if r.options(pt.prior).Optimizer != recon.Descent {
		number--
	}
	return r.labWriter(u.part).Snapshot(pt.files[u.sample], number, raw)
}

func allFinite(r *session.Raw) bool {
	for _, v := range r.RGB {
		if d := float64(v); math.IsNaN(d) || math.IsInf(d, 0) {
			return false
		}
	}
	return true
}
