package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
)

// Field is a control with its name, a mark where its value is not the preset's,
// and a line of help.
type Field struct {
	Content *fyne.Container
	mark    *Text
}

// NewField puts a wide control below its name.
func NewField(name, help string, control fyne.CanvasObject) *Field {
	f := &Field{mark: newMark()}
	f.Content = Stack(3, container.NewBorder(nil, nil, caption(name), f.mark), control)
	return f.with(help)
}

// NewShortField puts a control of a width beside its name.
func NewShortField(name, help string, width float32, control fyne.CanvasObject) *Field {
	f := &Field{mark: newMark()}
	f.Content = Stack(3, container.NewBorder(nil, nil, container.NewCenter(caption(name)), container.NewHBox(container.NewCenter(f.mark), AtLeast(width, 0, control))))
	return f.with(help)
}

// NewSwitchField is a switch, which has its name itself.
func NewSwitchField(help string, control fyne.CanvasObject) *Field {
	f := &Field{mark: newMark()}
	f.Content = Stack(0, container.NewBorder(nil, nil, control, container.NewCenter(f.mark)))
	return f.with(help)
}

func caption(name string) *Text {
	return NewText(name, ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{})
}

func newMark() *Text {
	m := NewText("changed", ftheme.SizeNameCaptionText, ftheme.ColorNamePrimary, fyne.TextStyle{Bold: true})
	m.Hide()
	return m
}

func (f *Field) with(help string) *Field {
	if help != "" {
		f.Content.Add(Help(help))
	}
	return f
}

// SetChanged shows or hides the mark.
func (f *Field) SetChanged(on bool) {
	if on == f.mark.Visible() {
		return
	}
	if on {
		f.mark.Show()
	} else {
		f.mark.Hide()
	}
	f.Content.Refresh()
}

// Changed reports the mark.
func (f *Field) Changed() bool { return f.mark.Visible() }
