package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/theme"
	"reverie/ui/vm"
)

// Banner tells of a problem above the content, which stays usable.
type Banner struct {
	fwidget.BaseWidget
	title  *Text
	detail *fwidget.Label
	hint   *Paragraph
	ground *Surface
	body   fyne.CanvasObject
}

// NewBanner makes a hidden banner.
func NewBanner() *Banner {
	b := &Banner{
		title:  NewText("", ftheme.SizeNameText, ftheme.ColorNameError, fyne.TextStyle{Bold: true}),
		detail: fwidget.NewLabel(""), hint: Note(""),
	}
	b.detail.Wrapping = fyne.TextWrapWord
	b.detail.Selectable = true
	dismiss := fwidget.NewButtonWithIcon("", ftheme.CancelIcon(), b.Hide)
	dismiss.Importance = fwidget.LowImportance
	text := Stack(-6, PadHV(7, 5, b.title), b.detail, b.hint)
	b.ground = NewSurface(theme.ColorProblem, 8, 4, container.NewBorder(nil, nil, nil, container.NewVBox(dismiss), text))
	b.body = PadHV(12, 8, b.ground)
	b.ExtendBaseWidget(b)
	b.Hide()
	return b
}

// Say shows a problem in place of an earlier one.
func (b *Banner) Say(p vm.Problem) {
	b.title.SetText(p.Title)
	b.detail.SetText(p.Detail)
	b.hint.SetText(p.Hint)
	b.hint.Hidden = p.Hint == ""
	title, ground := ftheme.ColorNameError, theme.ColorProblem
	if p.Notice {
		title, ground = ftheme.ColorNameWarning, theme.ColorNotice
	}
	b.title.SetColor(title)
	b.ground.Name = ground
	b.ground.Refresh()
	b.Show()
	b.Refresh()
}

// Text is what the banner says, for tests and screen readers.
func (b *Banner) Text() string {
	return b.title.Text() + "\n" + b.detail.Text + "\n" + b.hint.Text()
}

// CreateRenderer implements fyne.Widget.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer { return fwidget.NewSimpleRenderer(b.body) }
