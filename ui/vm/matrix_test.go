package vm

import (
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"reverie/app/export"
	"reverie/app/pipeline"
	"reverie/app/results"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/compute/eval"
)

// opened writes reconstructions of shapes from two areas and of scenes from one, and opens and scores them.
func opened(t *testing.T) *Results {
	t.Helper()
	root := t.TempDir()
	write := func(name string, v uint8) string {
		m := image.NewNRGBA(image.Rect(0, 0, 8, 8))
		for i := range m.Pix {
			m.Pix[i] = uint8(i*int(v)) | 3
		}
		if err := export.PNG(name, m); err != nil {
			t.Fatal(err)
		}
		return filepath.Base(name)
	}
	folder := func(kind brain.Session, roi string, labels ...string) {
		dir := filepath.Join(root, roi+string(kind))
		rec := pipeline.Record{Subject: "S1", Session: kind, Features: session.Decoded, ROI: roi, LayerSet: "DNN1-8"}
		for i, l := range labels {
			rec.Images = append(rec.Images, pipeline.ImageRecord{Label: l, File: write(filepath.Join(dir, l+".png"), uint8(3*i+len(roi))), Original: write(filepath.Join(dir, "o_"+l+".png"), uint8(3*i+2))})
		}
		if err := export.JSON(filepath.Join(dir, pipeline.RecordFile), rec); err != nil {
			t.Fatal(err)
		}
	}
	folder(brain.Shapes, "V1", "red_square", "red_plus", "blue_square", "blue_plus")
	folder(brain.Shapes, "V4", "red_square", "red_plus", "blue_square")
	folder(brain.NaturalTest, "VC", "n01443537_1", "n01443537_2")
	mail := NewMailbox()
	var problem error
	r := NewResults(mail, func(_ string, err error) { problem = err })
	r.Spec.Shuffles = 5
	told := 0
	r.OnChange(func() { told++ })
	r.Open([]string{root})
	for end := time.Now().Add(20 * time.Second); r.Busy() && time.Now().Before(end); {
		<-mail.Wake()
		mail.Drain()
	}
	if problem != nil || r.Report == nil || told == 0 {
		t.Fatalf("report %v after %d news: %v", r.Report, told, problem)
	}
	return r
}

func TestMatrix(t *testing.T) {
	r := opened(t)
	m := NewMatrix(r)
	m.Reset()
	// Shapes have more areas than scenes, so they are shown first.
	if !slices.Equal(m.Names, []string{"V1", "V4"}) || len(m.Rows) != 4 || m.Filter[results.Condition][0] != string(eval.SeenShapes) {
		t.Fatalf("columns %q, %d rows, filter %v", m.Names, len(m.Rows), m.Filter)
	}
	last := m.Rows[3]
	if last.Label != "blue_plus" || last.Cells[0] == nil || last.Cells[1] != nil || last.Original == "" {
		t.Errorf("row %+v", last)
	}
	if s := m.ColumnScores(0); len(s) != 4 || s[0].Task != eval.Whole || s[0].N != 4 {
		t.Errorf("scores of V1: %+v", s)
	}
	if v, ok := r.Score(m.Rows[0].Cells[0], "correlation"); !ok || v < -1 || v > 1 {
		t.Errorf("score %g, %v", v, ok)
	}
	if _, ok := r.Score(&results.Reconstruction{File: "elsewhere"}, "all"); ok {
		t.Error("a picture from elsewhere has a score")
	}
	m.Sort = "V4"
	m.Arrange()
	if m.Rows[3].Label != "blue_plus" {
		t.Errorf("a row without a score in V4 is not last but %s", m.Rows[3].Label)
	}
	m.Choose(results.Colour, "red")
	if len(m.Rows) != 2 || !slices.Equal(m.Choices(results.Colour), []string{"red", "blue"}) {
		t.Errorf("%d red rows, choices %q", len(m.Rows), m.Choices(results.Colour))
	}
	m.Text = "PLUS"
	m.Arrange()
	if len(m.Rows) != 1 || m.Rows[0].Label != "red_plus" {
		t.Errorf("rows with plus: %+v", m.Rows)
	}
	// A choice that leaves nothing gives way to the new one.
	m.Text = ""
	m.Choose(results.Condition, string(eval.SeenNatural))
	if len(m.Rows) != 2 || m.Rows[0].Label != "n01443537_1" {
		t.Errorf("scenes: %+v, filter %v", m.Rows, m.Filter)
	}
	m.Columns = results.Prior
	m.Arrange()
	if !slices.Equal(m.Names, []string{"pixels"}) {
		t.Errorf("columns %q", m.Names)
	}
}

func TestMatrixMovesAndPins(t *testing.T) {
	m := NewMatrix(opened(t))
	m.Reset()
	m.Move(-3, -5)
	if m.Row != 0 || m.Column != -1 || m.Chosen() != nil {
		t.Errorf("at %d, %d", m.Row, m.Column)
	}
	m.Move(99, 99)
	if m.Row != 3 || m.Column != 1 || m.Chosen() != nil {
		t.Errorf("at %d, %d", m.Row, m.Column)
	}
	m.Move(0, -1)
	if !m.Pin() || len(m.Pinned) != 1 || !m.IsPinned(m.Chosen()) {
		t.Errorf("pinned %v", m.Pinned)
	}
	if m.Pin(); len(m.Pinned) != 0 {
		t.Error("pinned twice")
	}
	for i := range MostPinned {
		m.Pinned = append(m.Pinned, &results.Reconstruction{File: fmt.Sprint(i)})
	}
	if m.Pin() {
		t.Error("more were pinned than there is room for")
	}
	empty := NewMatrix(NewResults(NewMailbox(), nil))
	empty.Reset()
	empty.Move(1, 1)
	if empty.Chosen() != nil || len(empty.Choices(results.ROI)) != 0 {
		t.Error("an empty matrix has cells")
	}
}

func TestResultsTellProblems(t *testing.T) {
	mail := NewMailbox()
	var problem error
	r := NewResults(mail, func(_ string, err error) { problem = err })
	r.Open([]string{t.TempDir()})
	for r.Busy() {
		<-mail.Wake()
		mail.Drain()
	}
	if problem == nil || r.Catalogue != nil {
		t.Errorf("an empty folder: %v", problem)
	}
}
