package cli

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"reverie/app/export"
	"reverie/app/rating"
	"reverie/app/results"
)

var rateCommand = command{
	name: "rate", args: "FILE|FOLDER…", short: "human judgements: what can be judged, several raters' answers taken together",
	examples: []string{
		"reverie rate --plan results/demo-full                 # the sets and how many pairs each has; the window's Rate panel shows them",
		"reverie rate results/demo-full/ratings                # accuracy, winning percentages, agreement of raters",
		"reverie evaluate results/demo-full --ratings results/demo-full/ratings --figure all",
	},
	run: func(ctx context.Context, e *env, fs *flag.FlagSet, args []string) error {
		plan := fs.Bool("plan", false, "list what can be judged in folders of reconstructions")
		images := fs.String("images", "", "with --plan: `folders` of the stimulus pictures")
		out := fs.String("out", "", "`folder` for summary.json and scores.tsv")
		paths, err := e.parse(fs, args, 1, -1)
		if err != nil {
			return err
		}
		if *plan {
			return listChoices(ctx, e, paths, list(*images))
		}
		return summariseRatings(e, paths, *out)
	},
}

func listChoices(ctx context.Context, e *env, paths, images []string) error {
	c, err := results.Open(ctx, paths, results.Options{Stimuli: images}, e.progress.report)
	if err != nil {
		return err
	}
	all := rating.Choices(c.Items)
	if len(all) == 0 {
		return fmt.Errorf("nothing to judge: reconstructions need originals (--images), and more than one")
	}
	for _, x := range all {
		way := "pixels"
		if x.Prior {
			way = "generator"
		}
		e.say("%-10s %-9s %-16s %-5s %-8s %-10s %-9s %-8s %5d pairs", x.Subject, x.Kind, x.Condition, x.ROI, x.Layers, way, x.Source, x.Task, x.Pairs)
	}
	return e.result(all)
}

// ratingFiles lists the files of answers among paths: files themselves, and those in folders.
func ratingFiles(paths []string) (out []string, err error) {
	for _, p := range paths {
		st, err := os.Stat(p)
		if err != nil {
			return nil, err
		}
		if !st.IsDir() {
			out = append(out, p)
			continue
		}
		found, err := filepath.Glob(filepath.Join(p, "*.tsv"))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s holds no file of answers (.tsv)", p)
		}
		out = append(out, found...)
	}
	return out, nil
}

func summariseRatings(e *env, paths []string, out string) error {
	names, err := ratingFiles(paths)
	if err != nil {
		return err
	}
	var files []*rating.File
	for _, n := range names {
		f, err := rating.Read(n)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	s, err := rating.Summarise(files)
	if err != nil {
		return err
	}
	for _, r := range s.Raters {
		e.say("%-16s %5d of %d answers, %.1f %% the original or first, left %.0f %%, median %s, %d under %s   %s", r.Name, r.Answers, r.Trials, 100*r.Chosen, 100*r.LeftOf,
			r.Median.Round(10*time.Millisecond), r.Fast, rating.FastAnswer, filepath.Base(r.File))
	}
	if s.Agreement != nil {
		line := fmt.Sprintf("agreement over %d shared trials %.1f %%", s.Shared, 100**s.Agreement)
		if s.Kappa != nil {
			line += fmt.Sprintf(", Fleiss' kappa %.3f", *s.Kappa)
		}
		e.say("%s", line)
	}
	for i, a := range s.Sets {
		row := fmt.Sprintf("%-10s", a)
		for j := range s.Sets {
			if v := s.Wins[i][j]; math.IsNaN(v) {
				row += "      –"
			} else {
				row += fmt.Sprintf("  %5.1f", 100*v)
			}
		}
		if i == 0 {
			e.say("wins of the row's set over the column's, %%: %s", strings.Join(s.Sets, ", "))
		}
		e.say("%s", row)
	}
	for _, n := range s.Notes {
		e.say("note: %s", n)
	}
	if out != "" {
		rows := [][]string{{"subject", "condition", "roi", "layers", "prior", "source", "label", "kind", "task", "value", "raters", "trials"}}
		for _, x := range s.Scores {
			rows = append(rows, []string{x.Subject, string(x.Condition), x.ROI, x.Layers, fmt.Sprint(x.Prior), string(x.Source), x.Label, string(x.Kind), string(x.Task), fmt.Sprintf("%.6f", x.Value), fmt.Sprint(x.Raters), fmt.Sprint(x.Trials)})
		}
		if err := export.TSV(filepath.Join(out, "scores.tsv"), rows); err != nil {
			return err
		}
		if err := export.JSON(filepath.Join(out, "summary.json"), s); err != nil {
			return err
		}
	}
	return e.result(s)
}
