package vm

import (
	"context"
	"errors"
	"io/fs"
	"strings"
)

// Problem is an error as the user sees it: what happened, where, and what to do.
type Problem struct {
	Title, Detail, Hint string
	Notice              bool // nothing went wrong: it is only good to know
}

// ProblemOf turns an error of an action ("open the files") into a Problem. A
// cancelled action is none.
func ProblemOf(action string, err error) (p Problem, ok bool) {
	if err == nil || errors.Is(err, context.Canceled) {
		return Problem{}, false
	}
	p = Problem{Title: "Could not " + action, Detail: Sentence(err.Error())}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.Hint = "Check that the file or folder is still there, then choose it again."
	case errors.Is(err, fs.ErrPermission):
		p.Hint = "Check that you may read the file and write to its folder, or copy it somewhere you can."
	case errors.Is(err, context.DeadlineExceeded):
		p.Hint = "It took too long. Try again, with fewer images or layers."
	default:
		p.Hint = "Nothing was lost. Change what the message names and try again."
	}
	return p, true
}

// Sentence makes a message a sentence: a capital at its start, a full stop.
func Sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return "No reason was given."
	}
	// Only a plain word is capitalised: a file name or a path keeps its own case.
	word, _, _ := strings.Cut(s, " ")
	if !strings.ContainsAny(word, "./\\_:0123456789") {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
