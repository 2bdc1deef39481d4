package evaluate

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/evaluation"
	"reverie/app/export"
	"reverie/app/figure/paper"
	"reverie/ui/vm"
)

const (
	screenDPI  = 160
	figureMM   = 174
	figureDPI  = 300
	noPictures = "The reconstructions for this figure are not here: it needs "
)

// remake makes the figures that the report allows. Galleries read their pictures then, which takes a moment for
// large ones, so it is done beside the drawing goroutine.
func (p *Panel) remake() {
	if p.shown == nil {
		return
	}
	if len(p.can) == 0 {
		for _, f := range evaluation.Figures {
			p.can = append(p.can, figureEntry{Figure: f})
		}
	}
	rep, opt := p.shown, evaluation.FigureOptions{Published: p.marks.Checked}
	go func() {
		made := make([]figureEntry, len(evaluation.Figures))
		for i, f := range evaluation.Figures {
			made[i].Figure = f
			if s, err := rep.Figure(f.ID, opt); err == nil {
				made[i].sheet = s
			}
		}
		p.d.Mail.Post(func() {
			if p.shown != rep || p.marks.Checked != opt.Published {
				return
			}
			p.can = made
			if p.can[p.at].sheet == nil {
				if i := slices.IndexFunc(p.can, func(e figureEntry) bool { return e.sheet != nil }); i >= 0 {
					p.at = i
				}
			}
			p.figures.Refresh()
			p.figures.Select(p.at)
			p.draw()
		})
	}()
}

// draw shows the chosen figure.
func (p *Panel) draw() {
	p.drawing++
	if p.at >= len(p.can) {
		return
	}
	f, number := p.can[p.at], p.drawing
	if f.sheet == nil {
		p.picture.Image = nil
		p.picture.Refresh()
		p.caption.SetText(noPictures + f.Needs + ".")
		return
	}
	p.caption.SetText(f.sheet.Caption())
	go func() {
		img, err := paper.Raster(f.sheet, figureMM, screenDPI)
		p.d.Mail.Post(func() {
			if number != p.drawing {
				return
			}
			if err != nil {
				p.problem("draw the figure", err)
				return
			}
			p.picture.Image = img
			p.picture.Refresh()
		})
	}()
}

func (p *Panel) problem(action string, err error) {
	if b, bad := vm.ProblemOf(action, err); bad {
		p.d.Problem(b)
	}
}

// saveFigure writes the chosen figure and its caption.
func (p *Panel) saveFigure() {
	if p.at >= len(p.can) || p.can[p.at].sheet == nil {
		return
	}
	f := p.can[p.at]
	p.d.Save("figure-"+f.ID+".pdf", func(path string) {
		go func() {
			err := paper.Save(path, f.sheet, figureMM, figureDPI)
			if err == nil {
				err = export.Text(strings.TrimSuffix(path, filepath.Ext(path))+".txt", f.Title+". "+f.sheet.Caption()+"\n")
			}
			p.d.Mail.Post(func() {
				if err != nil {
					p.problem("save the figure", err)
					return
				}
				p.d.Say("Saved: " + path)
			})
		}()
	})
}

// saveReport asks for a folder and saves into it.
func (p *Panel) saveReport() {
	if p.shown == nil {
		return
	}
	p.d.Folder("Folder for report, tables and figures", p.SaveInto)
}

// SaveInto writes report, tables, page and all figures into a folder.
func (p *Panel) SaveInto(dir string) {
	rep, opt := p.shown, evaluation.FigureOptions{Published: p.marks.Checked}
	p.d.Say("Writing the report…")
	go func() {
		err := rep.SaveAll(context.Background(), dir, nil, paper.Formats, figureMM, figureDPI, opt, nil)
		p.d.Mail.Post(func() {
			if err != nil {
				p.problem("save the report", err)
				return
			}
			p.d.Say("Report, tables and figures in " + dir)
		})
	}()
}

// Possible counts the figures that the reconstructions allow.
func (p *Panel) Possible() (n int) {
	for _, f := range p.can {
		if f.sheet != nil {
			n++
		}
	}
	return n
}
