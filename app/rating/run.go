package rating

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"reverie/app/export"
	"reverie/app/pipeline"
)

// BreakEvery is after how many trials a break is suggested.
const BreakEvery = 100

// Run is a rater going through a plan. It is not for several goroutines.
type Run struct {
	Plan  *Plan
	Rater string
	Path  string
	// Restored says what was set right of a file that a crash tore; "" is nothing.
	Restored string

	file *os.File
	lock *os.File
	at   int // into Plan.Trials
	can  bool
}

// FileName is that of a rater's answers to a plan.
func FileName(p *Plan, rater string) string {
	parts := []string{rater, p.Subject, string(p.Kind), string(p.Condition), p.ROI, p.Layers, string(p.Task), fmt.Sprint("seed", p.Seed)}
	var out []string
	for _, x := range parts {
		if x = strings.ReplaceAll(strings.TrimSpace(x), " ", "-"); x != "" {
			out = append(out, export.Name(x))
		}
	}
	way := "pixels"
	if p.Prior {
		way = "generator"
	}
	return strings.Join(append(out, way, string(p.Source)), "_") + ".tsv"
}

// Start begins a rater's file in a folder, or goes on where it was. The answers of another plan (other pictures, order
// or sides) are not gone on with.
func Start(dir string, p *Plan, rater string, now time.Time) (*Run, error) {
	if rater = strings.TrimSpace(rater); rater == "" || strings.ContainsAny(rater, "\t\n\r") || len(rater) > 64 {
		return nil, errors.New("rating: give the rater a name of up to 64 characters")
	}
	r := &Run{Plan: p, Rater: rater, Path: filepath.Join(dir, FileName(p, rater))}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("rating: make the folder of the answers: %w (choose one that you may write to)", err)
	}
	lock, busy, err := export.Hold(r.Path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("rating: %w", err)
	}
	if busy {
		return nil, fmt.Errorf("rating: another window goes on with %s: close that first", r.Path)
	}
	r.lock = lock
	if err := r.open(now); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Run) open(now time.Time) error {
	_, err := os.Stat(r.Path)
	if errors.Is(err, os.ErrNotExist) {
		if err := export.Text(r.Path, r.head(now)); err != nil {
			return err
		}
	}
	f, err := Read(r.Path)
	if err != nil {
		return err
	}
	if f.Hash != r.Plan.Hash || f.Rater != r.Rater {
		return fmt.Errorf("rating: %s holds answers to other pictures or another order: give another rater or seed, or move the file away", r.Path)
	}
	if f.Torn > 0 {
		if err := r.mend(f); err != nil {
			return err
		}
	}
	if r.file, err = os.OpenFile(r.Path, os.O_WRONLY|os.O_APPEND, 0o644); err != nil {
		return fmt.Errorf("rating: %w", err)
	}
	r.at = f.next() - 1
	r.can = len(f.Answers) > 0 && !f.Answers[len(f.Answers)-1].Undo
	if r.at > len(r.Plan.Trials) {
		return fmt.Errorf("rating: %s has more answers than the plan has trials", r.Path)
	}
	return nil
}

func (r *Run) head(now time.Time) string {
	p := r.Plan
	lines := []string{"# reverie rating, one row for each answer", "# rater: " + r.Rater, "# kind: " + string(p.Kind), "# plan: " + p.Hash, fmt.Sprintf("# seed: %d", p.Seed),
		fmt.Sprintf("# trials: %d", len(p.Trials)), "# begun: " + now.UTC().Format(time.RFC3339), "# program: " + pipeline.Version(),
		"# times are approximate: from the drawing of the pictures to the key press as the window system tells it", strings.Join(header, "\t")}
	return strings.Join(lines, "\n") + "\n"
}

