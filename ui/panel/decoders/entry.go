package decoders

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/session"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// entry is a folder in the list.
type entry struct {
	fwidget.BaseWidget
	name  *fwidget.Label
	about *widget.Text
	lab   fyne.CanvasObject
}

func newEntry() *entry {
	e := &entry{name: fwidget.NewLabel(""), about: widget.Caption(""), lab: container.NewHBox(container.NewCenter(widget.NewBadge("lab")), widget.Space(6, 0))}
	e.name.Truncation = fyne.TextTruncateEllipsis
	e.ExtendBaseWidget(e)
	return e
}

func (e *entry) set(f session.DecoderFolder) {
	e.name.SetText(vm.FolderTitle(f))
	e.about.SetText(vm.Short(vm.FolderText(f), 36))
	show(e.lab, f.Lab)
}

// CreateRenderer implements fyne.Widget.
func (e *entry) CreateRenderer() fyne.WidgetRenderer {
	return fwidget.NewSimpleRenderer(container.NewBorder(nil, nil, nil, e.lab, widget.Stack(-6, e.name, widget.PadHV(7, 0, e.about), widget.Space(0, 11))))
}
