package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/session"
	"reverie/ui/theme"
	"reverie/ui/vm"
)

// NewReport shows findings, those of one file or topic under its name, each
// with the sign of its level and, where there is something to do, what.
func NewReport(findings []session.Finding) fyne.CanvasObject {
	all := Stack(14)
	for _, g := range vm.GroupFindings(findings) {
		lines := Stack(-2, PadHV(0, 2, Section(g.About)))
		for _, f := range g.Findings {
			lines.Add(NewFinding(f))
		}
		all.Add(lines)
	}
	return all
}

// NewFinding shows a finding without what it is about.
func NewFinding(f session.Finding) fyne.CanvasObject {
	text := Note(vm.Sentence(f.Text))
	var body fyne.CanvasObject = text
	if f.Do != "" {
		do := fwidget.NewRichText(&fwidget.TextSegment{Text: f.Do, Style: fwidget.RichTextStyle{ColorName: ftheme.ColorNameForeground, SizeName: ftheme.SizeNameCaptionText}})
		do.Wrapping = fyne.TextWrapWord
		body = Stack(-12, text, do)
	}
	return container.NewBorder(nil, nil, container.NewVBox(Space(0, 4), levelIcon(f.Level)), nil, body)
}

// NewInfo shows what is only good to know.
func NewInfo(text string) fyne.CanvasObject {
	icon := fwidget.NewIcon(ftheme.NewColoredResource(ftheme.InfoIcon(), theme.ColorMuted))
	return container.NewBorder(nil, nil, container.NewVBox(Space(0, 4), icon), nil, Note(vm.Sentence(text)))
}

// levelIcon is the sign of a level; the shapes differ, not only the colours.
func levelIcon(l session.Level) fyne.CanvasObject {
	var r fyne.Resource
	switch l {
	case session.Wrong:
		r = ftheme.NewErrorThemedResource(ftheme.ErrorIcon())
	case session.Warning:
		r = ftheme.NewColoredResource(ftheme.WarningIcon(), ftheme.ColorNameWarning)
	default:
		r = ftheme.NewColoredResource(ftheme.ConfirmIcon(), ftheme.ColorNameSuccess)
	}
	return fwidget.NewIcon(r)
}
