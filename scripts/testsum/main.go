// Testsum reads the event streams of "go test -json", one file per run, prints
// the failures and skips with what they wrote, and ends with
//
//	N passed, N failed, N skipped
//
// It exits with 1 when something failed. Tests are counted by their leaves: a
// test with subtests counts as these. A test that several runs share counts
// once: failed in one is failed, passed in one and skipped in the others is passed.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
)

func main() {
	must := flag.String("must", "", "packages (pattern) in which a skipped test is a failure")
	except := flag.String("except", "", "reason (pattern) for which a test may be skipped even there")
	flag.Parse()
	s := newSummary()
	var err error
	if s.must, err = pattern(*must); err == nil {
		s.except, err = pattern(*except)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(2)
	}
	for _, name := range flag.Args() {
		if err := s.readFile(name); err != nil {
			fmt.Fprintln(os.Stderr, "testsum:", err)
			os.Exit(1)
		}
	}
	if !s.print(os.Stdout) {
		os.Exit(1)
	}
}

// pattern compiles a regular expression; an empty one is nil and matches nothing.
func pattern(s string) (*regexp.Regexp, error) {
	if s == "" {
		return nil, nil
	}
	r, err := regexp.Compile(s)
	if err != nil {
		return nil, fmt.Errorf("pattern %q: %w", s, err)
	}
	return r, nil
}
