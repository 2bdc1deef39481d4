package evaluation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/results"
)

// Version is that of a report.
const Version = 1

// Report is an evaluation with all that it takes to do it again.
type Report struct {
	Version   int               `json:"version"`
	Program   string            `json:"program"`
	Made      string            `json:"made"`
	Spec      Spec              `json:"spec"`
	Inputs    Inputs            `json:"inputs"`
	Simulated bool              `json:"simulated"`
	Computed  []pipeline.Record `json:"reconstructed_with"` // one record for each way of making, without its images
	Notes     []string          `json:"notes,omitempty"`
	Cells     []Cell            `json:"cells"`
	Tests     []Comparison      `json:"tests"`
	Scores    []Score           `json:"scores"`
	Noise     []Noise           `json:"noise,omitempty"` // of the samples, where they were named
	// Catalogue is not kept: figures are drawn of it.
	Catalogue *results.Catalogue `json:"-"`
}

// Inputs tell the pictures that were evaluated.
type Inputs struct {
	Reconstructions int      `json:"reconstructions"`
	Subjects        []string `json:"subjects"`
	SHA256          string   `json:"sha256"` // over all pictures and originals, sorted by path below their folders
}

// Evaluate scores what a specification names. features may be nil where no measure needs a network.
func Evaluate(ctx context.Context, spec Spec, features Features, report job.Reporter) (*Report, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	c, err := results.Open(ctx, spec.Paths, results.Options{Stimuli: spec.Stimuli, Tables: spec.Tables}, report)
	if err != nil {
		return nil, err
	}
	return Of(ctx, c, spec, features, report)
}

// Of scores a catalogue that is open already.
func Of(ctx context.Context, c *results.Catalogue, spec Spec, features Features, report job.Reporter) (*Report, error) {
	meter := job.NewMeter(report)
	s, err := score(ctx, c, spec, features, meter)
	if err != nil {
		return nil, err
	}
	r := &Report{Version: Version, Program: pipeline.Version(), Made: time.Now().UTC().Format(time.RFC3339), Spec: spec, Notes: s.notes, Scores: s.scores, Catalogue: c}
	if err := r.rated(); err != nil {
		return nil, err
	}
	r.Cells = cells(r.Scores, spec)
	if err := shuffled(ctx, r.Cells, s.judged, spec, meter); err != nil {
		return nil, err
	}
	r.Tests = comparisons(r.Scores, spec)
	return r, r.describe(ctx, meter)
}

// describe fills in what was evaluated and how it was made.
func (r *Report) describe(ctx context.Context, meter *job.Meter) error {
	var files []string
	folders := map[string]bool{}
	for i := range r.Catalogue.Items {
		item := &r.Catalogue.Items[i]
		if !r.Spec.keep(item) {
			continue
		}
		r.Inputs.Reconstructions++
		r.Simulated = r.Simulated || item.Simulated
		if !slices.Contains(r.Inputs.Subjects, item.Subject) {
			r.Inputs.Subjects = append(r.Inputs.Subjects, item.Subject)
		}
		files = append(files, item.File)
		if item.Original != "" {
			files = append(files, item.Original)
		}
		if !folders[item.Folder] {
			folders[item.Folder] = true
			r.madeWith(item.Folder)
		}
	}
	var err error
	r.Inputs.SHA256, err = digest(ctx, files, meter)
	return err
}

// madeWith keeps the records of ways of making that differ.
func (r *Report) madeWith(folder string) {
	rec, err := pipeline.ReadRecord(folder)
	if err != nil {
		return // of another tool: there is none
	}
	rec.Images, rec.Notes, rec.Made, rec.Source, rec.ROI, rec.Voxels, rec.Session, rec.Subject = nil, nil, "", "", "", 0, "", ""
	rec.Layers, rec.LayerSet, rec.FixedBlocks, rec.Plan = nil, "", 0, nil
	same := func(o pipeline.Record) bool {
		a, errA := json.Marshal(o)
		b, errB := json.Marshal(rec)
		return errA == nil && errB == nil && string(a) == string(b)
	}
	if !slices.ContainsFunc(r.Computed, same) {
		r.Computed = append(r.Computed, rec)
	}
}

// digest is a checksum over the contents of files, each counted once, in the order of their contents' own sums, so
// that it does not depend on where they lie.
func digest(ctx context.Context, files []string, meter *job.Meter) (string, error) {
	slices.Sort(files)
	files = slices.Compact(files)
	var sums []string
	for i, f := range files {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		meter.Step("checksums of the pictures", i, len(files))
		s, err := fileSum(f)
		if err != nil {
			return "", fmt.Errorf("evaluate: checksum: %w", err)
		}
		sums = append(sums, s)
	}
	meter.Step("checksums of the pictures", len(files), len(files))
	slices.Sort(sums)
	h := sha256.New()
	for _, s := range sums {
		io.WriteString(h, s)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// mostReport bounds a report file.
const mostReport = 1 << 30

// Read reads a report.
func Read(path string) (*Report, error) {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		path = filepath.Join(path, ReportFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the report: %w", err)
	}
	defer f.Close()
	var r Report
	if err := json.NewDecoder(io.LimitReader(f, mostReport)).Decode(&r); err != nil {
		return nil, fmt.Errorf("read %s: %w (want a %s of reverie evaluate)", path, err, ReportFile)
	}
	if r.Version != Version {
		return nil, fmt.Errorf("read %s: a report of version %d, this program knows %d", path, r.Version, Version)
	}
	return &r, nil
}

// ReportFile is the name of a report.
const ReportFile = "report.json"

// ErrOtherPictures says that a report's pictures are no longer the same.
var ErrOtherPictures = errors.New("the pictures are others than the report's")

// Differences compares an evaluation done again with a report: what differs, and by how much at most. Equal
// inputs give equal numbers; the tolerance is for other processors.
func (r *Report) Differences(old *Report) (out []string, err error) {
	if r.Inputs.SHA256 != old.Inputs.SHA256 {
		err = ErrOtherPictures
	}
	if len(r.Scores) != len(old.Scores) {
		return []string{fmt.Sprintf("%d scores, the report has %d", len(r.Scores), len(old.Scores))}, err
	}
	for i, s := range r.Scores {
		o := old.Scores[i]
		if s.Label != o.Label || s.Way != o.Way || s.Measure != o.Measure || s.Task != o.Task || math.Abs(s.Value-o.Value) > 1e-9 {
			out = append(out, fmt.Sprintf("%s of %s (%s): %g, the report has %g", s.Measure, s.Label, s.Way, s.Value, o.Value))
		}
	}
	for i, c := range r.Cells {
		if i < len(old.Cells) && (c.P == nil) == (old.Cells[i].P == nil) && (c.P == nil || *c.P == *old.Cells[i].P) && math.Abs(c.Mean-old.Cells[i].Mean) <= 1e-9 {
			continue
		}
		out = append(out, fmt.Sprintf("the summary of %s (%s %s) differs", c.Way, c.Measure, c.Task))
	}
	return out, err
}
