package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"reverie/app/dataset/stimuli"
	"reverie/app/export"
	"reverie/app/figure"
	"reverie/app/job"
	"reverie/app/movie"
)

var movieCommand = command{
	name: "movie", args: "FOLDER…", short: "snapshots of reconstructions → GIF, animated PNG or MP4, one each or all as a mosaic",
	examples: []string{
		"reverie movie results/cat --out cat.gif                       # a run with --snapshots",
		"reverie movie results/batch/S1/VC --mosaic --out VC.mp4       # all of it, originals above",
		"reverie movie lab/S1/VC --images stimuli --out movies/VC.apng # the lab's snapshots; one movie for each label",
		"reverie movie results/cat --scale 3 --fps 20 --hold 2s --display stretch:4 --out cat.mp4",
	},
	run: runMovie,
}

func runMovie(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
	o := movie.Options{}
	out := fs.String("out", "", "`file` to write: .gif, .png or .apng (animated PNG), .mp4 (with ffmpeg); of several images without --mosaic, NAME-<label>")
	mosaic := fs.Bool("mosaic", false, "all images in one movie")
	hold := fs.Duration("hold", time.Second, "`time` that the first and the last frame stay")
	display := fs.String("display", "raw", "how the snapshots are `shown`: raw as they are, stretch:4 or channel:4 (percent clipped)")
	images := fs.String("images", "", "`folder` of the originals, where the run left none beside the snapshots")
	labels := fs.String("labels", "", "only these `labels`, comma separated")
	fs.Float64Var(&o.FPS, "fps", 10, "frames a `second`")
	fs.IntVar(&o.Scale, "scale", 0, "`times` to enlarge, without smoothing; chosen by default")
	fs.IntVar(&o.Side, "side", 0, "longer side of the pictures in `pixels`, instead of --scale")
	fs.IntVar(&o.Columns, "columns", 0, "`columns` of the mosaic; chosen by default")
	fs.StringVar(&o.Title, "title", "", "`text` above a mosaic")
	fs.BoolVar(&o.NoLabels, "no-labels", false, "leave labels out")
	fs.BoolVar(&o.NoCounter, "no-counter", false, "leave the number of the iteration out")
	fs.BoolVar(&o.NoOriginals, "no-originals", false, "leave the originals out")
	fs.BoolVar(&o.NoDither, "no-dither", false, "GIF without dithering: smaller, with steps in smooth areas")
	folders, err := e.parse(fs, args, 1, -1)
	if err != nil {
		return err
	}
	if *out == "" {
		return usage("movie needs --out with the file to write, as --out movie.gif")
	}
	if ext := strings.ToLower(filepath.Ext(*out)); !slices.Contains([]string{".gif", ".png", ".apng", ".mp4"}, ext) {
		return usage("--out %s: a movie ends in .gif, .png, .apng or .mp4", *out)
	} else if ext == ".mp4" && !movie.HasFFmpeg() {
		return movie.ErrNoFFmpeg
	}
	if !(o.FPS > 0) {
		return usage("--fps must be above 0")
	}
	d, err := figure.ParseDisplay(*display)
	if err != nil {
		return usage("--%v", err)
	}
	o.First, o.Last = *hold, *hold
	found, err := movie.Find(ctx, folders...)
	if err != nil {
		return err
	}
	if found, err = chosen(found, list(*labels)); err != nil {
		return err
	}
	if *images != "" {
		if err := besides(found, *images); err != nil {
			return err
		}
	}
	groups := [][]movie.Sequence{found}
	if !*mosaic {
		groups = groups[:0]
		for i := range found {
			groups = append(groups, found[i:i+1])
		}
	}
	meter := job.NewMeter(e.progress.report)
	made := []movie.Info{}
	written := map[string]string{}
	for i, g := range groups {
		path, stage := *out, "movie"
		if len(groups) > 1 {
			ext := filepath.Ext(path)
			path = strings.TrimSuffix(path, ext) + "-" + export.Name(g[0].Label) + ext
			stage = fmt.Sprintf("movie %d of %d", i+1, len(groups))
		}
		if other, twice := written[path]; twice {
			return fmt.Errorf("%s and %s would both be written to %s (name fewer folders, or make a mosaic)", other, g[0].Folder, path)
		}
		written[path] = g[0].Folder
		o.Progress = func(done, total int) { meter.Step(stage, done, total) }
		src, err := movie.NewSnapshots(ctx, g, d)
		if err != nil {
			return err
		}
		info, err := movie.Write(ctx, path, o, src)
		if err != nil {
			return err
		}
		made = append(made, info)
		e.say("%s  %d × %d, %d frames, %.3g s", info.Path, info.Width, info.Height, info.Frames, info.Time)
	}
	return e.result(made)
}

// chosen keeps the sequences of the labels, all where there are none.
func chosen(found []movie.Sequence, labels []string) ([]movie.Sequence, error) {
	if len(labels) == 0 {
		return found, nil
	}
	var out []movie.Sequence
	met := map[string]bool{}
	for _, s := range found {
		own := strings.TrimPrefix(filepath.Base(s.Folder), "image-")
		for _, l := range labels {
			if l == s.Label || l == own || export.Name(l) == own {
				met[l] = true
				out = append(out, s)
				break
			}
		}
	}
	for _, l := range labels {
		if !met[l] {
			return nil, fmt.Errorf("there are no snapshots of %s (found: %s)", l, some(found))
		}
	}
	return out, nil
}

func some(found []movie.Sequence) string {
	var names []string
	for i, s := range found {
		if i == 8 {
			names = append(names, "…")
			break
		}
		names = append(names, s.Label)
	}
	return strings.Join(names, ", ")
}

// besides finds the originals in a folder of stimuli.
func besides(found []movie.Sequence, dir string) error {
	set, err := stimuli.OpenSet(dir)
	if err != nil {
		return err
	}
	n := 0
	for i, s := range found {
		own := strings.TrimPrefix(filepath.Base(s.Folder), "image-")
		if path, ok := set.Match(stimulusOf(own)); ok {
			found[i].Original = path
			n++
		}
	}
	if n == 0 {
		return errors.New("no picture in " + dir + " has the name of a label (labels are the names of files without ending)")
	}
	return nil
}
