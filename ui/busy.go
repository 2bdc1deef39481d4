package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/job"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// busyCard stands in the middle while a subject is being opened.
type busyCard struct {
	content fyne.CanvasObject
	stage   *widget.Text
	text    *widget.Paragraph
	left    *widget.Text
	bar     *fwidget.ProgressBar
}

func newBusyCard(cancel func()) *busyCard {
	b := &busyCard{
		stage: widget.NewText("", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}),
		text:  widget.Note(""), left: widget.Caption(" "), bar: fwidget.NewProgressBar(),
	}
	b.bar.TextFormatter = func() string { return "" }
	stop := fwidget.NewButton("Cancel", cancel)
	foot := container.NewBorder(nil, nil, container.NewCenter(b.left), stop)
	b.content = container.NewCenter(widget.AtLeast(440, 0, widget.Stack(8,
		b.stage, container.New(thin{}, b.bar), widget.PadHV(-7, 0, b.text), foot)))
	return b
}

func (b *busyCard) begin(text string) {
	b.stage.SetText("Opening")
	b.text.SetText(text)
	b.left.SetText(" ")
	b.bar.SetValue(0)
	b.content.Show()
}

func (b *busyCard) show(p job.Progress) {
	if p.Stage != "" {
		b.stage.SetText(upper(p.Stage))
	}
	if p.Total > 0 {
		b.bar.SetValue(float64(p.Done) / float64(p.Total))
	}
	t := vm.Clock(p.Elapsed) + " elapsed"
	if left := vm.Left(p.ETA); left != "" {
		t += " · " + left
	}
	b.left.SetText(t)
}

func upper(s string) string {
	if s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

// thin makes a bar eight pixels high over the whole width.
type thin struct{}

func (thin) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(60, 8) }
func (thin) Layout(o []fyne.CanvasObject, size fyne.Size) {
	for _, c := range o {
		c.Resize(fyne.NewSize(size.Width, 8))
	}
}
