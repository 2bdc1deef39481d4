package batch

import (
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"reverie/app/export"
	"reverie/app/figure"
	"reverie/app/pipeline"
	"reverie/app/session"
	"reverie/compute/recon"
)

const (
	snapshotDir    = "snapshots"
	montageColumns = 10
	montageImages  = 100 // on a sheet
	montageSize    = 128
)

// keep writes the images of a chunk, then notes that they are there.
func (r *run) keep(c chunk, m *pipeline.Model, made []pipeline.Picture) error {
	by := r.Host.Computed()
	for i, u := range c.units {
		d, err := r.write(u, m, made[i])
		if err != nil {
			return err
		}
		d.Computed, d.Notes = by, r.notes(r.parts[u.part].set, u.sample)
		if err := export.JSON(r.doneFile(u.part, u.sample), d); err != nil {
			return err
		}
	}
	os.Remove(r.work(stateFile)) // of images that are done; another chunk does not take it either
	for i, u := range c.units {
		if r.count(u.part) > r.done[u.part] {
			r.all++
			r.done[u.part]++
		}
		r.tell(u.part, []session.BatchPicture{r.shown(u, made[i])})
	}
	for _, u := range c.units {
		if r.done[u.part] == len(r.samplesOf(u.part)) && !r.finished(u.part) {
			if err := r.finish(u.part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) shown(u unit, p pipeline.Picture) session.BatchPicture {
	out := session.BatchPicture{Label: p.Label, Picture: p.Picture, Original: p.Original, Correlation: p.Correlation, File: r.path(u.part, r.picture(u))}
	if p.Err != nil {
		out.Problem = p.Err.Error()
	}
	return out
}

func (j *Job) picture(u unit) string {
	return "recon_image-" + j.parts[u.part].files[u.sample] + ".png"
}
func (j *Job) original(u unit) string {
	return "original_image-" + j.parts[u.part].files[u.sample] + ".png"
}

// write writes one image in the chosen layouts.
func (r *run) write(u unit, m *pipeline.Model, p pipeline.Picture) (doneImage, error) {
	d := doneImage{ImageRecord: pipeline.ImageRecord{Label: p.Label, Loss: p.Total, Iterations: p.Iterations, Evaluations: p.Evaluations, Reason: p.Reason}}
	if p.Err != nil {
		d.Error = p.Err.Error()
	}
	if math.IsNaN(d.Loss) || math.IsInf(d.Loss, 0) {
		d.Loss = 0 // JSON has no such number; Error says so
	}
	if c := p.Correlation; !math.IsNaN(c) {
		d.Correlation = &c
	}
	for _, c := range p.Curve {
		d.Curve = append(d.Curve, [3]string{strconv.Itoa(c.Iteration), strconv.Itoa(c.Evaluation), strconv.FormatFloat(c.Loss, 'g', -1, 64)})
	}
	if r.has(session.LayoutOurs) {
		if p.Original != nil {
			d.Original = r.original(u)
			if err := export.PNG(r.path(u.part, d.Original), p.Original); err != nil {
				return d, err
			}
		}
		if p.Picture != nil {
			d.File = r.picture(u)
			if err := export.PNG(r.path(u.part, d.File), p.Picture); err != nil {
				return d, err
			}
		}
	}
	if r.has(session.LayoutLab) && p.Raw != nil {
		return d, r.lab(u, p)
	}
	return d, nil
}

// snapshot writes an image on the way.
func (r *run) snapshot(u unit, f recon.Frame, raw *session.Raw) error {
	if r.has(session.LayoutOurs) {
		name := filepath.Join(snapshotDir, "image-"+r.parts[u.part].files[u.sample], fmt.Sprintf("%06d.png", f.Iteration))
		if err := quickly(r.path(u.part, name), func(w io.Writer) error { return png.Encode(w, raw.Clipped()) }); err != nil {
			return err
		}
	}
	if r.has(session.LayoutLab) {
		return r.labSnapshot(u, f, raw)
	}
	return nil
}

// quickly writes a file beside its place and renames it, as export.File does, but does not force it to the disk: there
// are many snapshots, and none that others rest on.
func quickly(path string, write func(io.Writer) error) error {
	dir, name := filepath.Split(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("batch: keep a snapshot: %w", err)
	}
	temp := filepath.Join(dir, "."+name)
	f, err := os.Create(temp)
	if err != nil {
		return fmt.Errorf("batch: keep a snapshot: %w", err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		os.Remove(temp)
		return fmt.Errorf("batch: keep a snapshot: %w (is the disk full?)", err)
	}
	return os.Rename(temp, path)
}

// finish writes what belongs to a part as a whole: montages, the course of the losses, the record last.
func (r *run) finish(part int) error {
	p := r.parts[part]
	set := r.sets[p.set]
	m := r.Host.Model(set.Imagery)
	rec := pipeline.Record{
		Program: pipeline.Version(), Made: time.Now().UTC().Format(time.RFC3339),
		Network: m.Net.Name, Weights: m.Note, SHA256: m.Weights.SHA256(m.Net),
		Simulated: set.Subject.Simulated, Source: string(r.Spec.Source) + " features of " + set.Name, ROI: set.ROI, Layers: p.layers,
		Subject: set.Name, Session: set.Session, Features: r.Spec.Source, LayerSet: p.name, Voxels: set.voxels(),
		Options: r.options(p.prior), Masks: r.Spec.Channels,
	}
	rec.Options.Mean = m.Mean
	rec.Through(r.prior(p.prior))
	note := func(n string) {
		if n != "" && !slices.Contains(rec.Notes, n) {
			rec.Notes = append(rec.Notes, n)
		}
	}
	note(m.Note)
	note(set.Subject.Caution)
	for _, n := range set.Subject.Notes {
		note(n)
	}
	if set.Imagery {
		note("Imagery in the paper's way: features of the variant with average pooling and leaky ReLU, their decoders and norms.")
	}
	curves := [][]string{pipeline.CurvesHeader}
	for i := range set.Labels {
		d, err := r.readDone(part, i)
		if err != nil {
			return err
		}
		for _, n := range d.Notes {
			note(n)
		}
		if d.Computed.Device != rec.Device && rec.Device != "" {
			note("Computed partly by " + rec.Device + ", partly by " + d.Computed.Device + ".")
		}
		rec.Computed = d.Computed
		if of := set.Stimuli[set.Of[i]].Label; of != d.Label {
			d.Stimulus = of
		}
		rec.Images = append(rec.Images, d.ImageRecord)
		for _, c := range d.Curve {
			curves = append(curves, append([]string{d.Label}, c[:]...))
		}
	}
	if err := export.CSV(r.path(part, curvesFile), curves); err != nil {
		return err
	}
	if r.has(session.LayoutOurs) {
		if err := r.montages(part, &rec); err != nil {
			return err
		}
	}
	return export.JSON(r.path(part, recordFile), rec)
}

// montages draws all images of a part, some on a sheet.
func (r *run) montages(part int, rec *pipeline.Record) error {
	d := r.describe(part, 0)
	title := fmt.Sprintf("%s %s, %s", d.Subject, d.ROI, d.Layers)
	for first := 0; first < len(rec.Images); first += montageImages {
		sheet := figure.Montage{Title: title, Size: montageSize, Notes: rec.Notes}
		for i, im := range rec.Images[first:min(first+montageImages, len(rec.Images))] {
			if i%montageColumns == 0 {
				sheet.Rows = append(sheet.Rows, figure.Row{Name: "original"}, figure.Row{Name: "reconstruction"})
			}
			rows := sheet.Rows[len(sheet.Rows)-2:]
			var cells [2]figure.Cell
			for k, name := range []string{im.Original, im.File} {
				if name == "" {
					continue
				}
				img, err := readPicture(r.path(part, name))
				if err != nil {
					return err
				}
				cells[k].Image = img
			}
			if im.Correlation != nil {
				cells[1].Caption = fmt.Sprintf("r = %.2f", *im.Correlation)
			}
			rows[0].Cells, rows[1].Cells = append(rows[0].Cells, cells[0]), append(rows[1].Cells, cells[1])
		}
		img, err := sheet.Draw()
		if err != nil {
			return err
		}
		name := "montage.png"
		if first > 0 {
			name = fmt.Sprintf("montage-%d.png", first/montageImages+1)
		}
		if err := export.PNG(r.path(part, name), img); err != nil {
			return err
		}
	}
	return nil
}

func readPicture(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("batch: read a finished image: %w", err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("batch: read %s: %w", path, err)
	}
	return img, nil
}
