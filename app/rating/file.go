package rating

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"reverie/app/session"
	"reverie/compute/eval"
)

// A file of answers is a table with tabs between: lines that begin with # say whose and of what, then a header, then
// a row for each answer, and for each answer taken back. Nothing in it is ever changed.

// header are the columns.
var header = []string{"trial", "practice", "undo", "subject", "condition", "roi", "prior", "source", "layers", "label", "task", "other", "first", "choice", "rt_ms", "utc"}

// Answer is a row: what was chosen in a trial.
type Answer struct {
	Trial     int
	Practice  bool
	Undo      bool // takes back the answer before
	Subject   string
	Condition eval.Condition
	ROI       string
	Prior     bool
	Source    session.Source
	Layers    string    // of the reconstruction, or the first set
	Label     string    // its stimulus
	Task      eval.Task // of Identify
	Other     string    // the other original's stimulus, or the second set of layers
	First     Side      // where the original, or the first set, stood
	Choice    Side
	RT        time.Duration // from the pictures' appearing to the key, approximate
	Time      time.Time
}

// Right tells whether the original, or the first set of layers, was chosen.
func (a Answer) Right() bool { return a.Choice == a.First }

func (a Answer) row() string {
	prior := "pixels"
	if a.Prior {
		prior = "generator"
	}
	cells := []string{strconv.Itoa(a.Trial), strconv.FormatBool(a.Practice), strconv.FormatBool(a.Undo), a.Subject, string(a.Condition), a.ROI, prior, string(a.Source),
		a.Layers, a.Label, string(a.Task), a.Other, string(a.First), string(a.Choice), strconv.FormatInt(a.RT.Milliseconds(), 10), a.Time.UTC().Format("2006-01-02T15:04:05.000Z")}
	for i, c := range cells {
		cells[i] = strings.Map(func(r rune) rune {
			if r == '\t' || r == '\n' || r == '\r' {
				return ' '
			}
			return r
		}, c)
	}
	return strings.Join(cells, "\t") + "\n"
}

func parseRow(line string) (a Answer, err error) {
	c := strings.Split(line, "\t")
	if len(c) != len(header) {
		return a, fmt.Errorf("%d columns, want %d", len(c), len(header))
	}
	if a.Trial, err = strconv.Atoi(c[0]); err != nil || a.Trial < 1 {
		return a, fmt.Errorf("trial %q is no number", c[0])
	}
	if a.Practice, err = strconv.ParseBool(c[1]); err != nil {
		return a, fmt.Errorf("practice %q is neither true nor false", c[1])
	}
	if a.Undo, err = strconv.ParseBool(c[2]); err != nil {
		return a, fmt.Errorf("undo %q is neither true nor false", c[2])
	}
	a.Subject, a.Condition, a.ROI, a.Prior, a.Source = c[3], eval.Condition(c[4]), c[5], c[6] == "generator", session.Source(c[7])
	a.Layers, a.Label, a.Task, a.Other, a.First, a.Choice = c[8], c[9], eval.Task(c[10]), c[11], Side(c[12]), Side(c[13])
	for _, s := range []Side{a.First, a.Choice} {
		if s != Left && s != Right {
			return a, fmt.Errorf("side %q is neither left nor right", s)
		}
	}
	ms, err := strconv.ParseInt(c[14], 10, 64)
	if err != nil || ms < 0 || ms > 1<<40 {
		return a, fmt.Errorf("time %q is no number of milliseconds", c[14])
	}
	a.RT = time.Duration(ms) * time.Millisecond
	a.Time, err = time.Parse("2006-01-02T15:04:05.000Z", c[15])
	return a, err
}

// File is what a file of answers holds.
type File struct {
	Path    string
	Rater   string
	Kind    Kind
	Hash    string // of the plan
	Seed    uint64
	Trials  int // of the plan, with practice
	Answers []Answer
	// Torn is what a crash left of a last line, in bytes from Whole on.
	Torn  int
	Whole int64
}

// Standing are the answers that count: without practice and without those taken back.
func (f *File) Standing() (out []Answer) {
	var all []Answer
	for _, a := range f.Answers {
		if a.Undo {
			if len(all) > 0 {
				all = all[:len(all)-1]
			}
			continue
		}
		all = append(all, a)
	}
	for _, a := range all {
		if !a.Practice {
			out = append(out, a)
		}
	}
	return out
}

// next is the number of the trial that comes.
func (f *File) next() int {
	if len(f.Answers) == 0 {
		return 1
	}
	last := f.Answers[len(f.Answers)-1]
	if last.Undo {
		return last.Trial
	}
	return last.Trial + 1
}

// mostFile bounds a file of answers: a million of them.
const mostFile = 256 << 20

// Read reads a file of answers. A last line without its end is left out and counted as torn.
func Read(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the answers: %w", err)
	}
	defer f.Close()
	out, err := parse(io.LimitReader(f, mostFile))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w (want a file of answers of reverie's rating)", path, err)
	}
	out.Path = path
	return out, nil
}

func parse(r io.Reader) (*File, error) {
	out := &File{}
	b := bufio.NewReader(r)
	headed := false
	for n := 1; ; n++ {
		line, err := b.ReadString('\n')
		if errors.Is(err, io.EOF) {
			out.Torn = len(line)
			break
		}
		if err != nil {
			return nil, err
		}
		out.Whole += int64(len(line))
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "#"):
			if err := out.meta(line); err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
		case !headed:
			if line != strings.Join(header, "\t") {
				return nil, fmt.Errorf("line %d: its columns are not trial, practice, undo, …", n)
			}
			headed = true
		default:
			a, err := parseRow(line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			want := out.next()
			if a.Undo {
				want--
			}
			if a.Trial != want {
				return nil, fmt.Errorf("line %d: trial %d where %d comes", n, a.Trial, want)
			}
			out.Answers = append(out.Answers, a)
		}
	}
	if !headed || out.Hash == "" || out.Rater == "" {
		return nil, errors.New("it has no head that says rater and plan")
	}
	return out, nil
}

func (f *File) meta(line string) (err error) {
	key, value, ok := strings.Cut(strings.TrimPrefix(line, "# "), ": ")
	if !ok {
		return nil // a remark
	}
	switch key {
	case "rater":
		f.Rater = value
	case "kind":
		if f.Kind = Kind(value); f.Kind != Identify && f.Kind != Prefer {
			return fmt.Errorf("no kind %q", value)
		}
	case "plan":
		f.Hash = value
	case "seed":
		f.Seed, err = strconv.ParseUint(value, 10, 64)
	case "trials":
		f.Trials, err = strconv.Atoi(value)
	}
	return err
}
