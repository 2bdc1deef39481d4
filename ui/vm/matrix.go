package vm

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"reverie/app/results"
	"reverie/app/session"
	"reverie/compute/eval"
	"reverie/compute/stats"
)

// MatrixRow is a stimulus, of one subject made in one way but for what the columns tell apart.
type MatrixRow struct {
	Label, Subject string
	About          string // what tells it from rows of the same stimulus
	Original       string
	Cells          []*results.Reconstruction // one for each column; nil where there is none
}

// Matrix arranges reconstructions: stimuli down, visual areas (or layer sets, priors, subjects) across.
type Matrix struct {
	Columns results.Field
	Filter  results.Filter
	Text    string // that labels must contain
	Sort    string // "" by stimulus, or a column's name, or SortMean
	Names   []string
	Rows    []MatrixRow
	// Row and Column are the chosen cell; Column −1 is the original.
	Row, Column int
	Pinned      []*results.Reconstruction

	of *Results
}

// SortMean sorts by the mean over columns.
const SortMean = "mean"

// MostPinned bounds the pinned cells.
const MostPinned = 8

// NewMatrix makes an empty one of results.
func NewMatrix(of *Results) *Matrix {
	return &Matrix{of: of, Columns: results.ROI, Filter: results.Filter{}}
}

// ColumnFields are what columns can be.
var ColumnFields = []results.Field{results.ROI, results.Layers, results.Prior, results.Subject, results.Source}

// others are the fields that rows are told apart by besides subject and stimulus.
var others = []results.Field{results.Condition, results.ROI, results.Layers, results.Prior, results.Source}

// Reset chooses what is worth seeing first: the condition with the most visual areas, features decoded, all layers.
func (m *Matrix) Reset() {
	m.Filter, m.Columns, m.Sort, m.Text, m.Pinned, m.Row, m.Column = results.Filter{}, results.ROI, "", "", nil, 0, 0
	if m.of.Catalogue == nil {
		m.Arrange()
		return
	}
	items := m.of.Catalogue.Items
	most, first := 0, ""
	for _, c := range results.Values(items, results.Condition) {
		of := m.of.Catalogue.Select(results.Filter{results.Condition: {c}})
		if n := len(results.Values(of, results.ROI)); n > most {
			most, first = n, c
		}
	}
	m.Filter[results.Condition] = []string{first}
	of := m.of.Catalogue.Select(m.Filter)
	for field, want := range map[results.Field]string{results.Source: string(session.Decoded), results.Layers: "DNN1-8"} {
		if v := results.Values(of, field); len(v) > 1 && slices.Contains(v, want) {
			m.Filter[field] = []string{want}
		}
	}
	m.Arrange()
}

// Choices are the values of a field that the other filters leave.
func (m *Matrix) Choices(f results.Field) []string {
	if m.of.Catalogue == nil {
		return nil
	}
	rest := results.Filter{}
	for k, v := range m.Filter {
		if k != f {
			rest[k] = v
		}
	}
	return results.Values(m.of.Catalogue.Select(rest), f)
}

// Choose filters by one value of a field; "" takes all.
func (m *Matrix) Choose(f results.Field, value string) {
	delete(m.Filter, f)
	if value != "" {
		m.Filter[f] = []string{value}
	}
	for other := range m.Filter { // a choice that leaves nothing gives way
		if other != f && len(m.of.Catalogue.Select(m.Filter)) == 0 {
			delete(m.Filter, other)
		}
	}
	m.Row, m.Column = 0, 0
	m.Arrange()
}

