package cli

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"reverie/app/evaluation"
	"reverie/app/figure/paper"
)

// draw draws the figures asked for into the folder figures below out, and gives them for the page.
func (f *evaluateFlags) draw(ctx context.Context, e *env, r *evaluation.Report, out string) (drawn []evaluation.Drawn, err error) {
	ids := list(*f.figure)
	every := *f.figure == "all"
	if every {
		for _, x := range evaluation.Figures {
			ids = append(ids, x.ID)
		}
	}
	formats := list(*f.format)
	for _, x := range formats {
		if !slices.Contains(paper.Formats, x) {
			return nil, usage("--format %q: choose of pdf, svg, png", x)
		}
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s, err := r.Figure(id, evaluation.FigureOptions{Published: *f.marks})
		if every && errors.Is(err, evaluation.ErrNothing) {
			e.say("%v", err)
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, format := range formats {
			if err := paper.Save(filepath.Join(out, "figures", "figure-"+id+"."+format), s, *f.width, *f.dpi); err != nil {
				return nil, err
			}
		}
		svg, err := paper.SVG(s, *f.width)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(evaluation.Figures, func(x evaluation.Figure) bool { return x.ID == id })
		drawn = append(drawn, evaluation.Drawn{ID: id, Title: "Figure " + id + ": " + evaluation.Figures[at].Title, Caption: s.Caption(), SVG: svg})
		e.say("figure %s in %s", id, filepath.Join(out, "figures"))
	}
	return drawn, nil
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
