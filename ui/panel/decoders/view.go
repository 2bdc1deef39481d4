package decoders

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/theme"
	"reverie/ui/widget"
)

func makeEmpty(d Deps) fyne.CanvasObject {
	choose := fwidget.NewButtonWithIcon("Open a folder of decoders…", ftheme.FolderOpenIcon(), d.Choose)
	choose.Importance = fwidget.HighImportance
	train := fwidget.NewButtonWithIcon("Train decoders", ftheme.NavigateNextIcon(), d.Train)
	text := widget.Note("Open a folder of decoders, ours or the lab's, or drop it on the window. You see how well its units decode, and of each unit which voxels it reads and what they weigh.\n\nLeft and Right go from unit to unit, Up and Down from folder to folder.")
	return container.NewCenter(widget.Stack(6, widget.NewText("Look into decoders", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}),
		widget.PadHV(-7, 0, widget.AtLeast(460, 0, text)), container.NewHBox(choose, train)))
}

// makeList is the left side: the root and the folders below it.
func (p *Panel) makeList(d Deps) fyne.CanvasObject {
	p.list = fwidget.NewList(func() int { return len(p.vm.Shown) }, func() fyne.CanvasObject { return newEntry() }, func(i int, o fyne.CanvasObject) {
		o.(*entry).set(p.vm.Folders[p.vm.Shown[i]])
	})
	p.list.HideSeparators = true
	p.list.OnSelected = func(i int) {
		if i >= len(p.vm.Shown) {
			return
		}
		if p.vm.Shown[i] != p.vm.At { // else it follows what is typed
			p.unfocus()
		}
		p.vm.Choose(p.vm.Shown[i])
	}
	p.root.Truncation = fyne.TextTruncateEllipsis
	p.root.SizeName = ftheme.SizeNameCaptionText
	p.filter = fwidget.NewEntry()
	p.filter.SetPlaceHolder("Filter: conv3 V1")
	p.filter.OnChanged = func(text string) {
		p.list.UnselectAll()
		p.vm.Filter(text)
	}
	p.filter.OnSubmitted = func(string) { p.unfocus() }
	choose := fwidget.NewButtonWithIcon("Open another folder…", ftheme.FolderOpenIcon(), d.Choose)
	p.use = fwidget.NewButtonWithIcon("Decode with these", ftheme.NavigateNextIcon(), func() { d.Use(p.vm.Root) })
	head := widget.Stack(0, container.NewBorder(nil, nil, widget.Section("Decoders"), container.NewCenter(p.count)), widget.PadHV(-7, 0, p.root), p.filter, widget.Space(0, 4))
	side := container.NewBorder(head, widget.Stack(4, widget.Space(0, 2), p.use, choose), nil, nil, container.NewStack(p.list, container.NewCenter(widget.AtLeast(200, 0, p.none))))
	return widget.AtLeast(244, 0, widget.NewSurface(theme.ColorSurface, 10, 12, side))
}

// makeView is the right side: a folder, and one of its units.
func (p *Panel) makeView() fyne.CanvasObject {
	step := func(icon fyne.Resource, by int) *fwidget.Button {
		b := fwidget.NewButtonWithIcon("", icon, func() { p.vm.Step(by) })
		b.Importance = fwidget.LowImportance
		return b
	}
	p.number = fwidget.NewEntry()
	p.number.OnSubmitted = func(s string) {
		if n, err := strconv.Atoi(s); err == nil {
			p.vm.Show(n)
		}
		p.unfocus()
		p.Refresh()
	}
	p.best = fwidget.NewSelect(nil, func(string) {
		if i := p.best.SelectedIndex(); i >= 0 {
			p.best.ClearSelected()
			p.unfocus()
			p.vm.Best(i)
		}
	})
	p.best.PlaceHolder = "Best on…"
	p.bestRoom = widget.AtLeast(112, 0, p.best)
	p.halt = fwidget.NewButtonWithIcon("Stop", ftheme.CancelIcon(), p.vm.Halt)
	p.halt.Hide()
	random := fwidget.NewButtonWithIcon("Random", ftheme.ViewRefreshIcon(), p.vm.Random)
	p.nav = container.NewBorder(nil, nil,
		container.NewHBox(container.NewCenter(widget.Section("Unit")), step(ftheme.NavigateBackIcon(), -1), widget.AtLeast(84, 0, p.number), step(ftheme.NavigateNextIcon(), 1),
			container.NewCenter(widget.Stack(0, p.of, p.place))),
		container.NewHBox(p.bestRoom, p.halt, random))

	p.measured = widget.Stack(0, widget.NewSurface(theme.ColorSurface, 10, 12, p.accuracy))
	head := widget.Stack(2, container.NewBorder(nil, nil, container.NewHBox(p.title, container.NewCenter(p.badge)), nil), widget.PadHV(-7, -7, p.about), p.notes, widget.Space(0, 4), p.measured, widget.Space(0, 4), p.nav)
	numbers := container.NewVScroll(widget.Stack(10, widget.Stack(4, widget.Section("Weights"), p.weights), p.facts))
	side := widget.AtLeast(214, 0, widget.NewSurface(theme.ColorSurface, 10, 12, numbers))
	brain := widget.NewSurface(theme.ColorSurface, 10, 12, p.brain)
	p.below = container.NewBorder(nil, nil, nil, container.NewHBox(widget.Space(6, 0), side), brain)
	return container.NewBorder(head, nil, nil, nil, widget.PadHV(0, 4, p.below))
}
