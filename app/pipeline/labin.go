package pipeline

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"reverie/app/dataset/stimuli"
	"reverie/app/session"
	"reverie/compute/format/mat"
)

// LabResult is a reconstruction found in a folder of the lab's layout.
type LabResult struct {
	Label                string
	Subject, ROI, Layers string // from the folders between the root and the files; "" where there is none
	// Values, Picture and Snapshots are paths: of the MAT-file, of the picture of 8 bits and of the folder
	// of the images on the way; "" where there is none. One of the first two is always there.
	Values, Picture, Snapshots string
}

// Bounds of what FindLab looks at.
const (
	mostLabDepth = 8
	mostLabFiles = 1 << 20
)

// FindLab lists the reconstructions of both of the lab's layouts below a folder, by path. A file's folder is
// the ROI, the one above it the subject, and one above that whose name begins with "layers-" the set of layers;
// folders above root do not count. Files of other names are passed over; where there is nothing the list is
// empty. Links to folders are not followed.
func FindLab(ctx context.Context, root string) ([]LabResult, error) {
	var found []LabResult
	at := map[string]int{} // folder and label → place in found
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		dirs := strings.Split(filepath.ToSlash(rel), "/")
		if d.IsDir() {
			if path != root && (d.Name() == LabSnapshots || strings.HasPrefix(d.Name(), ".")) {
				return filepath.SkipDir
			}
			if len(dirs) > mostLabDepth {
				return fmt.Errorf("%s: folders more than %d deep are no results in the lab's layout", path, mostLabDepth)
			}
			return nil
		}
		if files++; files > mostLabFiles {
			return fmt.Errorf("more than %d files (choose the folder of one script's results)", mostLabFiles)
		}
		label, values, ok := labFile(d.Name())
		if !ok {
			return nil
		}
		dir := filepath.Dir(path)
		key := dir + "\x00" + label
		i, ok := at[key]
		if !ok {
			i = len(found)
			at[key] = i
			found = append(found, place(dirs[:len(dirs)-1], label))
			if s := filepath.Join(dir, LabSnapshots, "image-"+label); isDir(s) {
				found[i].Snapshots = s
			}
		}
		if values {
			found[i].Values = path
		} else {
			found[i].Picture = path
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for the lab's results in %s: %w", root, err)
	}
	return found, nil
}

// place reads the folders between the root and a file.
func place(dirs []string, label string) LabResult {
	r := LabResult{Label: label}
	n := len(dirs)
	if n > 0 {
		r.ROI = dirs[n-1]
	}
	if n > 1 {
		r.Subject = dirs[n-2]
	}
	if n > 2 && strings.HasPrefix(dirs[n-3], "layers-") {
		r.Layers = dirs[n-3]
	}
	return r
}

// labFile tells what a file name is: of values or of a picture, and of which label.
func labFile(name string) (label string, values, ok bool) {
	for _, f := range []struct {
		prefix, suffix string
		values         bool
	}{
		{"recon_img_normalized-", ".jpg", false},
		{"recon_img-", ".mat", true},
		{"recon_image-", ".mat", true},
		{"recon_image-", ".tiff", false},
	} {
		if l, ok := strings.CutPrefix(name, f.prefix); ok {
			if l, ok := strings.CutSuffix(l, f.suffix); ok && l != "" {
				return l, f.values, true
			}
		}
	}
	return "", false, false
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// Open reads the values of a reconstruction, and the losses where they are kept.
func (r LabResult) Open() (LabImage, error) {
	if r.Values == "" {
		return LabImage{}, fmt.Errorf("%s has a picture, but no file of values beside it", r.Label)
	}
	im, err := ReadLabValues(r.Values)
	im.Label = r.Label
	return im, err
}

// Show reads the picture of 8 bits as the lab made it.
func (r LabResult) Show() (*image.NRGBA, error) {
	if r.Picture == "" {
		return nil, fmt.Errorf("%s has values, but no picture beside them", r.Label)
	}
	return stimuli.Load(r.Picture)
}

// mostLabSide bounds the sides of a picture.
const mostLabSide = 1 << 14

// ReadLabValues reads recon_img or recon_image, [h][w][3] RGB, from a MAT-file, and loss_history where it
// stands beside. Values of float64 are rounded to float32; Double tells. The label stays empty.
func ReadLabValues(path string) (LabImage, error) {
	f, err := mat.Open(path)
	if err != nil {
		return LabImage{}, err
	}
	defer f.Close()
	var im LabImage
	for _, v := range f.Variables() {
		switch v.Name {
		case "recon_img", "recon_image":
			if im.Raw != nil {
				return LabImage{}, fmt.Errorf("read %s: it holds both recon_img and recon_image: which of them is meant?", path)
			}
			if im.Raw, err = labPicture(f, v); err != nil {
				return LabImage{}, fmt.Errorf("read %s: %s: %w", path, v.Name, err)
			}
			im.Double = v.Class == mat.Double
		case "loss_history":
			a, err := f.Read(v.Name)
			if err != nil {
				return LabImage{}, err
			}
			if im.Losses, err = a.Float64(); err != nil {
				return LabImage{}, fmt.Errorf("read %s: %s: %w", path, v.Name, err)
			}
		}
	}
	if im.Raw == nil {
		return LabImage{}, fmt.Errorf("read %s: there is no recon_img and no recon_image in it (want a file that the lab's reconstruction scripts or reverie wrote)", path)
	}
	return im, nil
}

func labPicture(f *mat.File, v mat.Info) (*session.Raw, error) {
	d := v.Dims
	if len(d) != 3 || d[2] != 3 || d[0] < 1 || d[1] < 1 || d[0] > mostLabSide || d[1] > mostLabSide {
		return nil, fmt.Errorf("its size is %v, want height × width × 3", d)
	}
	if v.Complex || v.Class != mat.Double && v.Class != mat.Single {
		return nil, errors.New("its values are no floating-point numbers: " + v.Kind())
	}
	a, err := f.Read(v.Name)
	if err != nil {
		return nil, err
	}
	x, err := a.Float32()
	if err != nil {
		return nil, err
	}
	return &session.Raw{H: d[0], W: d[1], RGB: mat.RowMajor(d, x)}, nil
}
