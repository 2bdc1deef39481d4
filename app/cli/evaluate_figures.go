package cli

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/evaluation"
	"reverie/app/figure/paper"
)

// save writes the report and the figures asked for.
func (f *evaluateFlags) save(ctx context.Context, e *env, r *evaluation.Report, out string) error {
	formats := list(*f.format)
	for _, x := range formats {
		if !slices.Contains(paper.Formats, x) {
			return usage("--format %q: choose of %s", x, strings.Join(paper.Formats, ", "))
		}
	}
	ids := append([]string{}, list(*f.figure)...)
	if *f.figure == "all" {
		ids = nil
	}
	return r.SaveAll(ctx, out, ids, formats, *f.width, *f.dpi, evaluation.FigureOptions{Published: *f.marks}, func(id string, err error) {
		if err != nil {
			e.say("%v", err)
			return
		}
		e.say("figure %s in %s", id, filepath.Join(out, "figures"))
	})
}

func listFigures(e *env) error {
	type listed struct{ ID, Title, Needs string }
	var all []listed
	for _, x := range evaluation.Figures {
		e.say("%-3s %-52s %s", x.ID, x.Title, x.Needs)
		all = append(all, listed{x.ID, x.Title, x.Needs})
	}
	e.say("Supplementary Fig. 1 and 11 come from trained decoders: reverie decoders accuracy.")
	return e.result(all)
}
