package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"sort"
	"strings"
)

// event is one line of "go test -json" (see "go doc test2json").
type event struct {
	Action     string
	Package    string
	ImportPath string // of build events
	Test       string
	Output     string
}

// key names a test; Test is empty for the package as a whole.
type key struct{ pkg, test string }

// summary gathers the outcome of all runs.
type summary struct {
	must, except *regexp.Regexp
	result       map[key]string // "pass", "fail" or "skip", merged over the runs
	log          map[key]string // what a failed or skipped test wrote
	lines        []string       // build errors and the go command's own words
}

func newSummary() *summary {
	return &summary{result: map[key]string{}, log: map[key]string{}}
}

func (s *summary) readFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("test events: %w", err)
	}
	defer f.Close()
	return s.read(f)
}

// read takes in one run. A line that is no event (the go command's own errors) is kept as it is.
func (s *summary) read(r io.Reader) error {
	out := map[key]*strings.Builder{} // of this run
	open := map[key]bool{}            // begun, without a result yet
	write := func(k key, text string) {
		if out[k] == nil {
			out[k] = &strings.Builder{}
		}
		out[k].WriteString(text)
	}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 64<<20)
	for sc.Scan() {
		var e event
		if json.Unmarshal(sc.Bytes(), &e) != nil {
			s.lines = append(s.lines, sc.Text())
			continue
		}
		k := key{e.Package, e.Test}
		switch e.Action {
		case "run":
			open[k] = true
		case "output":
			write(k, e.Output)
		case "build-output":
			s.lines = append(s.lines, strings.TrimRight(e.Output, "\n"))
		case "pass", "fail", "skip":
			delete(open, k)
			if e.Test == "" {
				s.closePackage(e, k, open, out)
				continue
			}
			s.settle(k, e.Action, out[k])
		}
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("reading test events: %w", err)
	}
	for k := range open { // the run was cut off
		s.settle(k, "fail", out[k])
	}
	return nil
}

// closePackage records a package's end. Tests still open then died with it.
func (s *summary) closePackage(e event, k key, open map[key]bool, out map[key]*strings.Builder) {
	text := ""
	if out[k] != nil {
		text = out[k].String()
	}
	failed := false
	for o := range open {
		if o.pkg == e.Package {
			s.settle(o, "fail", out[o])
			delete(open, o)
		}
	}
	for o, r := range s.result {
		failed = failed || o.pkg == e.Package && r == "fail"
	}
	if e.Action == "fail" && !failed {
		// It failed outside any test: build, init, TestMain, a timeout.
		s.result[k] = "fail"
		s.log[k] = text
	}
}

// settle merges a test's outcome in this run into the whole: fail over pass over skip.
func (s *summary) settle(k key, result string, out *strings.Builder) {
	rank := map[string]int{"": 0, "skip": 1, "pass": 2, "fail": 3}
	if rank[result] <= rank[s.result[k]] {
		return
	}
	s.result[k] = result
	delete(s.log, k)
	if result != "pass" && out != nil {
		s.log[k] = out.String()
	}
}

// forbidSkips turns skips into failures where they are not allowed.
func (s *summary) forbidSkips() {
	if s.must == nil {
		return
	}
	for k, r := range s.result {
		if r == "skip" && s.must.MatchString(k.pkg) && (s.except == nil || !s.except.MatchString(s.log[k])) {
			s.result[k] = "fail"
			s.log[k] = "skipped where it must run:\n" + s.log[k]
		}
	}
}

// leaves are the tests that count. A parent counts only where it says more than
// its subtests do: when it failed and none of them did.
func (s *summary) leaves() []key {
	children, failing := map[key]bool{}, map[key]bool{}
	for k, r := range s.result {
		for p := k; ; {
			i := strings.LastIndexByte(p.test, '/')
			if i < 0 {
				break
			}
			p.test = p.test[:i]
			children[p] = true
			failing[p] = failing[p] || r == "fail"
		}
	}
	var keys []key
	for k, r := range s.result {
		if !children[k] || r == "fail" && !failing[k] {
			keys = append(keys, k)
		}
	}
	sort.Slice(keys, func(i, j int) bool {
		if keys[i].pkg != keys[j].pkg {
			return keys[i].pkg < keys[j].pkg
		}
		return keys[i].test < keys[j].test
	})
	return keys
}

// print writes the report and returns whether all is well.
func (s *summary) print(w io.Writer) bool {
	s.forbidSkips()
	n := map[string]int{}
	leaves := s.leaves()
	for _, l := range s.lines {
		fmt.Fprintln(w, l)
	}
	for _, k := range leaves {
		r := s.result[k]
		n[r]++
		if r == "pass" {
			continue
		}
		fmt.Fprintf(w, "%s %s %s\n", strings.ToUpper(r), k.pkg, k.test)
		for _, l := range strings.Split(strings.TrimSpace(s.log[k]), "\n") {
			if t := strings.TrimSpace(l); t != "" && !strings.HasPrefix(t, "=== ") && !strings.HasPrefix(t, "--- ") {
				fmt.Fprintln(w, "   ", strings.TrimRight(l, " \t"))
			}
		}
	}
	if len(leaves) == 0 {
		n["fail"]++ // no test ran at all: nothing was shown to work
		fmt.Fprintln(w, "FAIL no test ran")
	}
	fmt.Fprintf(w, "%d passed, %d failed, %d skipped\n", n["pass"], n["fail"], n["skip"])
	return n["fail"] == 0
}
