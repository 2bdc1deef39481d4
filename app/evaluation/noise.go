package evaluation

import (
	"context"
	"fmt"

	"reverie/app/job"
	"reverie/app/results"
	"reverie/app/session"
	"reverie/app/subject"
	"reverie/compute/brain"
	"reverie/compute/eval"
)

// Noise is what the samples of an area allow: the share of a voxel's variance over stimuli that is signal, in
// averages over the repetitions that there are, and the reliability of halves. No decoder can tell more.
type Noise struct {
	Subject     string        `json:"subject"`
	Session     brain.Session `json:"session"`
	ROI         string        `json:"roi"`
	Stimuli     int           `json:"stimuli"` // repeated
	Trials      float64       `json:"trials"`  // of each, on average
	Ceiling     eval.Spread   `json:"noise_ceiling_percent"`
	Reliability eval.Spread   `json:"split_half_reliability"`
}

// splits of the reliability.
const splits = 100

// NoiseOf measures the noise ceiling of the areas of subjects in every session whose stimuli were shown repeatedly.
func NoiseOf(ctx context.Context, subjects []*session.Subject, seed uint64, report job.Reporter) (out []Noise, err error) {
	meter := job.NewMeter(report)
	for _, s := range subjects {
		for i, d := range s.Datasets {
			if len(d.Files) == 0 {
				continue
			}
			for _, roi := range d.ROIs {
				if !known(roi.Name) {
					continue
				}
				meter.Step(fmt.Sprintf("noise ceiling of %s %s", d.Session, roi.Name), i, len(s.Datasets))
				x, _, err := subject.Samples(ctx, s, d, "ROI_"+roi.Name)
				if err != nil {
					return nil, fmt.Errorf("noise ceiling of %s: %w", s.Name, err)
				}
				n, err := eval.NoiseCeiling(x, splits, seed)
				if err != nil {
					break // nothing is repeated in this session
				}
				row := Noise{Subject: s.Name, Session: d.Session, ROI: roi.Name, Stimuli: n.Repeated, Trials: n.Trials}
				if row.Ceiling, err = eval.Summarise(n.Ceiling); err != nil {
					return nil, err
				}
				if row.Reliability, err = eval.Summarise(n.Reliability); err != nil {
					return nil, err
				}
				out = append(out, row)
			}
		}
	}
	return out, nil
}

func known(roi string) bool {
	for _, a := range results.Areas {
		if a == roi {
			return true
		}
	}
	return false
}
