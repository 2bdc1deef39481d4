package ui

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"reverie/app/evaluation"
	"reverie/app/export"
	"reverie/app/pipeline"
	"reverie/app/rating"
	"reverie/app/results"
	"reverie/app/session"
	"reverie/compute/brain"
	"reverie/ui/panel/rate"
	"reverie/ui/theme"
	"reverie/ui/uitest"
)

// reconstructed writes n scenes reconstructed from two areas.
func reconstructed(t testing.TB, n int) string {
	t.Helper()
	root := t.TempDir()
	for _, roi := range []string{"V1", "VC"} {
		dir := filepath.Join(root, roi)
		rec := pipeline.Record{Subject: "S1", Session: brain.NaturalTest, Features: session.Decoded, ROI: roi, LayerSet: "DNN1-8", Voxels: 120}
		for i := range n {
			im := pipeline.ImageRecord{Label: fmt.Sprintf("n%08d_1", i), File: fmt.Sprintf("r%d.png", i), Original: fmt.Sprintf("o%d.png", i)}
			rec.Images = append(rec.Images, im)
			for k, name := range []string{im.File, im.Original} {
				m := image.NewNRGBA(image.Rect(0, 0, 16, 16))
				for p := range m.Pix {
					m.Pix[p] = uint8((p*(i+3))%251+k*(p%7)) | 3
				}
				if err := export.PNG(filepath.Join(dir, name), m); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := export.JSON(filepath.Join(dir, pipeline.RecordFile), rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := export.JSON(filepath.Join(root, "figures.json"), struct{}{}); err != nil {
		t.Fatal(err)
	}
	return root
}

func openReconstructed(t *testing.T, n int) (*shell, string) {
	t.Helper()
	s := open(t, &uitest.Engine{})
	root := reconstructed(t, n)
	s.results.Spec.Shuffles = 10
	// Dropped anywhere, a folder of reconstructions is shown.
	s.dropped([]fyne.URI{storage.NewFileURI(root)})
	s.wait(t, "scores", func() bool { return s.results.Report != nil && !s.results.Busy() })
	return s, root
}

func TestBrowse(t *testing.T) {
	s, _ := openReconstructed(t, 6)
	if s.at != panelBrowse {
		t.Fatalf("panel %d is shown", s.at)
	}
	m := s.browse.Matrix()
	if len(m.Rows) != 6 || len(m.Names) != 2 {
		t.Fatalf("%d rows, columns %q", len(m.Rows), m.Names)
	}
	press := func(k fyne.KeyName) { s.key(&fyne.KeyEvent{Name: k}) }
	press(fyne.KeyDown)
	press(fyne.KeyRight)
	press(fyne.KeyP)
	if m.Row != 1 || m.Column != 1 || len(m.Pinned) != 1 || m.Pinned[0].ROI != "VC" {
		t.Errorf("at %d, %d, pinned %v", m.Row, m.Column, m.Pinned)
	}
	press(fyne.KeyZ)
	press(fyne.KeyB)
	s.wait(t, "blinking", func() bool { return true })
	press(fyne.KeyB)
	m.Choose(results.ROI, "V1")
	if len(m.Names) != 1 {
		t.Errorf("columns %q", m.Names)
	}
}

func TestBrowseSaysWhatIsWrong(t *testing.T) {
	s := open(t, &uitest.Engine{})
	s.show(panelBrowse)
	s.openResults([]string{t.TempDir()})
	s.wait(t, "a problem", func() bool { return s.banner.Visible() })
	if s.results.Busy() || s.results.Catalogue != nil {
		t.Error("an empty folder was opened")
	}
}

func TestEvaluatePanel(t *testing.T) {
	s, root := openReconstructed(t, 6)
	s.show(panelEvaluate)
	s.wait(t, "a figure", func() bool { return s.evaluate.Possible() > 0 })
	// Of scenes over pixels alone: quality, and the report.
	out := filepath.Join(root, "out")
	s.evaluate.SaveInto(out)
	s.wait(t, "the report", func() bool {
		_, err := os.Stat(filepath.Join(out, evaluation.PageFile))
		return err == nil
	})
	for _, f := range []string{"figures/figure-2c.pdf", "figures/figure-2c.svg", "figures/figure-2c.png", "figures/figure-2c.txt", evaluation.ReportFile} {
		if _, err := os.Stat(filepath.Join(out, f)); err != nil {
			t.Error(err)
		}
	}
}

// TestRate goes through a whole set by keys, and evaluates what came of it.
func TestRate(t *testing.T) {
	s, root := openReconstructed(t, 4)
	s.show(panelRate)
	s.rate.Choose("rater 1", 7)
	s.rate.Begin()
	s.wait(t, "the instructions", s.rate.Rating)
	stage := s.rate.Play()
	key := func(k fyne.KeyName) {
		time.Sleep(rate.TooEarly + 10*time.Millisecond)
		stage.TypedKey(&fyne.KeyEvent{Name: k})
	}
	// A key that comes too early is none.
	stage.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF})
	if n := answers(t, root); n != 0 {
		t.Fatalf("%d answers at once", n)
	}
	key(fyne.KeyF)
	key(fyne.KeyRight)
	key(fyne.KeyBackspace) // taken back
	key(fyne.Key1)
	if n := answers(t, root); n != 4 { // with the row that takes back
		t.Fatalf("%d rows", n)
	}
	key(fyne.KeyEscape)
	s.rate.Play()
	for s.rate.Rating() {
		key(fyne.KeyJ)
	}
	s.wait(t, "the answers evaluated", func() bool {
		return s.results.Report != nil && !s.results.Busy() && len(s.results.Report.Spec.Ratings) == 1
	})
	human := 0
	for _, x := range s.results.Report.Scores {
		if x.Measure == evaluation.Human {
			human++
		}
	}
	if human != 4 {
		t.Errorf("%d images judged, want 4", human)
	}
}

func answers(t *testing.T, root string) int {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(root, "ratings", "*.tsv"))
	if len(files) != 1 {
		t.Fatalf("files of answers %q", files)
	}
	f, err := rating.Read(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(files[0], "rater-1") {
		t.Errorf("file %s", files[0])
	}
	return len(f.Answers)
}

// BenchmarkNextTrial is from a key press to the next pair's being set up for the next frame, with the answer on the disk.
func BenchmarkNextTrial(b *testing.B) {
	a := test.NewTempApp(b)
	a.Settings().SetTheme(theme.Theme{Mode: theme.Light})
	w := a.NewWindow("Reverie")
	defer w.Close()
	s := newShell(a, w, &uitest.Engine{}, Options{Version: "test"})
	w.Resize(fyne.NewSize(1280, 800))
	s.results.Spec.Shuffles = 0
	s.openResults([]string{reconstructed(b, 40)})
	until := func(ok func() bool) {
		for !ok() {
			<-s.mail.Wake()
			s.mail.Drain()
		}
	}
	until(func() bool { return s.results.Report != nil && !s.results.Busy() })
	s.show(panelRate)
	s.rate.Choose("bench", 1)
	s.rate.Begin()
	until(s.rate.Rating)
	stage := s.rate.Play()
	worst := time.Duration(0)
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		time.Sleep(rate.TooEarly)
		b.StartTimer()
		begun := time.Now()
		stage.TypedKey(&fyne.KeyEvent{Name: fyne.KeyF})
		worst = max(worst, time.Since(begun))
	}
	b.ReportMetric(float64(worst.Microseconds())/1000, "ms-worst")
}
