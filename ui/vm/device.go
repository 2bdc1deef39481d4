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

// DeviceWhy says why the processor computes though the choice is automatic; empty where there is nothing to explain.
func DeviceWhy(c session.Computing, automatic bool) string {
	switch {
	case c.Failed:
		return "The CPU computes: the GPU failed"
	case !automatic || !strings.HasPrefix(c.Device, "CPU") || c.Why == "":
		return ""
	}
	return "The CPU computes: " + Short(c.Why, longestProblem)
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
	used := memory(c.Used)
	if c.Memory > 0 {
		used += " of " + memory(c.Memory)
	}
	return used + " on the GPU · " + c.Plan
}

func memory(bytes uint64) string {
	if bytes < 1<<30 {
		return fmt.Sprintf("%d MB", bytes>>20)
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/(1<<30))
}
