package ui

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/figure"
	"reverie/ui/theme"
	"reverie/ui/uitest"
	"reverie/ui/vm"
)

func open(t *testing.T, e *uitest.Engine) *shell {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(theme.Theme{Mode: theme.Light})
	w := a.NewWindow("Reverie")
	t.Cleanup(w.Close)
	s := newShell(a, w, e, Options{Version: "test"})
	w.Resize(fyne.NewSize(1280, 800))
	return s
}

// wait drains the mailbox, as pump does in a real window, until ok.
func (s *shell) wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-s.mail.Wake():
			s.mail.Drain()
		case <-late:
			t.Fatalf("never happened: %s", what)
		}
	}
}

func (s *shell) openDemo(t *testing.T) {
	t.Helper()
	s.demo()
	if s.welcome.Visible() || !s.busy.content.Visible() {
		t.Error("no sign that the demo is being opened")
	}
	s.wait(t, "the demo opens", func() bool { return s.subject != nil && s.opening == nil })
}

// ended waits for the run itself, then shows its end.
func (s *shell) ended(t *testing.T) {
	t.Helper()
	<-s.watch.Run().Done()
	s.watch.Refresh()
}

// step lets the engine do iterations until the run has reached one.
func (s *shell) step(t *testing.T, e *uitest.Engine, to int) {
	t.Helper()
	late := time.After(30 * time.Second)
	for s.watch.Run().Iteration() < to {
		select {
		case e.Step <- struct{}{}:
		case <-s.mail.Wake():
			s.mail.Drain()
		case <-late:
			t.Fatalf("iteration %d never came", to)
		}
	}
}

// find is the first widget below the window's content or overlays that fits.
func find[T fyne.CanvasObject](t *testing.T, s *shell, fits func(T) bool) T {
	t.Helper()
	var found T
	ok := false
	var walk func(fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if ok || !o.Visible() {
			return
		}
		if x, is := o.(T); is && fits(x) {
			found, ok = x, true
			return
		}
		switch x := o.(type) {
		case *fyne.Container:
			for _, c := range x.Objects {
				walk(c)
			}
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(x).Objects() {
				walk(c)
			}
		}
	}
	if top := s.win.Canvas().Overlays().Top(); top != nil {
		walk(top)
	}
	walk(s.win.Content())
	if !ok {
		t.Fatalf("no such widget: %T", found)
	}
	return found
}

func (s *shell) button(t *testing.T, text string) *fwidget.Button {
	t.Helper()
	return find(t, s, func(b *fwidget.Button) bool { return b.Text == text })
}

func TestFlow_demoPickStartSeeResults(t *testing.T) {
	s := open(t, &uitest.Engine{Side: 32})
	s.openDemo(t)
	if !s.badge.Visible() || !strings.Contains(s.win.Title(), "simulated") {
		t.Error("the simulated subject is not marked")
	}
	test.Tap(s.button(t, "Reconstruct images"))
	start := s.button(t, "Start")
	if s.at != panelWatch || !start.Disabled() {
		t.Error("Start goes without a stimulus")
	}
	shapes := s.subject.Datasets[2].Stimuli
	s.watch.Pick(shapes[0])
	s.watch.Pick(shapes[9])
	start = s.button(t, "Start 2 images")
	test.Tap(start)
	s.ended(t)
	if got := s.watch.Run(); got.State() != vm.Finished || got.Iteration() != 200 || got.Plan.ROI != "VC" || len(got.Plan.Layers) != 19 {
		t.Errorf("state %v, iteration %d, %+v", got.State(), got.Iteration(), got.Plan.ROI)
	}
	if s.watch.LossPoints() != 8*200 {
		t.Errorf("%d points drawn", s.watch.LossPoints())
	}
	if !strings.HasPrefix(s.status.stage.Text(), "Finished") {
		t.Errorf("status %q", s.status.stage.Text())
	}
	find(t, s, func(x interface {
		fyne.CanvasObject
		Text() string
	}) bool {
		return x.Text() == "r = 0.95"
	})
	if s.banner.Visible() {
		t.Error(s.banner.Text())
	}
}

func TestFlow_pauseResumeCancelAsks(t *testing.T) {
	e := &uitest.Engine{Side: 16, Step: make(chan struct{})}
	s := open(t, e)
	s.openDemo(t)
	s.show(panelWatch)
	s.watch.Pick(s.subject.Datasets[1].Stimuli[0])
	s.watch.Start()
	run := s.watch.Run()
	s.step(t, e, 3)
	test.Tap(s.button(t, "Pause"))
	if run.State() != vm.Paused || s.status.stage.Text() != "paused" {
		t.Errorf("state %v, status %q", run.State(), s.status.stage.Text())
	}
	test.Tap(s.button(t, "Resume"))
	s.step(t, e, 6)
	s.watch.Refresh()
	if n := s.watch.LossPoints(); n < 8*5 {
		t.Errorf("%d points shown while running", n)
	}
	s.watch.Start() // a second one does not start
	if s.watch.Run() != run {
		t.Error("a second run started beside the first")
	}
	s.openPaths([]string{"x"})
	if !s.banner.Visible() || s.opening != nil {
		t.Error("another subject opened under a running reconstruction")
	}
	s.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	test.Tap(s.button(t, "Go on"))
	if !run.Active() {
		t.Fatal("stopped though the user said to go on")
	}
	s.key(&fyne.KeyEvent{Name: fyne.KeyEscape})
	test.Tap(s.button(t, "Stop"))
	s.ended(t)
	if run.State() != vm.Cancelled || !strings.HasPrefix(s.status.stage.Text(), "Cancelled") {
		t.Errorf("state %v, status %q", run.State(), s.status.stage.Text())
	}
	if run.Picture(0, 1000, figure.Display{}) == nil {
		t.Error("the image so far is lost")
	}
}

