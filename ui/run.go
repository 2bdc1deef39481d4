// Package ui is the main window: first screen, navigation, menus, status bar,
// and the panels in ui/panel. It works through session.Engine alone.
//
// Everything in it belongs to the toolkit's goroutine. Other goroutines post to
// a mailbox; pump is the one place that calls fyne.Do.
package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"reverie/app/session"
	"reverie/resources"
	"reverie/ui/theme"
	"reverie/ui/vm"
)

// AppID names the program to the desktop and to its preferences.
const AppID = "io.github.reverie"

var icon = fyne.NewStaticResource("reverie.png", resources.Icon)

// Options are what the command line says about the window. The zero value is
// the first screen in the theme used last.
type Options struct {
	Version string
	Open    []string // files or folders to open at the start
	Demo    bool     // open the demo at the start and reconstruct its first images
	Theme   string   // "light", "dark" or "system"; empty is the one used last
	// Backend and Device are what the command line says to compute with; empty is
	// what was used last. The window has the engine open it.
	Backend, Device string
	Network         bool // the command line names the network
}

// refreshEvery bounds how often results reach the window: 20 times a second.
const refreshEvery = 50 * time.Millisecond

// leastSize is the window's size at its first start.
var leastSize = fyne.NewSize(1280, 800)

const (
	preferWidth  = "window.width"
	preferHeight = "window.height"
)

// Run opens the window and returns when it is closed. It must be called from
// the main goroutine.
func Run(engine session.Engine, opt Options) error {
	return run(engine, opt, nil)
}

func run(engine session.Engine, opt Options, started func(*shell)) error {
	a := app.NewWithID(AppID)
	a.SetIcon(icon)
	w := a.NewWindow("Reverie")
	w.SetMaster()
	a.Settings().SetTheme(theme.Theme{Mode: mode(a, opt)})
	s := newShell(a, w, engine, opt)
	p := a.Preferences()
	w.Resize(fyne.NewSize(
		float32(max(p.FloatWithFallback(preferWidth, float64(leastSize.Width)), 800)),
		float32(max(p.FloatWithFallback(preferHeight, float64(leastSize.Height)), 600))))
	w.CenterOnScreen()
	w.SetCloseIntercept(s.close)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a.Lifecycle().SetOnStarted(func() {
		go pump(ctx, s.mail)
		s.startDevices(func() {
			s.startNetwork()
			switch {
			case opt.Demo:
				s.autoRun = true
				s.demo()
			case len(opt.Open) > 0:
				s.openPaths(opt.Open)
			}
		})
		if started != nil {
			started(s)
		}
	})
	w.ShowAndRun()
	s.stop()
	return nil
}

// pump empties the mailbox on the toolkit's goroutine whenever something was
// posted, at most every refreshEvery, and never has two drains under way. The
// toolkit draws on the goroutine that also takes input, and without a graphics
// card a picture of the window takes long. So pump rests several times as long
// as the drain and the drawing after it took: the rest is for input.
func pump(ctx context.Context, mail *vm.Mailbox) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-mail.Wake():
		}
		begun := time.Now()
		if !onToolkit(ctx, func() { mail.Drain() }) {
			return
		}
		busy := time.Since(begun)
		// Drawing begins within a frame's time; a probe then waits for its end.
		time.Sleep(drawingBegins)
		begun = time.Now()
		if !onToolkit(ctx, func() {}) {
			return
		}
		busy += time.Since(begun)
		time.Sleep(min(max(refreshEvery-drawingBegins, restFactor*busy), longestRest))
	}
}

const (
	drawingBegins = 18 * time.Millisecond // the toolkit looks for changes 60 times a second
	restFactor    = 6
	longestRest   = time.Second
)

// onToolkit runs f on the toolkit's goroutine and waits for its end; false when
// the window is closed meanwhile.
func onToolkit(ctx context.Context, f func()) bool {
	done := make(chan struct{})
	fyne.Do(func() {
		defer close(done)
		f()
	})
	select {
	case <-ctx.Done():
		return false
	case <-done:
		return true
	}
}

// close asks while a reconstruction or a training runs, then closes the window.
func (s *shell) close() {
	end := func() {
		size := s.win.Canvas().Size()
		s.app.Preferences().SetFloat(preferWidth, float64(size.Width))
		s.app.Preferences().SetFloat(preferHeight, float64(size.Height))
		s.stop()
		s.win.Close()
	}
	switch {
	case s.reconstructing():
		s.ask("A reconstruction is running. Stop it and close the window?", end)
		return
	case s.training():
		s.ask("Decoders are being trained. Stop and close the window? What is trained is kept; starting again goes on.", end)
		return
	case s.batching():
		s.ask("A batch is running. Stop it and close the window? Finished images are kept; starting again goes on.", end)
		return
	}
	end()
}

// stop ends what still works.
func (s *shell) stop() {
	if s.opening != nil {
		s.opening()
	}
	if r := s.watch.Run(); r != nil {
		r.Cancel()
	}
	if t := s.train.Training(); t != nil {
		t.Cancel()
	}
	if b := s.batch.Run(); b != nil {
		b.Cancel()
	}
}
