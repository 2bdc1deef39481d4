package inspect

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"reverie/app/dataset/bdata"
	"reverie/app/dataset/bdtb"
	"reverie/app/dataset/features"
)

// meaning says what the variables at the top of a file stand for. slow tells that
// single columns of its matrix take long to read. What is wrong with a file whose
// container could be read is a fact, not an error.
func (d *Doc) meaning(ctx context.Context, top []string, slow bool) error {
	has := map[string]bool{}
	layers := 0
	for _, n := range top {
		has[n] = true
		if features.IsLayer(n) {
			layers++
		}
	}
	container := d.Kind
	damaged := func(what string, err error) {
		d.fact("damaged "+what, "%s", strings.ReplaceAll(err.Error(), d.Path+": ", ""))
	}
	switch {
	case has["dataSet"] && has["metaData"], has["dataset"] && has["metadata"], has["dataset"] && has["metaData"]:
		d.Kind = "BData: fMRI samples with metadata"
		if err := d.bdata(ctx, slow); err != nil {
			damaged("BData", err)
		}
	case has["D"] && strings.HasPrefix(container, "MATLAB 7"):
		if node, err := d.Find(ctx, "D/data"); err != nil || node.Kind != Array || node.Len() == 0 {
			return nil
		} else if node.Len() > 1<<25 {
			d.Kind = "BDTB-1.0 subject: fMRI time series with events"
			return nil
		}
		d.Kind = "BDTB-1.0 subject: fMRI time series with events"
		if err := d.bdtb(ctx); err != nil {
			damaged("BDTB struct", err)
		}
	case has["features"] && has["labels"]:
		d.Kind = "features of one layer, chunked layout"
		d.featureFacts()
	case has["feat"] && len(top) <= 3:
		d.Kind = "features of one sample"
		d.featureFacts()
	case has["__bdpy_sparse_arrray"] || has["__bdpy_sparse_array"]:
		d.Kind = "array stored sparse by bdpy"
	case (has["W"] || has["b"] || has["x_mean"] || has["y_mean"]) && len(top) <= 4:
		d.Kind = "part of a decoder model"
	case has["image_mean"] || has["mean_data"]:
		d.Kind = "mean image"
	case layers > 0 && layers == countUnmarked(top):
		d.layers(layers)
	}
	if d.Kind != container {
		d.fact("container", "%s", container)
	}
	return nil
}

// countUnmarked counts what is no attribute.
func countUnmarked(top []string) (n int) {
	for _, t := range top {
		if !strings.HasPrefix(t, "@") {
			n++
		}
	}
	return n
}

// layers are one array for each layer: statistics or one sample of features.
func (d *Doc) layers(n int) {
	name := strings.ToLower(filepath.Base(d.Path))
	largest := 0
	for _, r := range d.Roots {
		largest = max(largest, r.Len())
	}
	switch {
	case largest == 1 && strings.Contains(name, "std"):
		d.Kind = "statistics of features: standard deviation of each layer"
	case strings.Contains(name, "std"):
		d.Kind = "statistics of features: standard deviations"
	case strings.Contains(name, "mean"):
		d.Kind = "statistics of features: means"
	default:
		d.Kind = "features, one file for all layers"
	}
	d.fact("layers", "%s", Count(n))
}

func (d *Doc) featureFacts() {
	for _, r := range d.Roots {
		if (r.Name == "feat" || r.Name == "features") && r.Shape != nil {
			d.fact("shape", "%s", Shape(r.Shape))
			d.fact("type", "%s", r.Type)
		}
		if r.Name == "labels" && r.Shape != nil {
			d.fact("labels", "%s", Count(r.Len()))
		}
	}
}

func (d *Doc) bdata(ctx context.Context, slow bool) error {
	f, err := bdata.OpenGuarded(ctx, d.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	d.fact("samples", "%s", Count(f.Rows()))
	d.fact("columns", "%s", Count(f.Cols()))
	if slow {
		d.fact("sessions, runs", "not counted: the matrix is packed, and each column would unpack all of it")
	} else if err := d.runs(f); err != nil {
		return err
	}
	if voxels, err := f.Columns("VoxelData"); err == nil {
		d.fact("voxels", "%s", Count(len(voxels)))
	}
	for _, r := range f.ROIs() {
		d.fact(r.Key(), "%s", plural(r.Voxels, "voxel"))
	}
	for _, k := range f.LabelKeys() {
		if slow {
			d.fact(k, "%s", plural(len(f.LabelMap(k)), "name"))
			continue
		}
		labels, err := f.Labels(k)
		if err != nil {
			return err
		}
		count := map[string]int{}
		for _, l := range labels {
			count[l]++
		}
		without := count[bdata.NotAvailable]
		delete(count, bdata.NotAvailable)
		text := plural(len(count), "different label")
		for _, l := range labels {
			if l != bdata.NotAvailable {
				text += ", e.g. " + quote(l)
				break
			}
		}
		if without > 0 {
			text += "; " + plural(without, "sample") + " without"
		}
		d.fact(k, "%s", text)
	}
	d.fact("keys", "%s", strings.Join(f.Keys(), " "))
	for _, n := range f.Notices() {
		d.fact("notice", "%s", n.String())
	}
	return nil
}

// runs counts sessions, and runs within them.
func (d *Doc) runs(f *bdata.File) error {
	column := func(key string) ([]float64, error) {
		if !slices.Contains(f.Keys(), key) {
			return nil, nil
		}
		if c, err := f.Columns(key); err != nil || len(c) != 1 {
			return nil, nil // a key of this name with another meaning
		}
		return f.Column(key)
	}
	session, err := column("Session")
	if err != nil {
		return err
	}
	run, err := column("Run")
	if err != nil {
		return err
	}
	sessions, runs := map[float64]bool{}, map[[2]float64]bool{}
	for i := range f.Rows() {
		var at [2]float64
		if session != nil && !math.IsNaN(session[i]) {
			at[0] = session[i]
			sessions[session[i]] = true
		}
		if run != nil && !math.IsNaN(run[i]) {
			at[1] = run[i]
			runs[at] = true
		}
	}
	if session != nil {
		d.fact("sessions", "%s", Count(len(sessions)))
	}
	if run != nil {
		d.fact("runs", "%s", Count(len(runs)))
	}
	return nil
}

func (d *Doc) bdtb(ctx context.Context) error {
	f, err := bdtb.OpenGuarded(ctx, d.Path)
	if err != nil {
		return err
	}
	d.fact("subject", "%s", f.Subject)
	volumes := Count(f.Volumes)
	if f.TR > 0 {
		volumes += ", one every " + strconv.FormatFloat(f.TR, 'g', -1, 64) + " s"
	}
	d.fact("volumes", "%s", volumes)
	d.fact("voxels", "%s", Count(f.Voxels))
	d.fact("runs", "%s", Count(len(f.Runs)))
	for _, r := range f.ROIs {
		d.fact("ROI "+r.Name, "%s", plural(len(r.Voxels), "voxel"))
	}
	for _, c := range f.Conditions {
		n := 0
		for _, l := range f.Labels {
			if l == c {
				n++
			}
		}
		d.fact("condition "+strconv.Itoa(c), "%s, %s", f.Names[c], plural(n, "volume"))
	}
	return nil
}
