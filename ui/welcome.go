package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/widget"
)

// welcome is the first screen: what the program is, and two ways in.
func welcome(demo, files, folder func()) (content fyne.CanvasObject, first fyne.Focusable) {
	mark := canvas.NewImageFromResource(icon)
	mark.FillMode = canvas.ImageFillContain
	mark.SetMinSize(fyne.NewSquareSize(72))
	title := widget.NewText("Reverie", ftheme.SizeNameHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}).Align(fyne.TextAlignCenter)
	line := widget.Note("See what a person saw or imagined, reconstructed from their brain activity.").Centre()

	card := func(icon fyne.Resource, name, text, key string, tapped func(), more ...fyne.CanvasObject) *widget.Choice {
		ic := canvas.NewImageFromResource(ftheme.NewPrimaryThemedResource(icon))
		ic.FillMode = canvas.ImageFillContain
		ic.SetMinSize(fyne.NewSquareSize(28))
		label := widget.Note(text)
		head := container.NewHBox(ic, widget.Space(4, 0), widget.NewText(name, ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}))
		foot := container.NewBorder(nil, nil, container.NewHBox(more...), container.NewCenter(widget.Caption(key)))
		c := widget.NewChoice(widget.Pad(22, container.NewBorder(head, widget.AtLeast(0, 34, foot), nil, nil, widget.PadHV(-7, 2, label))), tapped)
		c.Outline = true
		return c
	}
	pick := fwidget.NewButtonWithIcon("Choose a folder", ftheme.FolderOpenIcon(), folder)
	try := card(ftheme.MediaPlayIcon(), "Try the demo",
		"A simulated subject, made on this computer: look at its data and watch images come back. Nothing to download.", "Ctrl+D", demo)
	open := card(ftheme.FolderOpenIcon(), "Open my data",
		"A subject's files (BData .h5 or MATLAB .mat) or their folder. You can also drop them anywhere on this window.", "Ctrl+O", files, pick)
	cards := container.NewGridWithColumns(2, widget.PadHV(8, 0, try), widget.PadHV(8, 0, open))
	body := widget.Stack(6, mark, widget.Space(0, 4), title, line, widget.Space(0, 22), widget.AtLeast(760, 190, cards))
	return container.NewCenter(body), try
}
