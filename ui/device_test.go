package ui

import (
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"reverie/ui/uitest"
)

// devicesKnown fills the device menu as the start of the window does.
func (s *shell) devicesKnown(t *testing.T) []*fyne.MenuItem {
	t.Helper()
	ready := false
	s.startDevices(func() { ready = true })
	s.wait(t, "the device menu is filled", func() bool { return ready && len(s.devices.menu.Items) > 1 })
	return s.devices.menu.Items
}

func checked(items []*fyne.MenuItem) (names []string) {
	for _, it := range items {
		if it.Checked {
			names = append(names, it.Label)
		}
	}
	return names
}

func TestDeviceMenu(t *testing.T) {
	e := &uitest.Engine{}
	s := open(t, e)
	items := s.devicesKnown(t)
	if len(items) != 7 || items[6].Disabled || items[6].Label != "The CPU computes: a test" || !items[1].IsSeparator || !items[3].Disabled || !strings.Contains(items[3].Label, "no OpenGL 4.3") || items[4].Label != "CPU" {
		t.Fatalf("%d items, the fourth %q disabled %v", len(items), items[3].Label, items[3].Disabled)
	}
	if c := checked(items); len(c) != 1 || c[0] != "Automatic" {
		t.Errorf("checked at first: %q", c)
	}
	items[6].Action()
	if !s.banner.Visible() || !strings.Contains(s.banner.Text(), "A test. The command reverie doctor") {
		t.Errorf("the reason: %q", s.banner.Text())
	}
	items[2].Action()
	s.wait(t, "the device changes", func() bool { return e.Used() == "gl0" && items[2].Checked })
	if c := checked(items); len(c) != 1 || len(s.devices.menu.Items) != 5 {
		t.Errorf("checked: %q of %d", c, len(s.devices.menu.Items))
	}
	if p := s.app.Preferences(); p.String(preferBackend) != "gl" || p.String(preferDevice) != "0" {
		t.Errorf("remembered: %q %q", p.String(preferBackend), p.String(preferDevice))
	}
	e.DeviceErr = errors.New("the driver did not start")
	items[4].Action()
	s.wait(t, "the problem is shown", func() bool { return s.banner.Visible() })
	if !items[2].Checked || s.app.Preferences().String(preferBackend) != "gl" {
		t.Error("a device that does not open was taken")
	}
}

// What was used last is used again, unless the command line names another.
func TestDeviceRemembered(t *testing.T) {
	e := &uitest.Engine{}
	s := open(t, e)
	s.app.Preferences().SetString(preferBackend, "gl")
	s.app.Preferences().SetString(preferDevice, "0")
	s.makeDeviceMenu()
	s.devicesKnown(t)
	if e.Used() != "gl0" {
		t.Errorf("used %q", e.Used())
	}
	e = &uitest.Engine{}
	s.engine, s.opt.Backend = e, "cpu"
	s.makeDeviceMenu()
	s.devicesKnown(t)
	if e.Used() != "cpu" {
		t.Errorf("the command line said cpu, and %q was used", e.Used())
	}
}

// The device stays while something is computed; its failure is told once.
func TestDeviceWhileRunning(t *testing.T) {
	e := &uitest.Engine{Step: make(chan struct{})}
	s := open(t, e)
	items := s.devicesKnown(t)
	s.openDemo(t)
	s.watch.Pick(s.subject.Datasets[0].Stimuli[0])
	s.watch.Start()
	items[4].Action()
	if !s.banner.Visible() || e.Used() != "auto" {
		t.Error("the device was changed in the middle of a run, or nothing was said")
	}
	told := func(step int, want string) {
		t.Helper()
		s.banner.Hide()
		s.step(t, e, step)
		s.watch.Refresh()
		if got := s.banner.Text(); s.banner.Visible() != (want != "") || !strings.Contains(got, want) {
			t.Errorf("shown %v: %q, want %q", s.banner.Visible(), got, want)
		}
	}
	short := "4 images at a time instead of 8: the GPU's memory holds no more"
	e.Note(short, false)
	told(3, "memory is short")
	told(4, "")
	e.Note(short, false) // by the next program
	told(5, "")
	e.Note("continued on the CPU: the device was lost", true)
	told(6, "The GPU failed")
	if last := s.devices.menu.Items[len(s.devices.menu.Items)-1]; last.Label != "The CPU computes: the GPU failed" {
		t.Errorf("the menu ends with %q", last.Label)
	}
	told(7, "")
	s.watch.Run().Cancel()
	s.ended(t)
	items[2].Action()
	s.wait(t, "the device changes", func() bool { return e.Used() == "gl0" && s.status.device.Text() == e.Device() })
	s.watch.Start()
	e.Note("continued on the CPU: lost again", true)
	told(3, "The GPU failed")
	if s.status.device.Text() != e.Device() || !strings.HasPrefix(e.Device(), "CPU") {
		t.Errorf("the status bar has %q, computed by %q", s.status.device.Text(), e.Device())
	}
	s.watch.Run().Cancel()
	s.ended(t)
}

// A slow device says so as it is taken.
func TestDeviceWarning(t *testing.T) {
	e := &uitest.Engine{Warning: "llvmpipe is a software renderer"}
	s := open(t, e)
	s.devicesKnown(t)
	if !s.banner.Visible() || !strings.Contains(s.banner.Text(), "slow") {
		t.Errorf("shown %v: %q", s.banner.Visible(), s.banner.Text())
	}
}

// What was used last cannot be opened any more: it is told, also where a subject is opened at once.
func TestDeviceGone(t *testing.T) {
	e := &uitest.Engine{DeviceErr: errors.New("no such GPU")}
	s := open(t, e)
	s.app.Preferences().SetString(preferBackend, "gl")
	s.makeDeviceMenu()
	s.startDevices(s.demo)
	s.wait(t, "the demo is open", func() bool { return s.subject != nil })
	if !s.banner.Visible() || !strings.Contains(s.banner.Text(), "No such GPU.") {
		t.Errorf("shown %v: %q", s.banner.Visible(), s.banner.Text())
	}
	if s.app.Preferences().String(preferBackend) != "gl" {
		t.Error("the choice was forgotten: the GPU may be there again next time")
	}
}
