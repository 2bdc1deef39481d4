// Package results is the catalogue of reconstructions: what pictures lie in folders, of whom, of which
// stimulus, from which visual area and how made. It reads the folders that Reverie writes (batch, reconstruct,
// demo) and those of the lab's scripts, so that what other tools made can be looked at and scored too.
package results

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"reverie/app/dataset/stimuli"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/eval"
)

// Reconstruction is one picture and what is known of it.
type Reconstruction struct {
	Subject   string         `json:"subject"`
	Session   brain.Session  `json:"session,omitempty"`   // as recorded; "" where unknown
	Condition eval.Condition `json:"condition,omitempty"` // what it is of; "" where unknown
	Label     string         `json:"label"`               // of the stimulus, without that of a single trial
	Trial     string         `json:"trial,omitempty"`     // of a single trial: its name; "" is the mean over trials
	Shape     string         `json:"shape,omitempty"`     // of artificial shapes
	Colour    string         `json:"colour,omitempty"`
	Category  string         `json:"category,omitempty"` // of natural images: the WordNet id, or what a table says
	ROI       string         `json:"roi,omitempty"`
	Voxels    int            `json:"voxels,omitempty"` // of the ROI; 0 where unknown
	Layers    string         `json:"layers"`           // the name of the layer set, as DNN1-8
	Prior     bool           `json:"prior"`            // through a generator
	Source    session.Source `json:"source"`
	Simulated bool           `json:"simulated,omitempty"`
	// Order is "fixed" of a block whose stimulus had one place in every run, so that a decoder may have learnt the time
	// instead, else "random"; "" where that is no question.
	Order    string `json:"order,omitempty"`
	File     string `json:"file"`               // path of the picture
	Original string `json:"original,omitempty"` // path of the stimulus' picture
	Folder   string `json:"folder"`             // that File lies in
}

// Picture reads the reconstruction as it was saved.
func (r *Reconstruction) Picture() (*image.NRGBA, error) {
	img, err := stimuli.Load(r.File)
	if err != nil {
		return nil, fmt.Errorf("the reconstruction of %s: %w", r.Label, err)
	}
	return img, nil
}

// Pair reads the reconstruction and its original, resized to the reconstruction's size where it has
// another (Pillow's bicubic, as the lab's evaluation does).
func (r *Reconstruction) Pair() (made, original *image.NRGBA, err error) {
	if made, err = r.Picture(); err != nil {
		return nil, nil, err
	}
	if r.Original == "" {
		return made, nil, fmt.Errorf("%s has no original: name the folder of the stimulus pictures", r.Label)
	}
	if original, err = stimuli.Load(r.Original); err != nil {
		return made, nil, fmt.Errorf("the original of %s: %w", r.Label, err)
	}
	if s := made.Bounds().Size(); original.Bounds().Size() != s {
		original = stimuli.Resize(original, s.X, s.Y)
	}
	return made, original, nil
}

// Catalogue is what was found, in a fixed order: by folder as opened, then by path.
type Catalogue struct {
	Items []Reconstruction
	Notes []string // what was left out, and cautions that stand beside every result
}

// Areas are the visual areas of the paper, in its order.
var Areas = []string{"V1", "V2", "V3", "V4", "LOC", "FFA", "PPA", "HVC", "VC"}

// Field names a property that items are grouped, filtered and sorted by.
type Field string

// The fields.
const (
	Subject   Field = "subject"
	Condition Field = "condition"
	Label     Field = "label"
	Shape     Field = "shape"
	Colour    Field = "colour"
	Category  Field = "category"
	ROI       Field = "roi"
	Layers    Field = "layers"
	Prior     Field = "prior"
	Source    Field = "source"
	Order     Field = "order"
)

// Value is an item's value of a field, as text.
func (r *Reconstruction) Value(f Field) string {
	switch f {
	case Subject:
		return r.Subject
	case Condition:
		return string(r.Condition)
	case Label:
		return r.Label
	case Shape:
		return r.Shape
	case Colour:
		return r.Colour
	case Category:
		return r.Category
	case ROI:
		return r.ROI
	case Layers:
		return r.Layers
	case Source:
		return string(r.Source)
	case Order:
		return r.Order
	case Prior:
		if r.Prior {
			return "generator"
		}
		return "pixels"
	}
	return ""
}

// Values lists the values of a field that occur: areas in the paper's order, layer sets by number, all else by name.
func Values(items []Reconstruction, f Field) []string {
	seen := map[string]bool{}
	var out []string
	for i := range items {
		if v := items[i].Value(f); !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		if d := rank(f, a) - rank(f, b); d != 0 {
			return d
		}
		return natural(a, b)
	})
	return out
}

// rank orders the values that have an order of their own.
func rank(f Field, v string) int {
	var known []string
	switch f {
	case ROI:
		known = Areas
	case Condition:
		for _, c := range eval.Conditions() {
			known = append(known, string(c))
		}
	case Shape:
		known = Shapes
	case Colour:
		known = Colours
	case Source:
		known = []string{string(session.Decoded), string(session.Stored), string(session.True), string(session.Shuffled)}
	}
	if i := slices.Index(known, v); i >= 0 {
		return i
	}
	return len(known)
}

// natural compares names so that numbers in them count as numbers: DNN1-2 comes before DNN1-10.
func natural(a, b string) int {
	for a != "" && b != "" {
		da, db := digits(a), digits(b)
		if da > 0 && db > 0 {
			x, y := strings.TrimLeft(a[:da], "0"), strings.TrimLeft(b[:db], "0")
			if len(x) != len(y) {
				return len(x) - len(y)
			}
			if c := strings.Compare(x, y); c != 0 {
				return c
			}
			a, b = a[da:], b[db:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func digits(s string) (n int) {
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// Filter keeps items whose fields have one of the values given; a field that is not named keeps all.
type Filter map[Field][]string

// Keep tells whether an item passes.
func (f Filter) Keep(r *Reconstruction) bool {
	for field, values := range f {
		if len(values) > 0 && !slices.Contains(values, r.Value(field)) {
			return false
		}
	}
	return true
}

// Select gives the items that pass, in their order.
func (c *Catalogue) Select(f Filter) []Reconstruction {
	var out []Reconstruction
	for i := range c.Items {
		if f.Keep(&c.Items[i]) {
			out = append(out, c.Items[i])
		}
	}
	return out
}
