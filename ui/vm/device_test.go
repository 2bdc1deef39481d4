package vm

import (
	"testing"

	"reverie/app/session"
)

func TestDeviceWhy(t *testing.T) {
	why := "OpenGL has only a software renderer"
	for _, c := range []struct {
		computing session.Computing
		automatic bool
		want      string
	}{
		{session.Computing{Device: "CPU: a fast one", Why: why}, true, "The CPU computes: " + why},
		{session.Computing{Device: "CPU: a fast one", Why: why}, false, ""},
		{session.Computing{Device: "GPU: a fast one", Why: "a GPU"}, true, ""},
		{session.Computing{Device: "CPU: a fast one", Failed: true}, false, "The CPU computes: the GPU failed"},
		{session.Computing{Device: "Looking for a GPU…"}, true, ""},
	} {
		if got := DeviceWhy(c.computing, c.automatic); got != c.want {
			t.Errorf("%+v, automatic %v: %q, want %q", c.computing, c.automatic, got, c.want)
		}
	}
}

func TestComputingText(t *testing.T) {
	for _, c := range []struct {
		computing session.Computing
		want      string
	}{
		{session.Computing{Device: "CPU"}, ""},
		{session.Computing{Plan: "all direct", Used: 3 << 20}, "3 MB on the GPU · all direct"},
		{session.Computing{Plan: "all direct", Used: 3 << 20, Memory: 8 << 30}, "3 MB of 8.0 GB on the GPU · all direct"},
	} {
		if got := ComputingText(c.computing); got != c.want {
			t.Errorf("%+v: %q, want %q", c.computing, got, c.want)
		}
	}
}
