package watch

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/export"
	"reverie/app/figure"
	"reverie/app/movie"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

const (
	savePicture = "This image (PNG)"
	saveGIF     = "Movie (GIF)"
	saveAPNG    = "Movie (animated PNG, all colours)"
	saveMP4     = "Movie (MP4)"
	ofAll       = "all images"
	ofOne       = "the chosen image"
)

var endings = map[string]string{savePicture: ".png", saveGIF: ".gif", saveAPNG: ".apng", saveMP4: ".mp4"}

// Export asks what to save of the run in view, and where.
func (p *Panel) Export() {
	run := p.shown
	c := fyne.CurrentApp().Driver().CanvasForObject(p.Content)
	if run == nil || c == nil {
		return
	}
	kinds := []string{savePicture, saveGIF, saveAPNG}
	if movie.HasFFmpeg() {
		kinds = append(kinds, saveMP4)
	}
	kind := fwidget.NewSelect(kinds, nil)
	which := fwidget.NewSelect([]string{ofAll, ofOne}, nil)
	rate := fwidget.NewSelect([]string{"5", "10", "20"}, nil)
	labels := fwidget.NewCheck("Labels and the iteration", nil)
	labels.SetChecked(true)
	rate.SetSelected("10")
	which.SetSelectedIndex(0)
	kind.OnChanged = func(s string) {
		for _, w := range []fyne.Disableable{which, rate, labels} {
			enable(w, s != savePicture)
		}
	}
	kind.SetSelectedIndex(1)
	var pop *fwidget.PopUp
	next := fwidget.NewButton("Choose a file…", func() {
		pop.Hide()
		s := saving{run: run, at: p.player.at, display: p.display, name: kind.Selected, plain: !labels.Checked, focus: -1}
		if which.Selected == ofOne || s.name == savePicture {
			s.focus = p.focus
		}
		_, _ = fmt.Sscan(rate.Selected, &s.fps)
		for _, t := range p.tiles {
			s.originals = append(s.originals, t.original)
		}
		p.askWhere(c, s)
	})
	next.Importance = fwidget.HighImportance
	form := fwidget.NewForm(fwidget.NewFormItem("What", kind), fwidget.NewFormItem("Of", which), fwidget.NewFormItem("Frames a second", rate), fwidget.NewFormItem("", labels))
	title := widget.NewText("Save", "subHeadingText", "foreground", fyne.TextStyle{Bold: true})
	buttons := container.NewBorder(nil, nil, fwidget.NewButton("Cancel", func() { pop.Hide() }), next)
	pop = fwidget.NewModalPopUp(widget.Pad(12, container.NewBorder(title, buttons, nil, nil, widget.AtLeast(420, 190, form))), c)
	pop.Show()
}

// saving is what is to be saved.
type saving struct {
	run       *vm.Run
	at        int // iteration of a picture
	focus     int // image; −1 is all
	display   figure.Display
	name      string
	fps       float64
	plain     bool
	originals []*image.NRGBA
}

func (p *Panel) askWhere(c fyne.Canvas, s saving) {
	var win fyne.Window
	for _, w := range fyne.CurrentApp().Driver().AllWindows() {
		if w.Canvas() == c {
			win = w
		}
	}
	if win == nil {
		return
	}
	d := dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
		if err != nil || w == nil {
			return
		}
		path := w.URI().Path()
		w.Close()
		if filepath.Ext(path) == "" {
			path += endings[s.name]
		}
		p.save(win, s, path)
	}, win)
	d.SetFileName("reconstruction" + endings[s.name])
	d.Show()
}

// save writes in the background, with progress and a way to stop it.
func (p *Panel) save(win fyne.Window, s saving, path string) {
	ctx, cancel := context.WithCancel(context.Background())
	bar := fwidget.NewProgressBar()
	d := dialog.NewCustom("Saving "+filepath.Base(path), "Cancel", widget.AtLeast(360, 0, bar), win)
	d.SetOnClosed(cancel)
	d.Show()
	go func() {
		err := s.write(ctx, path, func(done, total int) {
			p.deps.Mail.PostLatest("watch/save", func() { bar.SetValue(float64(done) / float64(max(total, 1))) })
		})
		p.deps.Mail.Post(func() {
			d.Hide()
			switch pr, bad := vm.ProblemOf("save "+filepath.Base(path), err); {
			case bad:
				p.deps.Problem(pr)
			case err == nil:
				p.deps.Problem(vm.Problem{Notice: true, Title: "Saved", Detail: path})
			}
		})
	}()
}

func (s saving) write(ctx context.Context, path string, progress func(done, total int)) error {
	if s.name == savePicture {
		m := s.run.Picture(s.focus, s.at, s.display)
		if m == nil {
			return errors.New("there is no picture yet")
		}
		return export.PNG(path, m)
	}
	src := &frames{saving: s, its: s.run.Frames.Iterations()}
	o := movie.Options{FPS: s.fps, First: 500e6, Last: 2e9, NoLabels: s.plain, NoCounter: s.plain, Progress: progress}
	if strings.HasSuffix(path, ".png") && s.name == saveAPNG {
		path = strings.TrimSuffix(path, ".png") + ".apng"
	}
	_, err := movie.Write(ctx, path, o, src)
	return err
}

// frames gives a run's kept frames to a movie.
type frames struct {
	saving
	its []int
}

func (f *frames) Len() int { return len(f.its) }

// chosen are the images of the movie.
func (f *frames) chosen() []int {
	if f.focus >= 0 {
		return []int{f.focus}
	}
	out := make([]int, len(f.run.Plan.Stimuli))
	for i := range out {
		out[i] = i
	}
	return out
}

func (f *frames) Images() []movie.Image {
	var out []movie.Image
	for _, i := range f.chosen() {
		m := movie.Image{Label: f.run.Plan.Stimuli[i].Label}
		if i < len(f.originals) && f.originals[i] != nil {
			m.Original = f.originals[i]
		}
		out = append(out, m)
	}
	return out
}

func (f *frames) Frame(_ context.Context, k int) ([]movie.Shot, error) {
	var out []movie.Shot
	for _, i := range f.chosen() {
		s := movie.Shot{Iteration: f.its[k]}
		if raw := f.run.Frames.At(i, f.its[k]).Picture(); raw != nil {
			m, err := figure.Show(f.display, raw.RGB, raw.H, raw.W)
			if err != nil {
				return nil, err
			}
			s.Picture = m
		}
		out = append(out, s)
	}
	return out, nil
}
