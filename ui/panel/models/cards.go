package models

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/models"
	"reverie/ui/theme"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// card is one thing that the method uses.
func (p *Panel) card(w models.Wanted, mine []models.Entry) fyne.CanvasObject {
	title := container.NewHBox(widget.Section(w.Name))
	if len(mine) == 0 {
		title.Add(container.NewCenter(widget.NewBadge("not here")))
	}
	body := widget.Stack(6, widget.Stack(0, title, widget.Caption(upper(w.For)+".")))
	for _, e := range mine {
		body.Add(p.entry(e, len(mine) > 1))
	}
	if len(mine) == 0 {
		for _, f := range w.Files {
			body.Add(p.published(f))
		}
	}
	return widget.NewSurface(theme.ColorSurface, 10, 14, body)
}

// published says where a file is to be had.
func (p *Panel) published(f models.Published) fyne.CanvasObject {
	size := f.About
	if f.Size > 0 {
		size = vm.Size(f.Size)
	}
	facts := []string{}
	for _, s := range []string{size, f.Licence} {
		if s != "" {
			facts = append(facts, s)
		}
	}
	lines := widget.Stack(0, widget.NewText(f.Name+"  ·  "+strings.Join(facts, "  ·  "), ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{}), widget.Caption(f.Where))
	if f.MD5 != "" {
		lines.Add(widget.Caption("MD5 " + f.MD5))
	}
	if f.Note != "" {
		lines.Add(widget.Caption(f.Note))
	}
	place := fwidget.NewButtonWithIcon("", ftheme.ContentCopyIcon(), func() { p.deps.Copy(f.Where) })
	place.Importance = fwidget.LowImportance
	return container.NewBorder(nil, nil, nil, container.NewCenter(place), lines)
}

// entry is a file of the user's.
func (p *Panel) entry(e models.Entry, several bool) fyne.CanvasObject {
	state := e.State()
	what := e.Name() + "  ·  " + vm.Size(e.Size)
	if several && e.Chosen {
		what += "  ·  the one to use"
	}
	lines := widget.Stack(0, widget.NewText(what, ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{}))
	if e.About != "" {
		lines.Add(widget.Caption(upper(e.About)))
	}
	if e.Published != "" {
		lines.Add(widget.Caption("To the byte the published " + e.Published))
	}
	lines.Add(widget.Caption("SHA-256 " + e.SHA256))
	lines.Add(widget.Caption(e.Path))
	switch state {
	case models.Missing:
		lines.Add(widget.NewText("The file is gone from there. Put it back, or add it where it is now.", ftheme.SizeNameCaptionText, ftheme.ColorNameError, fyne.TextStyle{}))
	case models.Changed:
		lines.Add(widget.NewText("The file has changed since it was added: verify it.", ftheme.SizeNameCaptionText, ftheme.ColorNameWarning, fyne.TextStyle{}))
	}
	for _, n := range e.Notes {
		lines.Add(widget.PadHV(-7, -5, widget.Note(n)))
	}
	buttons := container.NewHBox()
	button := func(name string, do func()) {
		b := fwidget.NewButton(name, do)
		b.Importance = fwidget.LowImportance
		buttons.Add(b)
	}
	if several && !e.Chosen {
		button("Use this one", func() { p.change(func(s *models.Store) error { _, err := s.Choose(e.Path); return err }) })
	}
	if e.Role == models.VGG19 && !p.inUse(e.Path) {
		button("Compute with it", func() { p.Use(e.Path) })
	}
	button("Verify", func() { p.verify(e) })
	button("Forget", func() { p.change(func(s *models.Store) error { _, err := s.Remove(e.Path); return err }) })
	return container.NewBorder(nil, nil, nil, container.NewVBox(buttons), lines)
}