func TestFlow_failureIsToldAndWindowStaysUsable(t *testing.T) {
	e := &uitest.Engine{Side: 16, FailAt: 12}
	s := open(t, e)
	s.openDemo(t)
	s.show(panelWatch)
	s.watch.Pick(s.subject.Datasets[3].Stimuli[0])
	s.watch.Start()
	s.ended(t)
	if !s.banner.Visible() || !strings.Contains(s.banner.Text(), "not a number at iteration 12") || !strings.Contains(s.banner.Text(), "stay in view") {
		t.Errorf("banner %q", s.banner.Text())
	}
	e.FailAt = 0
	s.watch.Start()
	s.ended(t)
	if s.watch.Run().State() != vm.Finished {
		t.Error("no second try")
	}
}

func TestFlow_badFileKeepsWhatIsOpen(t *testing.T) {
	e := &uitest.Engine{}
	s := open(t, e)
	missing := filepath.Join(t.TempDir(), "missing.h5")
	s.dropped([]fyne.URI{storage.NewFileURI(missing)})
	s.wait(t, "the failure", func() bool { return s.opening == nil })
	if !s.welcome.Visible() || !strings.Contains(s.banner.Text(), "missing.h5") {
		t.Errorf("welcome %v, banner %q", s.welcome.Visible(), s.banner.Text())
	}
	s.openDemo(t)
	if s.banner.Visible() {
		t.Error("the old problem is still shown")
	}
	e.OpenErr = errors.New("ROI_V1 has no voxels")
	file := filepath.Join(t.TempDir(), "s.h5")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := s.subject
	s.dropped([]fyne.URI{storage.NewFileURI(file), storage.NewFileURI(file)})
	s.wait(t, "the failure", func() bool { return s.opening == nil })
	if s.subject != before || !s.work.Visible() || !strings.Contains(s.banner.Text(), "ROI_V1 has no voxels") {
		t.Error("the open subject is lost or the problem not told")
	}
	if !slices.Equal(e.Opened(), []string{file, file}) {
		t.Errorf("opened %v", e.Opened())
	}
}

func TestFlow_openingCanBeCancelled(t *testing.T) {
	s := open(t, &uitest.Engine{Opening: time.Hour})
	s.demo()
	s.escape()
	s.wait(t, "the end of opening", func() bool { return s.opening == nil })
	if s.banner.Visible() || !s.welcome.Visible() || s.busy.content.Visible() {
		t.Error("cancelling is no problem and leads back")
	}
}

func TestFlow_framesByKeys(t *testing.T) {
	s := open(t, &uitest.Engine{Side: 16})
	s.openDemo(t)
	s.show(panelWatch)
	s.watch.Pick(s.subject.Datasets[1].Stimuli[4])
	s.watch.Start()
	s.ended(t)
	key := func(k fyne.KeyName) { s.key(&fyne.KeyEvent{Name: k}) }
	at := func() string {
		for _, o := range []string{"iteration 200 of 200", "iteration 199 of 200", "iteration 198 of 200"} {
			if s.watch.FrameText() == o {
				return o[10:13]
			}
		}
		return s.watch.FrameText()
	}
	if at() != "200" {
		t.Errorf("at the end %s", at())
	}
	key(fyne.KeyLeft)
	key(fyne.KeyLeft)
	if at() != "198" {
		t.Errorf("after two steps back %s", at())
	}
	key(fyne.KeyRight)
	if at() != "199" {
		t.Errorf("after a step forward %s", at())
	}
	key(fyne.KeySpace) // plays on from here and halts at the end
	s.wait(t, "the end of playing", func() bool { return at() == "200" })
	s.show(panelLoad)
	key(fyne.KeyLeft)
	if at() != "200" {
		t.Error("frames step though another panel is shown")
	}
}

func TestMenu_shortcutsAreThereAndDiffer(t *testing.T) {
	s := open(t, &uitest.Engine{})
	seen := map[string]string{}
	for _, m := range s.win.MainMenu().Items {
		for _, i := range m.Items {
			if i.Shortcut == nil {
				continue
			}
			name := i.Shortcut.ShortcutName()
			if seen[name] != "" {
				t.Errorf("%s and %s share %s", seen[name], i.Label, name)
			}
			seen[name] = i.Label
		}
	}
	for _, k := range []desktop.CustomShortcut{
		{KeyName: fyne.KeyO, Modifier: fyne.KeyModifierShortcutDefault},
		{KeyName: fyne.KeyO, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift},
		{KeyName: fyne.KeyD, Modifier: fyne.KeyModifierShortcutDefault},
		{KeyName: fyne.Key1, Modifier: fyne.KeyModifierShortcutDefault},
		{KeyName: fyne.Key2, Modifier: fyne.KeyModifierShortcutDefault},
		{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierShortcutDefault},
	} {
		if seen[k.ShortcutName()] == "" {
			t.Errorf("no menu entry for %s", k.ShortcutName())
		}
	}
}

func TestTheme_switchesByMenu(t *testing.T) {
	s := open(t, &uitest.Engine{})
	view := s.win.MainMenu().Items[1]
	for _, i := range view.Items {
		if i.Label == "Dark" {
			i.Action()
		}
	}
	if got := s.app.Settings().Theme().(theme.Theme).Mode; got != theme.Dark || s.app.Preferences().String(preferTheme) != "dark" {
		t.Errorf("mode %s", got)
	}
}
