package ui

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"

	"reverie/app/session"
	"reverie/ui/vm"
)

// The device menu: what computes, chosen from what there is.

const (
	preferBackend = "compute.backend"
	preferDevice  = "compute.device"
)

// deviceMenu is filled once the devices are known: asking for them opens a
// context on each GPU, which must not hold up the window.
type deviceMenu struct {
	menu  *fyne.Menu
	last  session.Device // used last, or named on the command line
	known int            // items that are devices, with their separator; the first is Automatic
}

func (s *shell) makeDeviceMenu() *fyne.Menu {
	wait := fyne.NewMenuItem("Looking for devices…", nil)
	wait.Disabled = true
	s.devices = &deviceMenu{menu: fyne.NewMenu("Device", wait), last: session.Device{Backend: s.opt.Backend, Device: s.opt.Device}}
	if s.opt.Backend == "" && s.opt.Device == "" {
		p := s.app.Preferences()
		s.devices.last = session.Device{Backend: p.StringWithFallback(preferBackend, "auto"), Device: p.String(preferDevice)}
	}
	return s.devices.menu
}

// startDevices opens the device used last, or that of the command line, then
// fills the menu. done follows on the drawing goroutine, and device problems
// after it: what is opened hides the banner.
func (s *shell) startDevices(done func()) {
	want := s.devices.last
	go func() {
		err := s.engine.UseDevice(want.Backend, want.Device)
		s.mail.Post(func() {
			done()
			s.deviceChanged(err)
		})
		list := s.engine.Devices()
		s.mail.Post(func() { s.fillDevices(list) })
	}()
}

func (s *shell) fillDevices(list []session.Device) {
	s.devices.menu.Items = nil
	for i, d := range list {
		if i == 1 {
			s.devices.menu.Items = append(s.devices.menu.Items, fyne.NewMenuItemSeparator())
		}
		it := fyne.NewMenuItem(vm.DeviceText(d), nil)
		it.Disabled = d.Problem != ""
		it.Checked = d.Chosen
		it.Action = func() { s.useDevice(d, it) }
		s.devices.menu.Items = append(s.devices.menu.Items, it)
	}
	s.devices.known = len(s.devices.menu.Items)
	s.explainDevice()
}

// explainDevice ends the menu with why the processor computes where nobody chose
// it; choosing that line shows the whole reason.
func (s *shell) explainDevice() {
	if s.devices.known == 0 {
		return
	}
	items := slices.Clip(s.devices.menu.Items[:s.devices.known])
	c := s.engine.Computing()
	if why := vm.DeviceWhy(c, items[0].Checked); why != "" {
		items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem(why, func() {
			reason := c.Why
			if c.Failed {
				reason = c.Notes[len(c.Notes)-1]
			}
			s.banner.Say(vm.Problem{Notice: true, Title: "The CPU computes", Detail: vm.Sentence(reason) + " The command reverie doctor tells more."})
		}))
	}
	s.devices.menu.Items = items
	s.devices.menu.Refresh()
}

// useDevice changes what computes and remembers it.
func (s *shell) useDevice(d session.Device, it *fyne.MenuItem) {
	if run := s.watch.Run(); s.opening != nil || run != nil && run.Active() {
		s.banner.Say(vm.Problem{Title: "Something is being computed", Detail: "The device can be changed once it has ended.", Hint: "Wait for it, or cancel it with Esc."})
		return
	}
	s.status.idle(fmt.Sprintf("Changing to %s…", d.Name))
	s.banner.Hide()
	go func() {
		err := s.engine.UseDevice(d.Backend, d.Device)
		s.mail.Post(func() {
			s.status.idle("Ready")
			s.deviceChanged(err)
			if err != nil {
				return
			}
			s.app.Preferences().SetString(preferBackend, d.Backend)
			s.app.Preferences().SetString(preferDevice, d.Device)
			for _, o := range s.devices.menu.Items {
				o.Checked = o == it
			}
			s.explainDevice()
			s.watch.Refresh()
		})
	}()
}

// deviceChanged shows what computes now, and what there is to know about it.
func (s *shell) deviceChanged(err error) {
	c := s.engine.Computing()
	s.status.setDevice(c.Device)
	if err == nil {
		s.noted = len(c.Notes)
	}
	if p, bad := vm.ProblemOf("use this device", err); bad {
		p.Hint = "Another can be chosen in the Device menu; reverie doctor tells what is wrong."
		s.banner.Say(p)
	} else if c.Warning != "" {
		s.banner.Say(vm.Problem{Notice: true, Title: "This device is slow", Detail: c.Warning + ". The Device menu has what else can compute."})
	}
}

// deviceNews tells once of what happened to the device while it computed.
func (s *shell) deviceNews() {
	c := s.engine.Computing()
	s.status.setDevice(c.Device)
	if len(c.Notes) <= s.noted {
		return
	}
	last := c.Notes[len(c.Notes)-1]
	s.noted = len(c.Notes)
	switch {
	case c.Failed:
		s.explainDevice()
		s.banner.Say(vm.Problem{Title: "The GPU failed", Detail: vm.Sentence(last), Hint: "The images are kept and go on where they were. The Device menu has what else can compute."})
	case last != s.said: // every program that is compiled says it again
		s.banner.Say(vm.Problem{Notice: true, Title: "The GPU's memory is short", Detail: vm.Sentence(last) + " This takes longer and changes nothing else."})
	}
	s.said = last
}
