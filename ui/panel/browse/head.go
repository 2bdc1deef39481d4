package browse

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"

	"reverie/app/export"
	"reverie/app/figure"
	"reverie/compute/eval"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// header names the columns and shows, below each name, its scores in the tasks.
func (p *Panel) header() *fyne.Container {
	box := container.NewWithoutLayout()
	var tasks []eval.Task
	scores := make([][]vm.TaskScore, len(p.matrix.Names))
	for i := range p.matrix.Names {
		scores[i] = p.matrix.ColumnScores(i)
		for _, s := range scores[i] {
			if !slices.Contains(tasks, s.Task) {
				tasks = append(tasks, s.Task)
			}
		}
	}
	const name, strip = 18, 25
	at := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(w, h))
		box.Add(o)
	}
	title := func(s string, column int) {
		if s == "" {
			s = "–"
		}
		t := widget.NewText(s, ftheme.SizeNameCaptionText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}).Align(fyne.TextAlignCenter)
		at(t, p.layout.X(column)-8, 0, p.layout.Side+16, name)
	}
	title("presented", 0)
	for i, n := range p.matrix.Names {
		title(n, i+1)
		for _, s := range scores[i] {
			low, high := s.Lower, s.Upper
			if !s.Defined() {
				low, high = s.Mean, s.Mean
			}
			y := float32(name + strip*slices.Index(tasks, s.Task))
			at(widget.NewStrip(s.Mean, low, high, 0.5, fmt.Sprintf("%.0f", 100*s.Mean), hues[s.Task]), p.layout.X(i+1), y, p.layout.Side, strip)
		}
	}
	for k, t := range tasks {
		c := widget.Caption(taskNames[t] + " %")
		at(c, 4, float32(name+strip*k)+3, p.layout.Name, strip)
	}
	height := float32(name + strip*len(tasks) + 4)
	return container.NewStack(widget.Space(p.layout.Width(), height), box)
}

// save writes what is shown as one sheet.
func (p *Panel) save() {
	if len(p.matrix.Rows) == 0 {
		return
	}
	rows, names := slices.Clone(p.matrix.Rows), slices.Clone(p.matrix.Names)
	title := p.title.Text()
	p.d.Save("reconstructions.png", func(path string) {
		go func() {
			err := saveSheet(path, title, names, rows)
			p.d.Mail.Post(func() {
				if err == nil {
					p.d.Say("Saved: " + path)
				} else if b, bad := vm.ProblemOf("save the sheet", err); bad {
					p.d.Problem(b)
				}
			})
		}()
	})
}

// mostSheet bounds the rows of a sheet.
const mostSheet = 200

func saveSheet(path, title string, names []string, rows []vm.MatrixRow) error {
	sheet := figure.Montage{Title: title, Size: 96}
	if len(rows) > mostSheet {
		sheet.Notes = append(sheet.Notes, fmt.Sprintf("The first %d of %d rows.", mostSheet, len(rows)))
		rows = rows[:mostSheet]
	}
	for _, r := range rows {
		row := figure.Row{Name: r.Label}
		first := figure.Cell{Caption: "presented"}
		for i, c := range r.Cells {
			cell := figure.Cell{Caption: names[i]}
			if c != nil {
				img, err := c.Picture()
				if err != nil {
					return err
				}
				cell.Image = img
				if first.Image == nil && c.Original != "" {
					if _, first.Image, err = pair(c); err != nil {
						return err
					}
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		row.Cells = append([]figure.Cell{first}, row.Cells...)
		sheet.Rows = append(sheet.Rows, row)
	}
	img, err := sheet.Draw()
	if err != nil {
		return err
	}
	return export.PNG(path, img)
}
