package cli

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"reverie/app/export"
	"reverie/app/pipeline"
)

var evaluateCommand = command{
	name: "evaluate", args: "FOLDER…", short: "reconstructions → pixel correlation and identification with intervals",
	examples: []string{"reverie evaluate results/reconstruct", "reverie evaluate --json results/demo/scenes"},
	run: func(_ context.Context, e *env, fs *flag.FlagSet, args []string) error {
		match := fs.String("match", "", "only labels that contain `text`; several, comma separated, are joined by or")
		paths, err := e.parse(fs, args, 1, -1)
		if err != nil {
			return err
		}
		results := map[string]*pipeline.Scores{}
		for _, dir := range paths {
			rec, pairs, left, err := pipeline.ReadPairs(dir)
			if err != nil {
				return err
			}
			if want := list(*match); len(want) > 0 {
				kept := pairs[:0]
				for _, p := range pairs {
					for _, w := range want {
						if strings.Contains(p.Label, w) {
							kept = append(kept, p)
							break
						}
					}
				}
				pairs = kept
			}
			s, err := pipeline.Evaluate(pairs)
			if err != nil {
				return fmt.Errorf("%s: %w", dir, err)
			}
			results[dir] = s
			e.say("%s: %d reconstructions from %s", dir, len(s.Images), rec.Source)
			if left > 0 {
				e.say("  %d without a picture or an original are left out", left)
			}
			printScores(e, s)
			for _, n := range rec.Notes {
				e.say("  note: %s", n)
			}
			if err := writeScores(filepath.Join(dir, "scores"), s); err != nil {
				return err
			}
		}
		return e.result(results)
	},
}

func printScores(e *env, s *pipeline.Scores) {
	if s.Correlation != nil {
		e.say("  pixel correlation        %s", s.Correlation)
		e.say("  pairwise identification  %s, chance 0.5", s.Pairwise)
	}
	e.say("  best of %-3d originals     %s, chance %.3g", s.Candidates, s.Best, s.Chance)
}

// writeScores leaves scores.json and scores.csv.
func writeScores(base string, s *pipeline.Scores) error {
	if err := export.JSON(base+".json", s); err != nil {
		return err
	}
	rows := [][]string{{"label", "pixel_correlation", "pairwise_identification", "best_of_all"}}
	for _, i := range s.Images {
		rows = append(rows, []string{i.Label, fmt.Sprintf("%.6f", i.Correlation), fmt.Sprintf("%.6f", i.Pairwise), fmt.Sprint(i.Best)})
	}
	return export.CSV(base+".csv", rows)
}
