package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"

	"reverie/ui/theme"
	"reverie/ui/widget"
)

// shortcut is one line of the Shortcuts page.
type shortcut struct{ keys, does string }

var shortcuts = []shortcut{
	{"Ctrl+O", "Open files"}, {"Ctrl+Shift+O", "Open a folder"}, {"Ctrl+D", "Open the demo"}, {"Ctrl+I", "Look into a file"},
	{"Ctrl+1 … 9, 0", "Load, Watch, Models, Inspect, Train, Decoders, Batch, Browse, Evaluate, Rate"}, {"Ctrl+R", "Open reconstructions"}, {"Ctrl+Enter", "Start the reconstruction or the training"},
	{"Ctrl+P", "Pause or resume it"}, {"Esc", "Cancel it (asks first)"},
	{"Space", "Play the kept frames, or halt"}, {"Left, Right", "Step through the kept frames; in Decoders through units"},
	{"Up, Down", "In Decoders from folder to folder"}, {"Arrows, P, B, Z", "In Browse move, pin, blink, zoom"},
	{"Tab, arrows, Space", "Move through controls and stimuli, and choose"},
	{"Ctrl+Q", "Quit"},
}

const preferTheme = "theme"

func item(name string, key fyne.KeyName, mod fyne.KeyModifier, do func()) *fyne.MenuItem {
	m := fyne.NewMenuItem(name, do)
	if key != "" {
		m.Shortcut = &desktop.CustomShortcut{KeyName: key, Modifier: mod}
	}
	return m
}

func (s *shell) menu() *fyne.MainMenu {
	const ctrl = fyne.KeyModifierShortcutDefault
	quit := item("Quit", fyne.KeyQ, ctrl, s.close)
	quit.IsQuit = true
	file := fyne.NewMenu("File",
		item("Open files…", fyne.KeyO, ctrl, s.openFiles),
		item("Open folder…", fyne.KeyO, ctrl|fyne.KeyModifierShift, s.openFolder),
		item("Open reconstructions…", fyne.KeyR, ctrl, s.chooseResults),
		item("Open decoders…", "", 0, s.chooseDecoders),
		item("Add a model…", "", 0, s.openModel),
		item("Inspect a file…", fyne.KeyI, ctrl, s.inspectFile),
		item("Try the demo", fyne.KeyD, ctrl, s.demo),
		fyne.NewMenuItemSeparator(), quit)
	var modes []*fyne.MenuItem
	view := fyne.NewMenu("View",
		item("Load", fyne.Key1, ctrl, func() { s.show(panelLoad) }),
		item("Watch", fyne.Key2, ctrl, func() { s.show(panelWatch) }),
		item("Models", fyne.Key3, ctrl, func() { s.show(panelModels) }),
		item("Inspect", fyne.Key4, ctrl, func() { s.show(panelInspect) }),
		item("Train", fyne.Key5, ctrl, func() { s.show(panelTrain) }),
		item("Decoders", fyne.Key6, ctrl, func() { s.show(panelDecoders) }),
		item("Batch", fyne.Key7, ctrl, func() { s.show(panelBatch) }),
		item("Browse", fyne.Key8, ctrl, func() { s.show(panelBrowse) }),
		item("Evaluate", fyne.Key9, ctrl, func() { s.show(panelEvaluate) }),
		item("Rate", fyne.Key0, ctrl, func() { s.show(panelRate) }),
		item("Full screen", fyne.KeyF11, 0, func() { s.win.SetFullScreen(!s.win.FullScreen()) }),
		fyne.NewMenuItemSeparator())
	for _, m := range []struct {
		name string
		mode theme.Mode
	}{{"Light", theme.Light}, {"Dark", theme.Dark}, {"As the system", theme.System}} {
		it := fyne.NewMenuItem(m.name, nil)
		it.Checked = mode(s.app, s.opt) == m.mode
		it.Action = func() {
			s.app.Preferences().SetString(preferTheme, string(m.mode))
			s.app.Settings().SetTheme(theme.Theme{Mode: m.mode})
			for _, o := range modes {
				o.Checked = o == it
			}
			view.Refresh()
		}
		modes = append(modes, it)
		view.Items = append(view.Items, it)
	}
	run := fyne.NewMenu("Run",
		item("Start", fyne.KeyReturn, ctrl, s.start),
		item("Pause or resume", fyne.KeyP, ctrl, s.togglePause),
		item("Cancel… (Esc)", "", 0, s.escape),
		fyne.NewMenuItemSeparator(),
		item("Play frames (Space)", "", 0, s.inWatch(s.watch.TogglePlay)),
		item("Frame back (Left)", "", 0, s.inWatch(func() { s.watch.Step(-1) })),
		item("Frame forward (Right)", "", 0, s.inWatch(func() { s.watch.Step(1) })),
		item("One image large (Z)", "", 0, s.inWatch(s.watch.ToggleLarge)),
		item("Blink with the target (B)", "", 0, s.inWatch(s.watch.ToggleBlink)),
		item("Go on from this frame", "", 0, s.inWatch(s.watch.Fork)),
		item("Save picture or movie…", "", 0, s.inWatch(s.watch.Export)))
	devices := s.makeDeviceMenu()
	help := fyne.NewMenu("Help", item("Shortcuts", "", 0, s.help), item("About Reverie", "", 0, s.about))
	return fyne.NewMainMenu(file, view, run, devices, help)
}