// Arrange makes rows and columns of what passes.
func (m *Matrix) Arrange() {
	m.Names, m.Rows = nil, nil
	if m.of.Catalogue == nil {
		return
	}
	items := m.passing()
	m.Names = results.Values(items, m.Columns)
	vary := map[results.Field]bool{}
	for _, f := range others {
		values := slices.DeleteFunc(results.Values(items, f), func(v string) bool { return v == "" })
		vary[f] = f != m.Columns && len(values) > 1
	}
	subjects := m.Columns != results.Subject && len(results.Values(items, results.Subject)) > 1
	at := map[string]int{}
	for i := range items {
		r := &items[i]
		if !strings.Contains(strings.ToLower(r.Label), strings.ToLower(m.Text)) {
			continue
		}
		var about []string
		if subjects {
			about = append(about, r.Subject)
		}
		for _, f := range others {
			if vary[f] {
				about = append(about, r.Value(f))
			}
		}
		if r.Trial != "" {
			about = append(about, strings.TrimSuffix(strings.TrimSuffix(r.Trial, r.Label), "-"))
		}
		row := MatrixRow{Label: r.Label, Subject: r.Subject, About: strings.Join(about, " · ")}
		k, ok := at[row.Label+"\x00"+row.About]
		if !ok {
			k = len(m.Rows)
			at[row.Label+"\x00"+row.About] = k
			row.Cells = make([]*results.Reconstruction, len(m.Names))
			m.Rows = append(m.Rows, row)
		}
		m.Rows[k].Cells[slices.Index(m.Names, r.Value(m.Columns))] = r
		if m.Rows[k].Original == "" {
			m.Rows[k].Original = r.Original
		}
	}
	m.sort()
	m.Row, m.Column = max(0, min(m.Row, len(m.Rows)-1)), max(-1, min(m.Column, len(m.Names)-1))
}

// passing are the items that pass. Pictures from true features are of no area: with sources across they stand beside
// those of any.
func (m *Matrix) passing() (out []results.Reconstruction) {
	rest := maps.Clone(m.Filter)
	delete(rest, results.ROI)
	for i := range m.of.Catalogue.Items {
		r := &m.of.Catalogue.Items[i]
		if m.Filter.Keep(r) || m.Columns == results.Source && r.Source == session.True && rest.Keep(r) {
			out = append(out, *r)
		}
	}
	return out
}

// sort orders rows by the score of a column, the best first; rows without one come last.
func (m *Matrix) sort() {
	if m.Sort == "" {
		return
	}
	key := func(r MatrixRow) float64 {
		sum, n := 0.0, 0.0
		for i, c := range r.Cells {
			if c == nil || m.Sort != SortMean && m.Names[i] != m.Sort {
				continue
			}
			if v, ok := m.of.Score(c, "correlation"); ok {
				sum, n = sum+v, n+1
			}
		}
		if n == 0 {
			return math.Inf(-1)
		}
		return sum / n
	}
	slices.SortStableFunc(m.Rows, func(a, b MatrixRow) int { return cmp.Compare(key(b), key(a)) })
}

// Chosen is the chosen reconstruction; nil where there is none, or the original is chosen.
func (m *Matrix) Chosen() *results.Reconstruction {
	if m.Row >= len(m.Rows) || m.Column < 0 || m.Column >= len(m.Rows[m.Row].Cells) {
		return nil
	}
	return m.Rows[m.Row].Cells[m.Column]
}

// Move goes to a neighbouring cell.
func (m *Matrix) Move(rows, columns int) {
	m.Row = max(0, min(m.Row+rows, len(m.Rows)-1))
	m.Column = max(-1, min(m.Column+columns, len(m.Names)-1))
}

// Pin keeps the chosen cell for comparing, or lets it go; false where there is no more room.
func (m *Matrix) Pin() bool {
	c := m.Chosen()
	if c == nil {
		return true
	}
	if i := slices.IndexFunc(m.Pinned, func(p *results.Reconstruction) bool { return p.File == c.File }); i >= 0 {
		m.Pinned = slices.Delete(m.Pinned, i, i+1)
		return true
	}
	if len(m.Pinned) == MostPinned {
		return false
	}
	m.Pinned = append(m.Pinned, c)
	return true
}

// IsPinned tells whether a reconstruction is pinned.
func (m *Matrix) IsPinned(r *results.Reconstruction) bool {
	return r != nil && slices.ContainsFunc(m.Pinned, func(p *results.Reconstruction) bool { return p.File == r.File })
}

// TaskScore is the mean of a column in a task.
type TaskScore struct {
	Task eval.Task
	stats.Interval
}

// ColumnScores are the means of a column over the rows that are shown, image × subject, with 95 % intervals.
func (m *Matrix) ColumnScores(column int) (out []TaskScore) {
	for _, t := range eval.Tasks() {
		var v []float64
		for _, r := range m.Rows {
			if c := r.Cells[column]; c != nil {
				if s, ok := m.of.Score(c, string(t)); ok {
					v = append(v, s)
				}
			}
		}
		if len(v) > 0 {
			out = append(out, TaskScore{t, stats.Mean(v, 0.95)})
		}
	}
	return out
}
