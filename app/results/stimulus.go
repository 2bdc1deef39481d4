package results

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"reverie/compute/brain"
	"reverie/compute/eval"
)

// Shapes and Colours are those of the paper's artificial shapes, five by eight. White and black differ from the
// others in luminance; the other six were matched.
var (
	Shapes  = []string{"square", "smallframe", "largeframe", "plus", "cross"}
	Colours = []string{"red", "green", "blue", "cyan", "magenta", "yellow", "white", "black"}
)

// Stimulus is what is known of a stimulus beyond its label.
type Stimulus struct {
	Condition               eval.Condition
	Shape, Colour, Category string
}

var (
	wordNet   = regexp.MustCompile(`^(n\d{8})[_.]`)
	wordsPart = regexp.MustCompile(`[^\pL\pN]+`)
)

// guess reads a stimulus from the session it was shown in and its label: red_square (in any order, among other
// words) is a shape, n01443537_22563 a natural image of a WordNet category, a single letter a letter.
func guess(s brain.Session, folder, label string) Stimulus {
	var out Stimulus
	words := wordsPart.Split(strings.ToLower(label), -1)
	for i, w := range words {
		switch {
		case slices.Contains(Colours, w):
			out.Colour = w
		case slices.Contains(Shapes, w):
			out.Shape = w
		case (w == "small" || w == "large") && i+1 < len(words) && (words[i+1] == "frame" || words[i+1] == "ring"):
			out.Shape = w + "frame"
		}
	}
	if out.Colour == "" || out.Shape == "" {
		out.Colour, out.Shape = "", ""
	}
	if m := wordNet.FindStringSubmatch(label); m != nil {
		out.Category = m[1]
	}
	shape := out.Shape != ""
	if s == "" {
		s = sessionOf(folder)
	}
	switch {
	case s == brain.Imagery && shape:
		out.Condition = eval.ImaginedShapes
	case s == brain.Imagery:
		out.Condition = eval.ImaginedNatural
	case s == brain.Shapes || s == "" && shape:
		out.Condition = eval.SeenShapes
	case s == brain.Letters || s == "" && len([]rune(label)) == 1:
		out.Condition = eval.SeenLetters
	case s == brain.NaturalTest || s == brain.NaturalTraining || s == "" && out.Category != "":
		out.Condition = eval.SeenNatural
	}
	return out
}

// sessionOf finds a session's name in a path, as released folders have it.
func sessionOf(path string) brain.Session {
	p := strings.ToLower(filepath.ToSlash(path))
	for _, k := range []struct {
		word string
		is   brain.Session
	}{{"imagery", brain.Imagery}, {"imagin", brain.Imagery}, {"shape", brain.Shapes}, {"letter", brain.Letters}, {"natural", brain.NaturalTest}, {"imagenettest", brain.NaturalTest}} {
		if strings.Contains(p, k.word) {
			return k.is
		}
	}
	return ""
}

// mostTable bounds a stimulus table.
const mostTable = 16 << 20

// Table is what a stimulus table says, by label.
type Table map[string]Stimulus

// ReadTable reads a table (.csv with commas, .tsv with tabs) of stimuli: a header with the columns label and any of
// shape, colour, category, condition. A condition is one of "seen natural", "seen shapes", "seen letters",
// "imagined natural", "imagined shapes".
func ReadTable(path string) (Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the stimulus table: %w", err)
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.Size() > mostTable {
		return nil, fmt.Errorf("read %s: larger than %d MB: no stimulus table", path, mostTable>>20)
	}
	r := csv.NewReader(f)
	if strings.EqualFold(filepath.Ext(path), ".tsv") {
		r.Comma = '\t'
	}
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("read %s: it is empty (want a header with label, shape, colour, category, condition)", path)
	}
	at := map[string]int{}
	for i, h := range rows[0] {
		h = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))
		if h == "color" {
			h = "colour"
		}
		if h == "stimulus" || h == "stimulus_name" {
			h = "label"
		}
		at[h] = i
	}
	label, ok := at["label"]
	if !ok {
		return nil, fmt.Errorf("read %s: no column label in its header %q", path, rows[0])
	}
	out := Table{}
	for n, row := range rows[1:] {
		cell := func(name string) string {
			if i, ok := at[name]; ok {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		s := Stimulus{Condition: eval.Condition(cell("condition")), Shape: cell("shape"), Colour: cell("colour"), Category: cell("category")}
		if s.Condition != "" && !slices.Contains(eval.Conditions(), s.Condition) {
			return nil, fmt.Errorf("read %s: line %d: no condition %q: choose one of %q", path, n+2, s.Condition, eval.Conditions())
		}
		out[strings.TrimSpace(row[label])] = s
	}
	return out, nil
}

// describe fills in what the table says, else what session and label tell.
func (t Table) describe(r *Reconstruction) {
	s := guess(r.Session, r.Folder, r.Label)
	if known, ok := t[r.Label]; ok {
		if known.Shape != "" || known.Colour != "" {
			s.Shape, s.Colour = known.Shape, known.Colour
		}
		if known.Category != "" {
			s.Category = known.Category
		}
		switch {
		case known.Condition != "":
			s.Condition = known.Condition
		case r.Session == brain.Imagery && known.Shape != "":
			s.Condition = eval.ImaginedShapes
		case s.Condition == "" && known.Shape != "":
			s.Condition = eval.SeenShapes
		}
	}
	r.Condition, r.Shape, r.Colour, r.Category = s.Condition, s.Shape, s.Colour, s.Category
}
