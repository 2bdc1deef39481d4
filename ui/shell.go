package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	ftheme "fyne.io/fyne/v2/theme"

	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/ui/panel/batch"
	"reverie/ui/panel/browse"
	"reverie/ui/panel/decoders"
	"reverie/ui/panel/evaluate"
	"reverie/ui/panel/inspect"
	"reverie/ui/panel/load"
	"reverie/ui/panel/models"
	"reverie/ui/panel/rate"
	"reverie/ui/panel/train"
	"reverie/ui/panel/watch"
	"reverie/ui/theme"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// shell is the window's content and what the menu does. All of it belongs to
// the drawing goroutine; results of work come through mail.
type shell struct {
	app    fyne.App
	win    fyne.Window
	engine session.Engine
	mail   *vm.Mailbox
	opt    Options

	subject *session.Subject
	opening context.CancelFunc // nil while nothing is being opened
	autoRun bool               // reconstruct the first images once a subject is open

	body           *fyne.Container // welcome or panels
	welcome        fyne.CanvasObject
	busy           *busyCard
	work           fyne.CanvasObject // navigation and panels
	name           *widget.Text
	badge          fyne.CanvasObject
	foot           fyne.CanvasObject // whose data is open
	nav            []*widget.Choice
	panels         []fyne.CanvasObject
	at             int
	load           *load.Panel
	watch          *watch.Panel
	models         *models.Panel
	inspect        *inspect.Panel
	train          *train.Panel
	decoders       *decoders.Panel
	batch          *batch.Panel
	results        *vm.Results
	browse         *browse.Panel
	evaluate       *evaluate.Panel
	rate           *rate.Panel
	banner         *widget.Banner
	status         *statusBar
	devices        *deviceMenu
	noted          int          // notes on the device that were shown
	said           string       // the last of them
	trained        *vm.Training // that the status bar told of last
	wasActive      bool         // it was running then
	batched        *vm.BatchRun // as trained
	batchWasActive bool
}

const (
	panelLoad = iota
	panelWatch
	panelModels
	panelInspect
	panelTrain
	panelDecoders
	panelBatch
	panelBrowse
	panelEvaluate
	panelRate
)

func newShell(a fyne.App, w fyne.Window, engine session.Engine, opt Options) *shell {
	s := &shell{app: a, win: w, engine: engine, opt: opt, mail: vm.NewMailbox()}
	thumbs := vm.NewThumbs(engine.Thumbnail, s.mail)
	s.banner = widget.NewBanner()
	s.status = newStatusBar(engine.Device())
	s.load = load.New(thumbs, func() { s.show(panelWatch) })
	s.makeTrain()
	s.watch = watch.New(watch.Deps{
		Engine: engine, Thumbs: thumbs, Mail: s.mail,
		Problem: s.banner.Say, Changed: s.refreshStatus, Ask: s.ask,
		Busy: func() string {
			if s.training() {
				return "Decoders are being trained: reconstruct once that has ended."
			}
			return s.batchRuns()
		},
	})
	s.models = models.New(models.Deps{
		Engine: engine, Mail: s.mail, Problem: s.banner.Say, Choose: s.openModel, Used: s.usedNetwork,
		Pictures: func() []string { return vm.NaturalPictures(s.subject) },
		Copy: func(text string) {
			a.Clipboard().SetContent(text)
			s.status.idle("Copied: " + text)
		},
	})
	s.inspect = inspect.New(inspect.Deps{Mail: s.mail, Problem: s.banner.Say, Choose: s.inspectFile})
	s.makeBatch()
	s.makeResults()
	s.makeRate()
	s.panels = []fyne.CanvasObject{s.load.Content, s.watch.Content, s.models.Content, s.inspect.Content, s.train.Content, s.decoders.Content, s.batch.Content, s.browse.Content, s.evaluate.Content, s.rate.Content}
	s.welcome, _ = welcome(s.demo, s.openFiles, s.openFolder)
	s.busy = newBusyCard(func() {
		if s.opening != nil {
			s.opening()
		}
	})
	s.work = s.makeWork()
	s.work.Hide()
	s.busy.content.Hide()
	s.body = container.NewStack(s.welcome, s.busy.content, s.work)
	w.SetContent(container.NewBorder(s.banner, s.status.content, nil, nil, s.body))
	w.SetMainMenu(s.menu())
	w.Canvas().SetOnTypedKey(s.key)
	w.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { s.dropped(uris) })
	return s
}

