package vm

import (
	"fmt"
	"slices"
	"strings"

	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/weights"
)

// Findings are those of one file or topic.
type Findings struct {
	About    string
	Findings []session.Finding
}

// GroupFindings puts findings together by what they are about: what has errors
// first, then warnings, else in order of appearance; so within a group.
func GroupFindings(list []session.Finding) []Findings {
	var out []Findings
	for _, f := range list {
		i := slices.IndexFunc(out, func(g Findings) bool { return g.About == f.About })
		if i < 0 {
			i = len(out)
			out = append(out, Findings{About: f.About})
		}
		out[i].Findings = append(out[i].Findings, f)
	}
	for _, g := range out {
		slices.SortStableFunc(g.Findings, func(a, b session.Finding) int { return int(b.Level - a.Level) })
	}
	slices.SortStableFunc(out, func(a, b Findings) int { return int(b.Findings[0].Level - a.Findings[0].Level) })
	return out
}

// ReportSummary is the report in a line: "2 errors, 1 warning" or that all is well.
func ReportSummary(list []session.Finding) string {
	var n [3]int
	for _, f := range list {
		n[f.Level]++
	}
	var parts []string
	if n[session.Wrong] > 0 {
		parts = append(parts, Count(n[session.Wrong], "error"))
	}
	if n[session.Warning] > 0 {
		parts = append(parts, Count(n[session.Warning], "warning"))
	}
	if parts == nil {
		return "All is well with these files"
	}
	return strings.Join(parts, ", ")
}

// Worst is the gravest level.
func Worst(list []session.Finding) session.Level {
	worst := session.Fine
	for _, f := range list {
		worst = max(worst, f.Level)
	}
	return worst
}

// Size writes a file's size as people say it: 548 MiB.
func Size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
	case n < 10<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n < 1<<30:
		return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
	}
	if n < 1<<40 {
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%.1f TiB", float64(n)/(1<<40))
}

// StdText is a comparison of standard deviations in a line: the ratios of the layers.
func StdText(r weights.StdReport) string {
	var parts []string
	for _, l := range r.Layers {
		parts = append(parts, fmt.Sprintf("%s %.2f", l.Layer, l.Ratio))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Computed to published: " + strings.Join(parts, ", ") + "."
}

// NaturalPictures are the pictures of a subject's sessions of natural images, or of pictures opened alone.
func NaturalPictures(s *session.Subject) []string {
	var out []string
	if s == nil {
		return nil
	}
	for _, d := range s.Datasets {
		if d.Session != brain.NaturalTraining && d.Session != brain.NaturalTest && d.File != "" {
			continue
		}
		for _, st := range d.Stimuli {
			if st.Image != "" && !slices.Contains(out, st.Image) {
				out = append(out, st.Image)
			}
		}
	}
	return out
}
