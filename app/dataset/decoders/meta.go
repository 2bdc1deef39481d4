package decoders

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"reverie/compute/decode/l2"
)

// The files of a folder.
const (
	metaFile  = "decoder.json"
	normsFile = "norms.safetensors"
	format    = 1
)

// Meta says what decoders are. Folders whose Meta is equal hold the same decoders.
type Meta struct {
	Format  int    `json:"reverie_decoders"`
	Layer   string `json:"layer"`
	Subject string `json:"subject"`
	ROI     string `json:"roi"`
	Fold    string `json:"fold,omitempty"`
	Shape   []int  `json:"shape"` // of the layer: [C,H,W], or [units]
	Voxels  int    `json:"voxels"`
	Chunk   int    `json:"units_per_file"`

	Method string         `json:"method"`  // l2 or slr
	Fit    map[string]any `json:"options"` // of the method, as JSON has them
	// Training is what they were trained on.
	Training Training `json:"training"`
	// Conditions are what their accuracy was measured on, none where there was nothing.
	Conditions []Condition `json:"conditions,omitempty"`
}

// Training identifies training data.
type Training struct {
	Samples  int    `json:"samples"`
	Stimuli  int    `json:"stimuli"`
	Selected string `json:"voxels_selected_by"` // expression on the subject's file
	X        string `json:"x_sha256"`           // of the samples × voxels float64 and the stimuli's names, as written in training
	Features string `json:"features"`           // where they came from, with the checksum of a network's file
	Digest   string `json:"features_sha256"`    // of the pictures that a network saw, or of some stored values
	Absolute bool   `json:"absolute,omitempty"` // |feature| was learnt (Supplementary Fig. 11)
	// Session was trained on. In a fold of cross-validation, samples whose Key is in Held were left out.
	Session string `json:"session"`
	Key     string `json:"cv_key,omitempty"`
	Held    []int  `json:"cv_held_out,omitempty"`
}

// Condition is a set of stimuli that accuracy was measured on.
type Condition struct {
	Name    string `json:"name"`
	Stimuli int    `json:"stimuli"`
	X       string `json:"x_sha256,omitempty"` // of its samples, as Training.X
}

// Units is the number of units of the layer.
func (m *Meta) Units() int {
	n := 1
	for _, s := range m.Shape {
		n *= s
	}
	return n
}

// Chunks is the number of files that the units take.
func (m *Meta) Chunks() int { return (m.Units() + m.Chunk - 1) / m.Chunk }

// Range gives the units of a file, from … to−1.
func (m *Meta) Range(chunk int) (from, to int) {
	return chunk * m.Chunk, min((chunk+1)*m.Chunk, m.Units())
}

// Spatial is the normalisation of samples that the decoders want.
func (m *Meta) Spatial() l2.Spatial {
	s, _ := m.Fit["spatial"].(string)
	return l2.Spatial(s)
}

// Dir is where the decoders stand below a root.
func (m *Meta) Dir(root string) string {
	return filepath.Join(root, fileName(m.Layer), fileName(m.Subject), fileName(m.ROI), fileName(m.Fold))
}

// fileName makes a name fit for a folder on every system.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '_'
		}
		return r
	}, s)
}

func (m *Meta) check() error {
	switch {
	case m.Format != format:
		return fmt.Errorf("format %d, this program knows %d", m.Format, format)
	case m.Voxels < 1 || m.Chunk < 1 || len(m.Shape) == 0:
		return fmt.Errorf("%d voxels, shape %v, %d units per file", m.Voxels, m.Shape, m.Chunk)
	}
	n := 1
	for _, s := range m.Shape {
		if s < 1 || n > (1<<40)/s {
			return fmt.Errorf("shape %v", m.Shape)
		}
		n *= s
	}
	return nil
}

// readMeta reads decoder.json.
func readMeta(dir string) (*Meta, error) {
	path := filepath.Join(dir, metaFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var m Meta
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &m, nil
}

// differs names what sets two Metas apart, "" for nothing.
func (m *Meta) differs(other *Meta) string {
	flat := func(m *Meta) map[string]any {
		raw, _ := json.Marshal(m)
		var out map[string]any
		_ = json.Unmarshal(raw, &out) // just marshalled
		return out
	}
	a, b := flat(m), flat(other)
	var out []string
	for key, v := range a {
		if !reflect.DeepEqual(v, b[key]) {
			x, _ := json.Marshal(v)
			y, _ := json.Marshal(b[key])
			out = append(out, fmt.Sprintf("%s is %s, not %s", key, y, x))
		}
	}
	for key := range b {
		if _, there := a[key]; !there {
			out = append(out, key+" is new")
		}
	}
	return strings.Join(out, "; ")
}

// ErrOther is wrapped when a folder holds decoders that were trained otherwise.
var ErrOther = errors.New("holds decoders that were trained otherwise")

// missing tells that a file is not there.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
