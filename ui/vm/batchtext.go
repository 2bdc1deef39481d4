package vm

import (
	"encoding/json"
	"fmt"

	"reverie/app/session"
)

// batchKey tells batches apart.
func batchKey(spec session.BatchSpec, out string) string {
	raw, err := json.Marshal(spec)
	if err != nil {
		return out
	}
	return string(raw) + out
}

// BatchGroupText names a group's subject, session and region, and how it is reconstructed.
func BatchGroupText(g session.BatchGroup) (who, how string) {
	who = g.Subject
	if g.ROI != "" {
		who += " · " + g.ROI
	}
	how = g.Layers + " · pixels"
	if g.Prior {
		how = g.Layers + " · prior"
	}
	return who + " · " + SessionTitle(g.Session), how
}

// BatchEstimateText is an estimate in words.
type BatchEstimateText struct {
	Images, ImagesNote string
	Time, TimeNote     string
	Memory, MemoryNote string
	Disk, DiskNote     string
	DiskShort          bool
	Warnings           []session.Finding
	Notes              []string
}

// TextOfBatch writes an estimate; limit is the memory limit in bytes.
func TextOfBatch(e *session.BatchEstimate, limit int64) BatchEstimateText {
	t := BatchEstimateText{
		Images: Count(e.Images-e.Done, ""), ImagesNote: Count(e.Batch, "") + " together",
		Time: Takes(e.Time), TimeNote: Count(e.Evaluations, "") + " evaluations",
		Memory: Size(e.Memory), MemoryNote: "at most, of " + Size(limit),
		Disk: Size(e.Disk), DiskNote: "and " + Size(e.Cache) + " on the way", Notes: e.Notes,
	}
	if e.Done > 0 {
		t.ImagesNote = Count(e.Done, "") + " are there"
	}
	if e.Images == e.Done && e.Images > 0 {
		t.Time, t.TimeNote = "none", "all are there already"
	}
	if e.Device > 0 {
		t.MemoryNote = "and " + Size(e.Device) + " of the GPU's"
	}
	if e.Free >= 0 && e.Disk+e.Cache > e.Free {
		t.DiskShort = true
		t.Warnings = append(t.Warnings, session.Finding{Level: session.Wrong, Text: fmt.Sprintf("The disk is too small: %s are free, results and decoded features take %s", Size(e.Free), Size(e.Disk+e.Cache)),
			Do: "Choose a folder on another disk, or fewer images, regions or snapshots."})
	}
	return t
}

// BatchProgressText says how much is done of a batch.
func BatchProgressText(v BatchView) string {
	s := fmt.Sprintf("%s of %s", Count(v.Done, ""), Count(v.Images, "image"))
	if v.Failed > 0 {
		s += fmt.Sprintf(" · %s failed", Count(v.Failed, ""))
	}
	return s
}

// Shorten cuts a text to some letters.
func Shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
