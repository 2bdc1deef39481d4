package cli

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
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
			groups := []group{{"", pairs}}
			if fixed, random := byOrder(pairs, rec.FixedBlocks); len(fixed) > 0 && len(random) > 0 {
				groups = append(groups, group{"blocks in fixed order", fixed}, group{"blocks in random order", random})
			}
			e.say("%s: %d reconstructions from %s", dir, len(pairs), rec.Source)
			if left > 0 {
				e.say("  %d without a picture or an original are left out", left)
			}
			for _, g := range groups {
				s, err := pipeline.Evaluate(g.pairs)
				if err != nil {
					return fmt.Errorf("%s: %w", dir, err)
				}
				key, file := dir, "scores"
				if g.name != "" {
					key, file = dir+": "+g.name, "scores "+g.name
					e.say(" %s, %d", g.name, len(g.pairs))
				}
				results[key] = s
				printScores(e, s)
				if err := writeScores(filepath.Join(dir, export.Name(file)), s); err != nil {
					return err
				}
			}
			for _, n := range rec.Notes {
				e.say("  note: %s", n)
			}
		}
		return e.result(results)
	},
}

type group struct {
	name  string
	pairs []pipeline.Pair
}

var blockNumber = regexp.MustCompile(`^run\d+-block(\d+)-`)

// byOrder parts blocks that came in the same order in every run from the others:
// of the former a decoder may learn the time in the run instead of the stimulus.
func byOrder(pairs []pipeline.Pair, fixedBlocks int) (fixed, random []pipeline.Pair) {
	for _, p := range pairs {
		m := blockNumber.FindStringSubmatch(p.Label)
		if m == nil || fixedBlocks == 0 {
			return nil, nil
		}
		if n, err := strconv.Atoi(m[1]); err == nil && n <= fixedBlocks {
			fixed = append(fixed, p)
		} else {
			random = append(random, p)
		}
	}
	return fixed, random
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
