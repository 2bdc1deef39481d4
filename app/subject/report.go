package subject

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"reverie/app/intake"
	"reverie/app/session"
	"reverie/compute/brain"
)

// base names a file for the report; a topic stays as it is.
func base(about string) string {
	if strings.ContainsAny(about, `/\`) {
		return filepath.Base(about)
	}
	return about
}

func (o *opener) fine(about, format string, args ...any) {
	o.s.Report = append(o.s.Report, session.Finding{About: base(about), Text: fmt.Sprintf(format, args...)})
}

// warn reports what limits the work. It stands in the notes too, so that records keep it.
func (o *opener) warn(about, text, do string) {
	o.s.Report = append(o.s.Report, session.Finding{Level: session.Warning, About: base(about), Text: text, Do: do})
	o.note(strings.TrimSpace(base(about) + ": " + text + " " + do))
}

func (o *opener) wrong(about string, err error) {
	text := err.Error()
	o.s.Report = append(o.s.Report, session.Finding{Level: session.Wrong, About: base(about), Text: text})
	o.note(base(about) + ": " + text)
}

func (o *opener) note(text string) { o.s.Notes = append(o.s.Notes, text) }

// overall reports what no single file tells: what the sessions allow.
func (o *opener) overall() {
	training, samples := false, false
	for _, d := range o.s.Datasets {
		training = training || d.Session == brain.NaturalTraining
		samples = samples || d.File != "" && d.Session != FigureImages
	}
	switch {
	case samples && !training && len(o.s.Stored) == 0:
		o.warn("Training", "No training session is open, so nothing can be decoded.", "Open the subject's ImageNetTraining file and its pictures too, or a folder of decoded features.")
	case samples && !training:
		o.fine("Training", "No training session is open: reconstructions start from the stored features.")
	}
	if samples {
		o.matchFeatures()
	}
	if o.s.Simulated {
		o.note("This subject is simulated: its samples were computed from pictures, no person was scanned.")
	}
}

// matchFeatures reports how the labels of stored features and the stimuli go together.
func (o *opener) matchFeatures() {
	shown := map[string]bool{}
	for _, d := range o.s.Datasets {
		for _, st := range d.Stimuli {
			if d.File != "" {
				shown[st.Label] = true
			}
		}
	}
	for _, f := range o.s.Stored {
		n := 0
		for _, l := range f.Labels {
			if shown[stimulusOf(l)] {
				n++
			}
		}
		text := fmt.Sprintf("%d of %s are stimuli of the open sessions.", n, count(len(f.Labels), "label", "labels"))
		if n == 0 {
			o.warn(f.Path, text, "Their names differ from those in the subject's files: a stimulus table may bring them together.")
			continue
		}
		o.fine(f.Path, "%s", text)
	}
}

// count writes a number with thousands separated and its noun.
func count(n int, one, many string) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if n == 1 {
		return s + " " + one
	}
	return s + " " + many
}

// thousands writes a number with thousands separated.
func thousands(n int) string { return strings.TrimSuffix(count(n, "", ""), " ") }

// list names some of several.
func list(names []string, most int) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// existing keeps the folders that are there, once each.
func existing(folders []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, f := range folders {
		if st, err := os.Stat(f); err == nil && st.IsDir() && !seen[f] {
			out = append(out, f)
		}
		seen[f] = true
	}
	return out
}

// IsModel tells kinds that are no part of a subject.
func IsModel(k intake.Kind) bool {
	switch k {
	case intake.Model, intake.Bounds, intake.Mean, intake.Statistics:
		return true
	}
	return false
}