// mode is the chosen variant: by option, else as last time.
func mode(a fyne.App, opt Options) theme.Mode {
	m := theme.Mode(opt.Theme)
	if m == "" {
		m = theme.Mode(a.Preferences().StringWithFallback(preferTheme, string(theme.System)))
	}
	switch m {
	case theme.Light, theme.Dark:
		return m
	}
	return theme.System
}

func (s *shell) inWatch(f func()) func() {
	return func() {
		if s.subject != nil {
			if s.at != panelWatch {
				s.show(panelWatch)
			}
			f()
		}
	}
}

// key takes keys that no focused widget wants.
func (s *shell) key(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape:
		s.escape()
	case fyne.KeySpace:
		s.whileWatching(s.watch.TogglePlay)
	case fyne.KeyP:
		if s.at == panelBrowse {
			s.browse.Pin()
		}
	case fyne.KeyZ:
		if s.at == panelBrowse {
			s.browse.Zoom()
			return
		}
		s.whileWatching(s.watch.ToggleLarge)
	case fyne.KeyB:
		if s.at == panelBrowse {
			s.browse.Blink()
			return
		}
		s.whileWatching(s.watch.ToggleBlink)
	case fyne.KeyLeft:
		s.move(-1)
	case fyne.KeyRight:
		s.move(1)
	case fyne.KeyUp, fyne.KeyDown:
		if s.at == panelBrowse {
			s.browse.Move(map[fyne.KeyName]int{fyne.KeyUp: -1, fyne.KeyDown: 1}[e.Name], 0)
			return
		}
		if s.at == panelDecoders {
			s.decoders.StepFolder(map[fyne.KeyName]int{fyne.KeyUp: -1, fyne.KeyDown: 1}[e.Name])
		}
	}
}

// move goes by units of decoders, or by kept frames.
func (s *shell) move(by int) {
	if s.at == panelBrowse {
		s.browse.Move(0, by)
		return
	}
	if s.at == panelDecoders {
		s.decoders.Step(by)
		return
	}
	s.whileWatching(func() { s.watch.Step(by) })
}

// start begins what the panel in view does.
func (s *shell) start() {
	if s.at == panelTrain {
		s.train.Start()
		return
	}
	if s.at == panelBatch {
		s.batch.Start()
		return
	}
	s.inWatch(s.watch.Start)()
}

// togglePause pauses what runs, or lets it go on.
func (s *shell) togglePause() {
	if s.training() {
		s.train.TogglePause()
		return
	}
	if s.batching() {
		s.batch.TogglePause()
		return
	}
	s.inWatch(s.watch.TogglePause)()
}

func (s *shell) whileWatching(f func()) {
	if s.subject != nil && s.at == panelWatch {
		f()
	}
}

func (s *shell) escape() {
	if s.opening != nil {
		s.opening()
		return
	}
	s.watch.Cancel()
	s.train.Cancel()
	s.batch.Cancel()
}

func (s *shell) help() {
	rows := widget.Stack(6)
	for _, k := range shortcuts {
		rows.Add(container.NewBorder(nil, nil, widget.AtLeast(150, 0, widget.Section(k.keys)), nil, widget.NewText(k.does, "text", "foreground", fyne.TextStyle{})))
	}
	dialog.ShowCustom("Shortcuts", "Close", widget.Pad(8, rows), s.win)
}

func (s *shell) about() {
	network, _ := s.engine.Network()
	text := widget.Stack(4,
		widget.Heading("Reverie"),
		widget.Caption("Version "+s.opt.Version),
		widget.Space(0, 6),
		widget.AtLeast(440, 0, widget.Note("Images reconstructed from human brain activity, after Shen, Horikawa, Majima and Kamitani, Deep image reconstruction from human brain activity (2019).")),
		widget.Caption("Network: "+network), widget.Caption("Computed by: "+s.engine.Device()))
	dialog.ShowCustom("About", "Close", widget.Pad(8, text), s.win)
}
