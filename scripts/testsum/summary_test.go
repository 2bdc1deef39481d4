package main

import (
	"regexp"
	"strings"
	"testing"
)

// ev writes one event line; test may be empty.
func ev(action, pkg, test, output string) string {
	l := `{"Action":"` + action + `","Package":"` + pkg + `"`
	if test != "" {
		l += `,"Test":"` + test + `"`
	}
	if output != "" {
		l += `,"Output":"` + output + `\n"`
	}
	return l + "}\n"
}

func TestSummary(t *testing.T) {
	skip := ev("run", "m/ui", "TestWindow", "") + ev("output", "m/ui", "TestWindow", "no display") +
		ev("skip", "m/ui", "TestWindow", "") + ev("pass", "m/ui", "", "")
	pass := ev("run", "m/ui", "TestWindow", "") + ev("pass", "m/ui", "TestWindow", "") + ev("pass", "m/ui", "", "")
	cases := []struct {
		name string
		runs []string
		must string
		want string // last line
		has  string
	}{
		{"pass", []string{pass}, "", "1 passed, 0 failed, 0 skipped", ""},
		{"subtests count, their parent does not", []string{
			ev("run", "m/a", "T", "") + ev("run", "m/a", "T/x", "") + ev("pass", "m/a", "T/x", "") +
				ev("run", "m/a", "T/y", "") + ev("fail", "m/a", "T/y", "") + ev("fail", "m/a", "T", "") + ev("fail", "m/a", "", ""),
		}, "", "1 passed, 1 failed, 0 skipped", "FAIL m/a T/y"},
		{"parent that fails on its own", []string{
			ev("run", "m/a", "T", "") + ev("run", "m/a", "T/x", "") + ev("pass", "m/a", "T/x", "") +
				ev("output", "m/a", "T", "boom") + ev("fail", "m/a", "T", "") + ev("fail", "m/a", "", ""),
		}, "", "1 passed, 1 failed, 0 skipped", "boom"},
		{"build failure", []string{
			`{"ImportPath":"m/a","Action":"build-output","Output":"a.go:1: undefined: x\n"}` + "\n" +
				ev("output", "m/a", "", "FAIL m/a [build failed]") + ev("fail", "m/a", "", ""),
		}, "", "0 passed, 1 failed, 0 skipped", "undefined: x"},
		{"died in a test", []string{
			ev("run", "m/a", "T", "") + ev("output", "m/a", "T", "panic: no") + ev("fail", "m/a", "", ""),
		}, "", "0 passed, 1 failed, 0 skipped", "panic: no"},
		{"run cut off", []string{ev("run", "m/a", "T", "")}, "", "0 passed, 1 failed, 0 skipped", "FAIL m/a T"},
		{"two runs count once", []string{pass, pass}, "", "1 passed, 0 failed, 0 skipped", ""},
		{"passed in one run", []string{skip, pass}, "^m/ui$", "1 passed, 0 failed, 0 skipped", ""},
		{"failed in one run", []string{pass, strings.ReplaceAll(pass, `"pass"`, `"fail"`)}, "", "0 passed, 1 failed, 0 skipped", ""},
		{"skip", []string{skip}, "^m/gl$", "0 passed, 0 failed, 1 skipped", "no display"},
		{"forbidden skip", []string{skip}, "^m/ui$", "0 passed, 1 failed, 0 skipped", "must run"},
		{"allowed skip", []string{strings.ReplaceAll(skip, "no display", "shared/data is absent")}, "^m/ui$",
			"0 passed, 0 failed, 1 skipped", ""},
		{"nothing", []string{""}, "", "0 passed, 1 failed, 0 skipped", "no test ran"},
		{"the go command's own words", []string{"go: no such tool\n" + pass}, "", "1 passed, 0 failed, 0 skipped", "no such tool"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newSummary()
			if c.must != "" {
				s.must, s.except = regexp.MustCompile(c.must), regexp.MustCompile("shared/data")
			}
			for _, r := range c.runs {
				if err := s.read(strings.NewReader(r)); err != nil {
					t.Fatal(err)
				}
			}
			var b strings.Builder
			ok := s.print(&b)
			lines := strings.Split(strings.TrimSpace(b.String()), "\n")
			if got := lines[len(lines)-1]; got != c.want {
				t.Errorf("last line %q, want %q", got, c.want)
			}
			if !strings.Contains(b.String(), c.has) {
				t.Errorf("report lacks %q:\n%s", c.has, b.String())
			}
			if want := strings.Contains(c.want, " 0 failed"); ok != want {
				t.Errorf("ok = %v, want %v", ok, want)
			}
		})
	}
}
