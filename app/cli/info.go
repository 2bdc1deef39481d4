package cli

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"reverie/app/dataset/bdata"
	"reverie/app/dataset/bdtb"
	"reverie/app/dataset/features"
	"reverie/app/dataset/stimuli"
	"reverie/compute/format/hdf5"
)

var infoCommand = command{
	name: "info", args: "FILE…", short: "what is in a subject file, a feature folder, an HDF5 file or a picture",
	examples: []string{"reverie info sub-01_ImageNetTest.h5", "reverie info --json S2_figureImage.mat"},
	run: func(_ context.Context, e *env, fs *flag.FlagSet, args []string) error {
		paths, err := e.parse(fs, args, 1, -1)
		if err != nil {
			return err
		}
		var docs []fileInfo
		for _, path := range paths {
			d, err := describe(path)
			if err != nil {
				return err
			}
			docs = append(docs, d)
			e.say("%s\n  %s", d.Path, d.Kind)
			for _, l := range d.Lines {
				e.say("  %-18s %s", l.Name, l.Text)
			}
		}
		return e.result(docs)
	},
}

type fileInfo struct {
	Path  string     `json:"path"`
	Kind  string     `json:"kind"`
	Lines []infoLine `json:"content"`
}

type infoLine struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

func (d *fileInfo) add(name, format string, args ...any) {
	d.Lines = append(d.Lines, infoLine{name, fmt.Sprintf(format, args...)})
}

// describe recognises a file by what it holds, not by its name alone.
func describe(path string) (fileInfo, error) {
	st, err := os.Stat(path)
	if err != nil {
		return fileInfo{}, err
	}
	switch {
	case st.IsDir():
		return describeFolder(path)
	case stimuli.IsImage(path):
		return describePicture(path)
	}
	h, err := hdf5.Open(path)
	if err != nil {
		return fileInfo{}, err
	}
	isBData := h.Has("dataset") && h.Has("metadata") || h.Has("dataSet") && h.Has("metaData")
	isStruct := h.Has("D/data")
	if isBData || isStruct {
		h.Close()
		if isStruct {
			return describeBDTB(path)
		}
		return describeBData(path)
	}
	defer h.Close()
	d := fileInfo{Path: path, Kind: "HDF5 file"}
	return d, tree(h, "/", &d, 0)
}

// tree lists groups and datasets, three levels deep.
func tree(h *hdf5.File, group string, d *fileInfo, depth int) error {
	children, err := h.List(group)
	if err != nil {
		return err
	}
	for _, c := range children {
		name := strings.Repeat("  ", depth) + c.Name
		if c.Kind != hdf5.Dataset {
			d.add(name+"/", "%s", c.Kind)
			if c.Kind == hdf5.Group && depth < 3 {
				if err := tree(h, strings.TrimSuffix(group, "/")+"/"+c.Name, d, depth+1); err != nil {
					return err
				}
			}
			continue
		}
		d.add(name, "%v %s, %d bytes each", c.Shape, c.Class, c.Bytes)
	}
	return nil
}

func describeFolder(path string) (fileInfo, error) {
	if s, err := features.Open(path); err == nil {
		d := fileInfo{Path: path, Kind: "features (bdpy's chunked layout)"}
		for _, l := range s.Layers() {
			d.add(l, "%v units × %d labels", s.Shape(l), len(s.Labels()))
		}
		return d, nil
	}
	set, err := stimuli.OpenSet(path)
	if err != nil {
		return fileInfo{}, err
	}
	d := fileInfo{Path: path, Kind: "folder"}
	d.add("pictures", "%d", set.Len())
	for _, pattern := range []string{"*.h5", "*.mat"} {
		files, _ := filepath.Glob(filepath.Join(path, pattern))
		for _, f := range files {
			d.add(filepath.Base(f), "subject file? try: reverie info %s", f)
		}
	}
	return d, nil
}

func describePicture(path string) (fileInfo, error) {
	img, err := stimuli.Load(path)
	if err != nil {
		return fileInfo{}, err
	}
	d := fileInfo{Path: path, Kind: "picture"}
	d.add("size", "%d × %d pixels", img.Bounds().Dx(), img.Bounds().Dy())
	return d, nil
}

func describeBData(path string) (fileInfo, error) {
	f, err := bdata.Open(path)
	if err != nil {
		return fileInfo{}, err
	}
	defer f.Close()
	d := fileInfo{Path: path, Kind: "BData: fMRI samples with metadata"}
	d.add("samples", "%d", f.Rows())
	d.add("columns", "%d", f.Cols())
	for _, r := range f.ROIs() {
		d.add(r.Key(), "%d voxels", r.Voxels)
	}
	for _, k := range f.LabelKeys() {
		labels, err := f.Labels(k)
		if err != nil {
			return d, err
		}
		count := map[string]int{}
		for _, l := range labels {
			count[l]++
		}
		d.add(k, "%d different labels, e.g. %q", len(count), labels[0])
	}
	d.add("keys", "%s", strings.Join(f.Keys(), " "))
	return d, nil
}

func describeBDTB(path string) (fileInfo, error) {
	f, err := bdtb.Open(path)
	if err != nil {
		return fileInfo{}, err
	}
	d := fileInfo{Path: path, Kind: "BrainDecoderToolbox struct D: fMRI time series with events"}
	d.add("subject", "%s", f.Subject)
	d.add("volumes", "%d, one every %g s", f.Volumes, f.TR)
	d.add("voxels", "%d", f.Voxels)
	d.add("runs", "%d", len(f.Runs))
	for _, r := range f.ROIs {
		d.add("ROI "+r.Name, "%d voxels", len(r.Voxels))
	}
	for _, c := range f.Conditions {
		n := 0
		for _, l := range f.Labels {
			if l == c {
				n++
			}
		}
		d.add(f.Names[c], "condition %d, %d volumes", c, n)
	}
	return d, nil
}
