package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/theme"
	"reverie/ui/vm"
)

// shotRoot is where the pretended decoders stand.
var shotRoot = filepath.Join(os.TempDir(), "decoders-of-the-demo")

// driveTrain goes through the panels that train decoders and look at them, and
// takes a picture of each state, light and dark.
func driveTrain(s *shell, shot func(name string)) error {
	if size := os.Getenv("REVERIE_UI_SIZE"); size != "" {
		var w, h float32
		if _, err := fmt.Sscanf(size, "%fx%f", &w, &h); err != nil {
			return err
		}
		fyne.DoAndWait(func() {
			s.win.Resize(fyne.NewSize(w, h))
			s.win.CenterOnScreen()
		})
	}
	do := func(f func()) { fyne.DoAndWait(f) }
	both := func(name string) {
		do(func() { s.app.Settings().SetTheme(theme.Theme{Mode: theme.Light}) })
		shot(name + "-light")
		do(func() { s.app.Settings().SetTheme(theme.Theme{Mode: theme.Dark}) })
		shot(name + "-dark")
	}
	do(func() { s.show(panelTrain) })
	shot("train-empty")
	do(func() { s.show(panelDecoders) })
	shot("decoders-empty")
	do(s.demo)
	if err := until("the demo to open", func() bool { return s.subject != nil && s.opening == nil }); err != nil {
		return err
	}
	do(func() { s.show(panelTrain) })
	shot("train-lack")
	do(func() {
		f := s.train.Form()
		f.ROIs["V1"], f.ROIs["V4"] = true, true
		f.Out = shotRoot
		f.CV = "Run"
		s.train.Renew()
	})
	if err := until("the estimate", func() bool { return !s.train.Estimating() }); err != nil {
		return err
	}
	both("train-estimate")
	do(func() {
		f := s.train.Form()
		f.Alpha, f.Precision, f.FreeBias = "50", "float64", true
		s.train.Renew()
		each(s.train.Content, func(o fyne.CanvasObject) {
			if b, ok := o.(*fwidget.Button); ok && strings.HasPrefix(b.Text, "More") {
				b.OnTapped()
			}
		})
		each(s.train.Content, func(o fyne.CanvasObject) {
			if v, ok := o.(*container.Scroll); ok && v.Size().Width > 250 && v.Size().Width < 340 {
				v.ScrollToBottom()
			}
		})
	})
	if err := until("the estimate", func() bool { return !s.train.Estimating() }); err != nil {
		return err
	}
	both("train-settings")
	do(s.train.Start)
	if err := until("half of the training", func() bool { return s.train.AccuracyPoints() > 15 }); err != nil {
		return err
	}
	both("train-running")
	do(func() { s.train.Training().Cancel() })
	if err := until("the end", func() bool { return !s.train.Training().Active() }); err != nil {
		return err
	}
	shot("train-cancelled")
	do(func() {
		f := s.train.Form()
		delete(f.ROIs, "V1")
		delete(f.ROIs, "V4")
		f.Method, f.Alpha, f.CV, f.Absolute = vm.Sparse, "50", "", true
		s.train.Renew()
		s.train.Start()
	})
	if err := until("the end", func() bool { return !s.train.Training().Active() }); err != nil {
		return err
	}
	both("train-done")
	do(func() { s.openDecoders(shotRoot) })
	unit := func() bool { return s.decoders.Decoders().Unit != nil }
	if err := until("a unit", unit); err != nil {
		return err
	}
	both("decoders-v1")
	do(func() { s.decoders.Decoders().Choose(3) })
	if err := until("a unit", unit); err != nil {
		return err
	}
	do(func() { s.decoders.Decoders().Best(0) })
	time.Sleep(300 * time.Millisecond)
	shot("decoders-searching")
	if err := until("the best", func() bool { return !s.decoders.Decoders().Searching() && unit() }); err != nil {
		return err
	}
	both("decoders-vc")
	do(func() { s.decoders.Decoders().Choose(10) })
	if err := until("a unit", unit); err != nil {
		return err
	}
	both("decoders-lab")
	return nil
}

// each calls f for all objects below one but those in lists: test.LaidOutObjects
// keeps lists from drawing in a real window.
func each(o fyne.CanvasObject, f func(fyne.CanvasObject)) {
	f(o)
	switch x := o.(type) {
	case *fwidget.List:
	case *fyne.Container:
		for _, c := range x.Objects {
			each(c, f)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(x).Objects() {
			each(c, f)
		}
	}
}
