package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"reverie/app/job"
)

// printer shows progress on one line of a terminal, or a line every few
// seconds where standard error is not one.
type printer struct {
	mu    sync.Mutex
	w     io.Writer
	tty   bool
	last  time.Time
	stage string
	width int
}

func newPrinter(w io.Writer) *printer {
	p := &printer{w: w}
	if f, ok := w.(*os.File); ok {
		if st, err := f.Stat(); err == nil {
			p.tty = st.Mode()&os.ModeCharDevice != 0
		}
	}
	return p
}

// report is a job.Reporter.
func (p *printer) report(s job.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	every := 100 * time.Millisecond
	if !p.tty {
		every = 5 * time.Second
	}
	now := time.Now()
	if s.Stage == p.stage && now.Sub(p.last) < every {
		return
	}
	p.stage, p.last = s.Stage, now
	line := s.Stage
	if s.Total > 0 {
		line += fmt.Sprintf("  %d/%d", s.Done, s.Total)
		if s.ETA >= 0 && s.Done < s.Total {
			line += fmt.Sprintf("  about %s left", s.ETA.Round(time.Second))
		}
	}
	if p.tty {
		fmt.Fprintf(p.w, "\r%s%s", line, strings.Repeat(" ", max(0, p.width-len(line))))
		p.width = len(line)
		return
	}
	fmt.Fprintln(p.w, line)
}

// note prints a line that stays.
func (p *printer) note(text string) {
	p.clear()
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.w, text)
}

// clear removes the line before other output.
func (p *printer) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tty && p.width > 0 {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.width))
		p.width = 0
	}
}