func (s *shell) makeWork() fyne.CanvasObject {
	s.name = widget.NewText("", ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true})
	s.badge = container.NewHBox(widget.NewBadge("simulated"))
	entry := func(i int, icon fyne.Resource, name, key string) *widget.Choice {
		ic := canvas.NewImageFromResource(ftheme.NewThemedResource(icon))
		ic.FillMode = canvas.ImageFillContain
		ic.SetMinSize(fyne.NewSquareSize(18))
		row := container.NewBorder(nil, nil, container.NewHBox(container.NewCenter(ic), widget.Space(2, 0), widget.NewText(name, ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{})), container.NewCenter(widget.Caption(key)))
		return widget.NewChoice(widget.PadHV(10, 8, row), func() { s.show(i) })
	}
	s.nav = []*widget.Choice{
		entry(panelLoad, ftheme.StorageIcon(), "Load", "Ctrl+1"),
		entry(panelWatch, ftheme.VisibilityIcon(), "Watch", "Ctrl+2"),
		entry(panelModels, ftheme.GridIcon(), "Models", "Ctrl+3"),
		entry(panelInspect, ftheme.SearchIcon(), "Inspect", "Ctrl+4"),
		entry(panelTrain, ftheme.ComputerIcon(), "Train", "Ctrl+5"),
		entry(panelDecoders, ftheme.ListIcon(), "Decoders", "Ctrl+6"),
		entry(panelBatch, ftheme.ContentCopyIcon(), "Batch", "Ctrl+7"),
		entry(panelBrowse, ftheme.ViewFullScreenIcon(), "Browse", "Ctrl+8"),
		entry(panelEvaluate, ftheme.DocumentIcon(), "Evaluate", "Ctrl+9"),
		entry(panelRate, ftheme.AccountIcon(), "Rate", "Ctrl+0"),
	}
	list := widget.Stack(2)
	for _, n := range s.nav {
		list.Add(n)
	}
	s.foot = widget.PadHV(10, 4, widget.Stack(3, widget.Caption("Subject"), s.name, s.badge))
	s.foot.Hide()
	rail := widget.NewSurface(theme.ColorSurface, 0, 8, widget.AtLeast(140, 0, container.NewBorder(list, s.foot, nil, nil)))
	return container.NewBorder(nil, nil, rail, nil, container.NewStack(s.panels...))
}

// show turns to a panel. Without a subject, the first screen stands in place of
// those that need one.
func (s *shell) show(i int) {
	s.at = i
	if s.subject == nil && i < panelModels {
		s.work.Hide()
		s.welcome.Show()
		return
	}
	s.welcome.Hide()
	s.work.Show()
	for j, p := range s.panels {
		if j == i {
			p.Show()
		} else {
			p.Hide()
		}
		s.nav[j].SetChosen(i == j)
	}
	if i == panelInspect {
		s.inspect.Shown()
	}
	if i == panelDecoders {
		s.decoders.Refresh()
	}
	if i == panelTrain {
		s.train.Shown()
	} else {
		s.train.Hidden()
	}
	if i == panelBatch {
		s.batch.Shown()
	} else {
		s.batch.Hidden()
	}
	s.win.Canvas().Unfocus()
}

// firstImages is how many images the demo begins with when nobody chose.
const firstImages = 4

// runFirst reconstructs the first images of the natural test session, so that
// somebody who only started the demo sees what the program does.
func (s *shell) runFirst(subject *session.Subject) {
	for _, d := range subject.Datasets {
		if d.Session != brain.NaturalTest {
			continue
		}
		for _, st := range d.Stimuli[:min(firstImages, len(d.Stimuli))] {
			s.watch.Pick(st)
		}
		s.show(panelWatch)
		s.watch.Start()
		return
	}
}

func (s *shell) refreshStatus() {
	if run := s.watch.Run(); run != nil && s.opening == nil {
		if !s.training() {
			s.status.showRun(run)
		}
		s.deviceNews()
	}
}

func (s *shell) ask(question string, do func()) {
	d := dialog.NewConfirm("Please confirm", question, func(yes bool) {
		if yes {
			do()
		}
	}, s.win)
	d.SetConfirmText("Stop")
	d.SetDismissText("Go on")
	d.Show()
}
