package ui

import (
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"reverie/app/pipeline"
	"reverie/ui/panel/browse"
	"reverie/ui/panel/evaluate"
	"reverie/ui/panel/rate"
	"reverie/ui/vm"
)

// preferResults is the folder of reconstructions that was opened last.
const preferResults = "results"

// makeResults makes what shows finished reconstructions.
func (s *shell) makeResults() {
	s.results = vm.NewResults(s.mail, s.say)
	s.browse = browse.New(browse.Deps{
		Results: s.results, Mail: s.mail, Choose: s.chooseResults, Make: func() { s.show(panelBatch) }, Evaluate: func() { s.show(panelEvaluate) },
		Originals: func() {
			s.chooseFolder("Folder of the stimulus pictures", func(path string) {
				s.results.Stimuli = append(s.results.Stimuli, path)
				s.results.Again()
			})
		},
		Say: s.status.idle, Save: s.saveAs, Problem: s.banner.Say,
	})
	s.evaluate = evaluate.New(evaluate.Deps{
		Results: s.results, Mail: s.mail, Choose: s.chooseResults, Browse: func() { s.show(panelBrowse) }, Folder: s.chooseFolder, Save: s.saveAs,
		Say: s.status.idle, Problem: s.banner.Say,
		Ratings: func() { s.chooseFolder("Folder of raters' answers", s.takeRatings) },
		Copy: func(text string) {
			s.app.Clipboard().SetContent(text)
			s.status.idle("Copied: " + text)
		},
	})
}

// preferRater is who rated last.
const preferRater = "rater"

// makeRate makes the panel in which people judge.
func (s *shell) makeRate() {
	s.rate = rate.New(rate.Deps{
		Results: s.results, Mail: s.mail, Choose: s.chooseResults, Folder: s.chooseFolder, Problem: s.banner.Say,
		Focus: func(f fyne.Focusable) { s.win.Canvas().Focus(f) },
		Ended: func(dir string) {
			s.status.idle("Answers in " + dir)
			s.takeRatings(dir)
		},
		Rater: s.app.Preferences().String(preferRater), Keep: func(name string) { s.app.Preferences().SetString(preferRater, name) },
	})
}

// takeRatings adds the answers in a folder to what is evaluated.
func (s *shell) takeRatings(dir string) {
	if files := answersIn(dir); len(files) > 0 {
		s.results.Spec.Ratings = files
		s.results.Again()
	}
}

// answersIn are a folder's files of answers.
func answersIn(dir string) []string {
	files, err := filepath.Glob(filepath.Join(dir, "*.tsv"))
	if err != nil {
		return nil // a name that is a bad pattern
	}
	return files
}

func (s *shell) chooseResults() {
	s.chooseFolder("Folder of reconstructions", func(path string) { s.openResults([]string{path}) })
}

// openResults shows reconstructions.
func (s *shell) openResults(paths []string) {
	s.app.Preferences().SetString(preferResults, paths[0])
	if s.at != panelEvaluate && s.at != panelRate {
		s.show(panelBrowse)
	}
	s.results.Spec.Ratings = answersIn(filepath.Join(paths[0], "ratings"))
	s.results.Open(paths)
	s.rate.SetFolder(filepath.Join(paths[0], "ratings"))
}

// areResults tells whether paths are folders of reconstructions: a record or a batch lies in them.
func areResults(paths []string) bool {
	for _, p := range paths {
		found := false
		for _, name := range []string{pipeline.RecordFile, "batch.json", "figures.json", "demo.json"} {
			_, err := os.Stat(filepath.Join(p, name))
			found = found || err == nil
		}
		if !found {
			return false
		}
	}
	return len(paths) > 0
}

// saveAs asks where to save.
func (s *shell) saveAs(name string, do func(path string)) {
	d := dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
		if err != nil || w == nil {
			return
		}
		path := w.URI().Path()
		w.Close()
		do(path)
	}, s.win)
	d.SetFileName(name)
	if at := s.app.Preferences().String(preferResults); at != "" {
		if l, err := storage.ListerForURI(storage.NewFileURI(at)); err == nil {
			d.SetLocation(l)
		}
	}
	d.Resize(fyne.NewSize(900, 600))
	d.Show()
}
