package evaluation

import (
	"context"
	"errors"
	"path/filepath"

	"reverie/app/export"
	"reverie/app/figure/paper"
)

// SaveAll writes the report with figures into a folder, each figure in all formats with its caption beside it. ids nil
// takes those that are possible; of those that are not, told hears.
func (r *Report) SaveAll(ctx context.Context, dir string, ids, formats []string, mm float64, dpi int, opt FigureOptions, told func(id string, err error)) error {
	every := ids == nil
	if every {
		for _, f := range Figures {
			ids = append(ids, f.ID)
		}
	}
	var drawn []Drawn
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := r.Figure(id, opt)
		if told != nil && (err == nil || every) {
			told(id, err)
		}
		if every && errors.Is(err, ErrNothing) {
			continue
		}
		if err != nil {
			return err
		}
		base := filepath.Join(dir, "figures", "figure-"+id)
		for _, format := range formats {
			if err := paper.Save(base+"."+format, s, mm, dpi); err != nil {
				return err
			}
		}
		title := "Figure " + id + ": " + titleOf(id)
		if err := export.Text(base+".txt", title+". "+s.Caption()+"\n"); err != nil {
			return err
		}
		svg, err := paper.SVG(s, mm)
		if err != nil {
			return err
		}
		drawn = append(drawn, Drawn{ID: id, Title: title, Caption: s.Caption(), SVG: svg})
	}
	return r.Save(dir, drawn)
}

func titleOf(id string) string {
	for _, f := range Figures {
		if f.ID == id {
			return f.Title
		}
	}
	return ""
}
