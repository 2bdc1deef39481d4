package vm

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"reverie/app/job"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/stats"
)

// SessionTitle names a session for people.
func SessionTitle(s brain.Session) string {
	switch s {
	case brain.NaturalTraining:
		return "Natural images, training"
	case brain.NaturalTest:
		return "Natural images, test"
	case brain.Shapes:
		return "Artificial shapes"
	case brain.Letters:
		return "Alphabetical letters"
	case brain.Imagery:
		return "Imagery"
	case "":
		return "Session without a name"
	}
	return string(s)
}

// Count writes a number with thousands separated and its noun in the right
// number: "1 run", "1,400 voxels".
func Count(n int, noun string) string {
	s := strconv.Itoa(n)
	digits := strings.TrimPrefix(s, "-")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if n < 0 {
		digits = "−" + digits
	}
	switch {
	case noun == "":
		return digits
	case n == 1:
		return digits + " " + noun
	case noun == "stimulus":
		return digits + " stimuli"
	}
	return digits + " " + noun + "s"
}

// ROIText is a choice of the ROI list, e.g. "VC · 1,400 voxels".
// Of stored features the voxels are not known.
func ROIText(r session.ROI) string {
	if r.Voxels == 0 {
		return r.Name
	}
	return r.Name + " · " + Count(r.Voxels, "voxel")
}

// DatasetText says in a line what a session holds.
func DatasetText(d session.Dataset) string {
	if d.File == "" {
		return Count(len(d.Stimuli), "stimulus")
	}
	return Count(d.Samples, "sample") + " · " + Count(d.Runs, "run") + " · " + Count(len(d.Stimuli), "stimulus")
}

// FilesText names the files of a session.
func FilesText(d session.Dataset) string {
	switch {
	case len(d.Files) > 1:
		return fmt.Sprintf("%s and %d more", filepath.Base(d.File), len(d.Files)-1)
	case d.File != "":
		return filepath.Base(d.File)
	case d.Store != "":
		return filepath.Base(d.Store)
	}
	return ""
}

// Left writes an estimate as people say it; empty while unknown.
func Left(d time.Duration) string {
	switch {
	case d < 0:
		return ""
	case d < 5*time.Second:
		return "a few seconds left"
	case d < 55*time.Second:
		return fmt.Sprintf("about %d s left", int(d.Round(5*time.Second)/time.Second))
	case d < 55*time.Minute:
		return fmt.Sprintf("about %d min left", max(1, int(d.Round(time.Minute)/time.Minute)))
	}
	h := d.Round(10 * time.Minute)
	return fmt.Sprintf("about %d h %02d min left", int(h/time.Hour), int(h%time.Hour/time.Minute))
}

// Clock writes a duration as 0:07, 12:30 or 1:02:03.
func Clock(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Megabytes writes a size, e.g. "12.3 MB".
func Megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// PlanText says in a line what a run is of.
func PlanText(p session.Plan, simulated bool) string {
	from := "from the stimuli's own features"
	switch {
	case p.Source == session.Decoded:
		from = "decoded from " + p.ROI
		if p.Decoders != "" {
			from += " with " + filepath.Base(p.Decoders)
		}
	case p.Source == session.Stored && p.ROI != "":
		from = "from stored features, " + p.ROI
	case p.Source == session.Stored:
		from = "from stored features"
	}
	s := fmt.Sprintf("%s · %s · preset %s", from, Count(len(p.Layers), "layer"), p.Options.Preset)
	if simulated {
		s = "simulated · " + s
	}
	return s
}

// StageText is a line on long work.
func StageText(p job.Progress) string {
	s := p.Stage
	if p.Total > 0 {
		s += fmt.Sprintf(" · %s of %s", Count(p.Done, ""), Count(p.Total, ""))
	}
	if p.ETA > 0 {
		s += " · about " + Clock(p.ETA) + " left"
	}
	return s
}

// PText is a p value for a table.
func PText(p float64) string { return strings.TrimPrefix(stats.PValue(p), "p ") }
