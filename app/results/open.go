package results

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"reverie/app/dataset/stimuli"
	"reverie/app/job"
	"reverie/app/pipeline"
	"reverie/app/session"
)

// Options say where the rest is.
type Options struct {
	Stimuli []string // folders with the originals, for results that have none beside them
	Tables  []string // stimulus tables
}

// Bounds of what Open looks at.
const (
	mostDepth = 12
	mostItems = 1_000_000
)

// Open lists the reconstructions in and below folders. Where a folder is not readable or holds none, that is an error.
func Open(ctx context.Context, paths []string, opt Options, report job.Reporter) (*Catalogue, error) {
	if len(paths) == 0 {
		return nil, errors.New("no folder of reconstructions: name one that reverie batch, reconstruct or demo, or the lab's scripts wrote")
	}
	o := opener{Catalogue: &Catalogue{}, table: Table{}}
	for _, p := range opt.Tables {
		t, err := ReadTable(p)
		if err != nil {
			return nil, err
		}
		for l, s := range t {
			o.table[l] = s
		}
	}
	if len(opt.Stimuli) > 0 {
		var err error
		if o.stimuli, err = stimuli.OpenSet(opt.Stimuli...); err != nil {
			return nil, err
		}
	}
	meter := job.NewMeter(report)
	for i, p := range paths {
		meter.Step("look through the folders", i, len(paths))
		before := len(o.Items)
		if err := o.walk(ctx, p); err != nil {
			return nil, err
		}
		if len(o.Items) == before {
			return nil, fmt.Errorf("%s holds no reconstructions: want a folder that reverie batch, reconstruct or demo wrote, or one of the lab's (recon_img-*.mat, recon_img_normalized-*.jpg, recon_image-*.tiff); a batch's images count when their group is finished", p)
		}
	}
	meter.Step("look through the folders", len(paths), len(paths))
	return o.Catalogue, nil
}

type opener struct {
	*Catalogue
	table   Table
	stimuli *stimuli.Set
	noted   map[string]bool
}

func (o *opener) note(format string, a ...any) {
	n := fmt.Sprintf(format, a...)
	if o.noted == nil {
		o.noted = map[string]bool{}
	}
	if !o.noted[n] {
		o.noted[n] = true
		o.Notes = append(o.Notes, n)
	}
}

// walk takes up folders with a record, and below root what is in the lab's layout and in no folder of ours.
func (o *opener) walk(ctx context.Context, root string) error {
	ours := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("look through %s: %w", root, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if !d.IsDir() {
			return nil
		}
		if rel, err := filepath.Rel(root, path); err == nil && strings.Count(filepath.ToSlash(rel), "/") > mostDepth {
			return fmt.Errorf("%s: folders more than %d deep are no results", path, mostDepth)
		}
		if path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == pipeline.LabSnapshots) {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(path, pipeline.RecordFile)); err != nil {
			return nil
		}
		ours[path] = true
		return o.record(path)
	})
	if err != nil {
		return err
	}
	lab, err := pipeline.FindLab(ctx, root)
	if err != nil {
		return err
	}
	double := len(ours) > 0 && len(o.Items) > 0 // a batch wrote both layouts: ours is the same pictures
	for _, r := range lab {
		if double {
			o.note("Pictures in the lab's layout in %s are left out: it has them in Reverie's too.", root)
			break
		}
		if err := o.lab(root, r); err != nil {
			return err
		}
	}
	return nil
}

// trialName is what stands before the stimulus in the label of a single trial: bdpy's sample000001-, our run1-block02-.
var trialName = regexp.MustCompile(`^(sample\d+|run\d+-block\d+)-`)