// mend cuts off a line that a crash tore, with a copy of it beside the file.
func (r *Run) mend(f *File) error {
	src, err := os.OpenFile(r.Path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("rating: %w", err)
	}
	defer src.Close()
	torn := make([]byte, f.Torn)
	if _, err := src.ReadAt(torn, f.Whole); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("rating: %w", err)
	}
	if err := export.Text(r.Path+".torn", string(torn)); err != nil {
		return err
	}
	if err := src.Truncate(f.Whole); err != nil {
		return fmt.Errorf("rating: %w", err)
	}
	r.Restored = "The last answer had not been written whole; its trial comes again."
	return src.Sync()
}

// Close lets go of the file.
func (r *Run) Close() {
	if r.file != nil {
		r.file.Close()
		r.file = nil
	}
	if r.lock != nil {
		r.lock.Close()
		os.Remove(r.Path + ".lock")
		r.lock = nil
	}
}

// Current is the trial to be answered; false at the end.
func (r *Run) Current() (Trial, bool) {
	if r.at >= len(r.Plan.Trials) {
		return Trial{}, false
	}
	return r.Plan.Trials[r.at], true
}

// Ahead are the pictures of the trials that come next, to be read ahead.
func (r *Run) Ahead(n int) (out []string) {
	for _, t := range r.Plan.Trials[min(r.at, len(r.Plan.Trials)):min(r.at+n, len(r.Plan.Trials))] {
		a, b, c := t.Pictures()
		out = append(out, a, b, c)
	}
	return out
}

// Done and Total count trials without practice.
func (r *Run) Done() int  { return max(0, r.at-r.practice()) }
func (r *Run) Total() int { return len(r.Plan.Trials) - r.practice() }

func (r *Run) practice() int { return min(PracticeTrials, len(r.Plan.Trials)/2) }

// Practising tells whether the trial that comes is for practice.
func (r *Run) Practising() bool {
	t, ok := r.Current()
	return ok && t.Practice
}

// BreakDue tells whether a break may be suggested now.
func (r *Run) BreakDue() bool {
	n := r.Done()
	return n > 0 && n%BreakEvery == 0 && n < r.Total()
}

// Answer writes an answer to the disk and goes to the next trial. On an error the trial stays.
func (r *Run) Answer(choice Side, rt time.Duration, now time.Time) error {
	t, ok := r.Current()
	if !ok {
		return errors.New("rating: all trials are answered")
	}
	if err := r.write(r.answer(t, choice, rt, now)); err != nil {
		return err
	}
	r.at, r.can = r.at+1, true
	return nil
}

func (r *Run) answer(t Trial, choice Side, rt time.Duration, now time.Time) Answer {
	a := Answer{Trial: t.Number, Practice: t.Practice, Subject: t.item.Subject, Condition: t.item.Condition, ROI: t.item.ROI, Prior: t.item.Prior, Source: t.item.Source,
		Layers: t.item.Layers, Label: t.item.Label, Task: r.Plan.Task, Other: t.other.Label, First: t.First, Choice: choice, RT: max(0, rt), Time: now}
	if r.Plan.Kind == Prefer {
		a.Other = t.other.Layers
	}
	return a
}

// CanUndo tells whether the answer before can be taken back: one at a time.
func (r *Run) CanUndo() bool { return r.can && r.at > 0 }

// Undo takes back the answer before: a row says so, and the trial comes again.
func (r *Run) Undo(now time.Time) error {
	if !r.CanUndo() {
		return errors.New("rating: there is no answer to take back")
	}
	a := r.answer(r.Plan.Trials[r.at-1], Left, 0, now)
	a.Undo = true
	if err := r.write(a); err != nil {
		return err
	}
	r.at, r.can = r.at-1, false
	return nil
}

func (r *Run) write(a Answer) error {
	if _, err := r.file.WriteString(a.row()); err != nil {
		return fmt.Errorf("rating: write the answer: %w (is the disk full?)", err)
	}
	if err := r.file.Sync(); err != nil {
		return fmt.Errorf("rating: write the answer: %w", err)
	}
	return nil
}
