package batch

import (
	"slices"

	ftheme "fyne.io/fyne/v2/theme"

	"reverie/ui/vm"
)

// setRun shows what keeps Start from going and which actions the state allows.
func (f *form) setRun(r *vm.BatchRun, lack string) {
	active := r != nil && r.Active()
	if active {
		lack = ""
	}
	f.lack.SetText(lack)
	if lack == "" {
		f.lack.Hide()
	} else {
		f.lack.Show()
	}
	state := vm.Finished
	if r != nil {
		state = r.State()
	}
	able(f.start, !active && lack == "")
	able(f.pause, active && state != vm.Cancelling)
	able(f.cancel, active && state != vm.Cancelling)
	text, icon := "Pause", ftheme.MediaPauseIcon()
	if state == vm.Paused {
		text, icon = "Resume", ftheme.MediaPlayIcon()
	}
	if f.pause.Text != text {
		f.pause.SetText(text)
		f.pause.SetIcon(icon)
	}
	start := "Start the batch"
	if f.vm.Loaded != nil || slices.Contains([]vm.State{vm.Cancelled, vm.Failed}, state) && r != nil {
		start = "Go on"
	}
	if f.start.Text != start {
		f.start.SetText(start)
	}
}