// record takes up a folder of ours.
func (o *opener) record(dir string) error {
	rec, err := pipeline.ReadRecord(dir)
	if err != nil {
		return err
	}
	if rec.Simulated {
		o.note("Simulated: samples were computed from pictures, no person was scanned.")
	}
	missing := 0
	for _, im := range rec.Images {
		if im.File == "" {
			missing++
			continue
		}
		r := Reconstruction{Subject: rec.Subject, Session: rec.Session, Label: im.Label, ROI: rec.ROI, Voxels: rec.Voxels,
			Layers: rec.LayerSet, Prior: rec.Prior != "", Source: rec.Features, Simulated: rec.Simulated, File: filepath.Join(dir, im.File), Folder: dir}
		if im.Stimulus != "" {
			r.Label, r.Trial = im.Stimulus, im.Label
		} else if t := trialName.FindString(im.Label); t != "" {
			r.Label, r.Trial = im.Label[len(t):], im.Label
		}
		r.Order = order(im.Label, rec.FixedBlocks)
		if r.Layers == "" {
			r.Layers = SetName(rec.Layers)
		}
		if r.Source == "" {
			r.Source = sourceOf(rec.Source)
		}
		if im.Original != "" {
			r.Original = filepath.Join(dir, im.Original)
		}
		if err := o.add(r); err != nil {
			return err
		}
	}
	if missing > 0 {
		o.note("%s: %d images came to no picture and are left out.", dir, missing)
	}
	return nil
}

var blockNumber = regexp.MustCompile(`^run\d+-block(\d+)-`)

// order tells blocks that came in the same order in every run from the others.
func order(label string, fixed int) string {
	m := blockNumber.FindStringSubmatch(label)
	if m == nil || fixed == 0 {
		return ""
	}
	if n, err := strconv.Atoi(m[1]); err == nil && n <= fixed {
		return "fixed"
	}
	return "random"
}

// lab takes up a picture of the lab's scripts. Values without a picture of 8 bits are left out and noted.
func (o *opener) lab(root string, l pipeline.LabResult) error {
	if l.Picture == "" {
		o.note("%s: %s has values but no picture beside them and is left out.", root, filepath.Base(l.Values))
		return nil
	}
	r := Reconstruction{Subject: l.Subject, Label: l.Label, ROI: l.ROI, Layers: l.Layers, Source: session.Decoded, File: l.Picture, Folder: filepath.Dir(l.Picture)}
	if t := trialName.FindString(l.Label); t != "" {
		r.Label, r.Trial = l.Label[len(t):], l.Label
	}
	if m := labLayers.FindStringSubmatch(l.Layers); m != nil {
		r.Layers = groups(m[1], m[2])
	} else if r.Layers == "" {
		r.Layers = "DNN1-8" // the scripts of the other figures take all
	}
	r.Prior = !strings.Contains(strings.ToLower(l.Picture), "without_dgn") && strings.Contains(strings.ToLower(l.Picture), "dgn") || strings.Contains(filepath.ToSlash(l.Picture), "1_reconstruct_natural_image/")
	return o.add(r)
}

var labLayers = regexp.MustCompile(`^layers-(\d)to(\d)$`)

func groups(from, to string) string {
	if from == to {
		return "DNN" + from
	}
	return "DNN" + from + "-" + to
}

func (o *opener) add(r Reconstruction) error {
	if len(o.Items) >= mostItems {
		return fmt.Errorf("more than %d reconstructions: open part of the folders", mostItems)
	}
	if r.Original == "" && o.stimuli != nil {
		r.Original, _ = o.stimuli.Match(r.Label)
	}
	if r.Original == "" {
		o.note("Some reconstructions have no original beside them: name the folder of the stimulus pictures to score them.")
	}
	if r.Subject == "" {
		r.Subject = "unnamed"
	}
	o.table.describe(&r)
	o.Items = append(o.Items, r)
	return nil
}

// sourceOf reads the words with which a record tells what it started from.
func sourceOf(text string) session.Source {
	for _, s := range []session.Source{session.True, session.Shuffled, session.Decoded} {
		if strings.HasPrefix(text, string(s)) {
			return s
		}
	}
	return session.Stored
}
