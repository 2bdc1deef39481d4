package pipeline

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"reverie/app/export"
	"reverie/app/figure"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/recon"
)

// Record is what is kept beside results: enough to know how they were made.
type Record struct {
	Program string `json:"program"`
	Made    string `json:"made"`
	Computed
	Network string `json:"network"`
	Weights string `json:"weights"` // what they are, for people
	SHA256  string `json:"weights_sha256"`
	// Prior is the generator that the pictures come from; "" is pixels alone.
	Prior       string `json:"prior,omitempty"`
	PriorSHA256 string `json:"prior_sha256,omitempty"`
	Simulated   bool   `json:"simulated"`
	Source      string `json:"source"` // decoded or true features, of what
	// Subject, Session and Features say it one by one, where they are known: whose, of which experiment, and
	// whether the features were decoded, true, stored or shuffled.
	Subject  string         `json:"subject,omitempty"`
	Session  brain.Session  `json:"session,omitempty"`
	Features session.Source `json:"features,omitempty"`
	ROI      string         `json:"roi,omitempty"`
	Voxels   int            `json:"voxels,omitempty"`    // of the ROI
	LayerSet string         `json:"layer_set,omitempty"` // its name: DNN1-8
	Layers   []string       `json:"layers"`
	Options  recon.Options  `json:"options"`
	Masks    string         `json:"channels,omitempty"` // of which layers these channels alone, as in reverie reconstruct
	Notes    []string       `json:"notes,omitempty"`
	// FixedBlocks: blocks of a run numbered up to this came in one order, see Decoded.
	FixedBlocks int           `json:"fixed_blocks,omitempty"`
	Images      []ImageRecord `json:"images"`
}

// Through notes the prior; nil is none.
func (r *Record) Through(p *Prior) {
	if p != nil {
		r.Prior, r.PriorSHA256 = p.Note, p.SHA256
	}
}

// Computed says what computed a result.
type Computed struct {
	Backend string `json:"backend,omitempty"` // "cpu" or "gl"; of several, the last
	Device  string `json:"device"`            // with the driver's version
	Plan    *Plan  `json:"plan,omitempty"`    // of a GPU
}

// Plan is how a GPU computed: equal hashes on the same device and driver give equal bits.
type Plan struct {
	Hash    string `json:"hash"`
	Summary string `json:"summary"`
	Bytes   uint64 `json:"device_bytes"`
}

// ImageRecord is one image's outcome.
type ImageRecord struct {
	Label       string   `json:"label"`
	Stimulus    string   `json:"stimulus,omitempty"` // where Label is a single trial's
	File        string   `json:"file,omitempty"`
	Original    string   `json:"original,omitempty"`
	Correlation *float64 `json:"pixel_correlation,omitempty"`
	Loss        float64  `json:"loss"`
	Iterations  int      `json:"iterations"`
	Evaluations int      `json:"evaluations"`
	Reason      string   `json:"stopped"`
	Error       string   `json:"error,omitempty"`
}

// montageColumns is how many pictures stand side by side.
const montageColumns = 10

// Version is the program's, from the build.
func Version() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, s := range b.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 10 {
				return "reverie " + s.Value[:10]
			}
		}
	}
	return "reverie (development)"
}

// RecordFile holds the Record of a folder of results.
const RecordFile = "record.json"

// Save writes reconstructions into a folder: recon_image-<label>.png, the
// original at network size as original_image-<label>.png, a montage, the course
// of the losses as losses.csv and record.json. Pictures hold 0–255 RGB clipped,
// not stretched.
func Save(dir string, m *Model, title string, pictures []Picture, rec Record) (Record, error) {
	rec.Program, rec.Made = Version(), time.Now().UTC().Format(time.RFC3339)
	rec.Network, rec.Weights, rec.SHA256 = m.Net.Name, m.Note, m.Weights.SHA256(m.Net)
	montage := figure.Montage{Title: title, Notes: rec.Notes, Size: 128}
	for i, p := range pictures {
		if i%montageColumns == 0 {
			montage.Rows = append(montage.Rows, figure.Row{Name: "original"}, figure.Row{Name: "reconstruction"})
		}
		rows := montage.Rows[len(montage.Rows)-2:]
		r := ImageRecord{Label: p.Label, Loss: p.Total, Iterations: p.Iterations, Evaluations: p.Evaluations, Reason: p.Reason}
		if p.Err != nil {
			r.Error = p.Err.Error()
		}
		var original, made figure.Cell
		if p.Original != nil {
			r.Original = "original_image-" + export.Name(p.Label) + ".png"
			if err := export.PNG(filepath.Join(dir, r.Original), p.Original); err != nil {
				return rec, err
			}
			original.Image = p.Original
		}
		if p.Picture != nil {
			r.File = "recon_image-" + export.Name(p.Label) + ".png"
			if err := export.PNG(filepath.Join(dir, r.File), p.Picture); err != nil {
				return rec, err
			}
			made.Image = p.Picture
		}
		if !math.IsNaN(p.Correlation) {
			c := p.Correlation
			r.Correlation = &c
			made.Caption = fmt.Sprintf("r = %.2f", c)
		}
		rec.Images = append(rec.Images, r)
		rows[0].Cells = append(rows[0].Cells, original)
		rows[1].Cells = append(rows[1].Cells, made)
	}
	img, err := montage.Draw()
	if err != nil {
		return rec, err
	}
	if err := export.PNG(filepath.Join(dir, "montage.png"), img); err != nil {
		return rec, err
	}
	if err := writeCurves(dir, pictures); err != nil {
		return rec, err
	}
	return rec, export.JSON(filepath.Join(dir, RecordFile), rec)
}

// ReadRecord reads the record that Save left in a folder.
func ReadRecord(dir string) (rec Record, err error) {
	path := filepath.Join(dir, RecordFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		return rec, fmt.Errorf("%w (want a folder that reverie reconstruct or demo wrote)", err)
	}
	if err := json.Unmarshal(raw, &rec); err != nil {
		return rec, fmt.Errorf("read %s: %w", path, err)
	}
	return rec, nil
}
