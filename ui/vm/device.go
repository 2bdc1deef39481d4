package vm

import (
	"fmt"
	"strings"

	"reverie/app/session"
)

// longestProblem is how much of a device's problem fits a menu.
const longestProblem = 70

// DeviceText is a device's line in the menu.
func DeviceText(d session.Device) string {
	if d.Problem == "" {
		return d.Name
	}
	return d.Name + ": " + Short(d.Problem, longestProblem)
}

// Short cuts a text to n characters.
func Short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return strings.TrimSpace(string(r[:n-1])) + "…"
	}
	return s
}

// ComputingText says how a GPU computes; empty for the processor, whose name the status bar has.
func ComputingText(c session.Computing) string {
	if c.Plan == "" {
		return ""
	}
	used := fmt.Sprintf("%d MB on the GPU", c.Used>>20)
	if c.Memory > 0 {
		used = fmt.Sprintf("%d of %d MB on the GPU", c.Used>>20, c.Memory>>20)
	}
	return used + " · " + c.Plan
}
