package device

import (
	"fmt"
	"strconv"
	"strings"

	"reverie/compute/gl"
)

// Entry is something to choose in a menu.
type Entry struct {
	Choice  Choice // Backend and Device alone
	Name    string // "NVIDIA RTX 4070, 12 GB"
	Problem string // why it cannot be chosen; "" where it can
}

// List gives what can be chosen: Auto, every GPU and the processor. It opens a
// context on each GPU, which takes a moment.
func List() []Entry { return machine.list() }

func (s system) list() []Entry {
	out := []Entry{{Choice: Choice{Backend: Auto}, Name: "Automatic"}}
	devices, err := s.devices()
	for _, d := range devices {
		out = append(out, Entry{Choice: Choice{Backend: GL, Device: strconv.Itoa(d.Index)}, Name: Title(d), Problem: d.Problem})
	}
	if len(devices) == 0 {
		e := Entry{Choice: Choice{Backend: GL}, Name: "GPU", Problem: "no OpenGL device was found"}
		if err != nil {
			e.Problem = plain(err)
		}
		out = append(out, e)
	}
	return append(out, Entry{Choice: Choice{Backend: CPU}, Name: "CPU"})
}

// Known reports whether a GPU's number or part of its name fits one of this
// machine, be it usable or not. Where there is no list it cannot be wrong.
func Known(name string) bool { return machine.known(name) }

func (s system) known(name string) bool {
	devices, _ := s.devices()
	for _, d := range devices {
		if name == strconv.Itoa(d.Index) || strings.Contains(strings.ToLower(d.Name), strings.ToLower(name)) {
			return true
		}
	}
	return len(devices) == 0
}

// Title is a device's name with its memory, for people.
func Title(d gl.Device) string {
	switch {
	case d.Software:
		return d.Name + ", in software"
	case d.Memory > 0:
		return fmt.Sprintf("%s, %.0f GB", d.Name, float64(d.Memory)/(1<<30))
	}
	return d.Name
}
