package pipeline

import (
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"

	"reverie/app/export"
	"reverie/app/figure"
	"reverie/app/session"
	"reverie/compute/format/mat"
)

// LabLayout is a form in which the lab leaves reconstructions (kamitani.md §4.5).
type LabLayout int

const (
	// LabPaper is that of the scripts of the paper (DeepImageReconstruction): recon_img-<label>.mat with
	// recon_img [h][w][3] RGB, recon_img_normalized-<label>.jpg, snapshots/image-<label>/00010.jpg.
	LabPaper LabLayout = iota
	// LabCookbook is that of the later scripts: recon_image-<label>.mat with recon_image and
	// loss_history, recon_image-<label>.tiff, snapshots/image-<label>/000010.jpg.
	LabCookbook
)

// LabSnapshots is the folder of the images on the way; those of a label lie in image-<label> there.
const LabSnapshots = "snapshots"

// LabDir is the folder of one run below the folder of a script's results: with a set of layers as
// script 3 has it, layers-1to3/<subject>/<roi>; layers may be empty.
func LabDir(root, layers, subject, roi string) string {
	return filepath.Join(root, export.Name(layers), export.Name(subject), export.Name(roi))
}

// LabImage is a reconstruction as the lab keeps it.
type LabImage struct {
	Label  string
	Raw    *session.Raw
	Double bool      // values are kept as float64, as those of the lab's L-BFGS over pixels
	Losses []float64 // the course, where it is known; kept by LabCookbook
}

// LabWriter writes reconstructions into a folder in the lab's layout. Every file appears whole. It may be
// used from several goroutines for different labels.
type LabWriter struct {
	Dir     string // see LabDir; made where it is missing
	Layout  LabLayout
	Display figure.Display // of the pictures of 8 bits; the lab's is Stretch of figure.LabPercent
	// Overwrite replaces files that are there; else they are an error (fs.ErrExist) and nothing is written.
	Overwrite bool
}

// Write writes the values and the picture of a reconstruction. Values that are not finite are an error.
func (w LabWriter) Write(im LabImage) error {
	if im.Raw == nil || im.Label == "" {
		return errors.New("write in the lab's layout: an image needs a label and a picture")
	}
	picture, err := figure.Show(w.Display, im.Raw.RGB, im.Raw.H, im.Raw.W)
	if err != nil {
		return fmt.Errorf("write %s in the lab's layout: %w", im.Label, err)
	}
	name := export.Name(im.Label)
	values, shown, variable := "recon_img-"+name+".mat", "recon_img_normalized-"+name+".jpg", "recon_img"
	encode := asJPEG
	if w.Layout == LabCookbook {
		values, shown, variable = "recon_image-"+name+".mat", "recon_image-"+name+".tiff", "recon_image"
		encode = asTIFF
	}
	values, shown = filepath.Join(w.Dir, values), filepath.Join(w.Dir, shown)
	if err := w.free(values, shown); err != nil {
		return err
	}
	vars, err := im.variables(variable, w.Layout)
	if err != nil {
		return fmt.Errorf("write %s: %w", values, err)
	}
	if err := os.MkdirAll(w.Dir, 0o755); err != nil {
		return fmt.Errorf("write %s: make the folder: %w (choose a folder you may write to with --out)", values, err)
	}
	if err := mat.Write(values, false, vars...); err != nil {
		return err
	}
	return export.File(shown, func(f io.Writer) error { return encode(f, picture) })
}

// Snapshot writes an image on the way; number names the file: with gradient descent the iteration,
// from 1, with L-BFGS the evaluation, from 0. Values that are not finite are an error.
func (w LabWriter) Snapshot(label string, number int, raw *session.Raw) error {
	// The lab's code maps snapshots from the least to the largest value, without clipping.
	d := w.Display
	if d.Mode != figure.Plain {
		d.Percent = 0
	}
	picture, err := figure.Show(d, raw.RGB, raw.H, raw.W)
	if err != nil {
		return fmt.Errorf("snapshot %d of %s: %w", number, label, err)
	}
	form := "%05d.jpg"
	if w.Layout == LabCookbook {
		form = "%06d.jpg"
	}
	path := filepath.Join(w.Dir, LabSnapshots, "image-"+export.Name(label), fmt.Sprintf(form, number))
	if err := w.free(path); err != nil {
		return err
	}
	return export.File(path, func(f io.Writer) error { return asJPEG(f, picture) })
}

// free tells that none of the files is there, or that they may be replaced.
func (w LabWriter) free(paths ...string) error {
	if w.Overwrite {
		return nil
	}
	for _, p := range paths {
		if _, err := os.Lstat(p); err == nil {
			return fmt.Errorf("write %s: %w (choose another folder, or ask to overwrite)", p, os.ErrExist)
		} else if !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("write %s: %w", p, err)
		}
	}
	return nil
}

// variables are what the file of the values holds.
func (im LabImage) variables(name string, layout LabLayout) ([]mat.Variable, error) {
	dims := []int{im.Raw.H, im.Raw.W, 3}
	columns := mat.ColumnMajor(dims, im.Raw.RGB)
	var a *mat.Array
	var err error
	if im.Double {
		wide := make([]float64, len(columns))
		for i, v := range columns {
			wide[i] = float64(v)
		}
		a, err = mat.Numeric(dims, wide)
	} else {
		a, err = mat.Numeric(dims, columns)
	}
	if err != nil {
		return nil, err
	}
	vars := []mat.Variable{{Name: name, Value: a}}
	if layout == LabCookbook {
		l, err := mat.Numeric([]int{1, len(im.Losses)}, im.Losses)
		if err != nil {
			return nil, err
		}
		vars = append(vars, mat.Variable{Name: "loss_history", Value: l})
	}
	return vars, nil
}

// asJPEG writes as Pillow does unless told otherwise: quality 75, colour at half the resolution.
func asJPEG(w io.Writer, img *image.NRGBA) error {
	return jpeg.Encode(w, img, &jpeg.Options{Quality: 75})
}
