// Package rate is the panel in which people judge reconstructions, as in the paper's two experiments: who and what,
// instructions, practice, trials, breaks.
package rate

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	ftheme "fyne.io/fyne/v2/theme"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/rating"
	"reverie/ui/vm"
	"reverie/ui/widget"
)

// Deps is what the panel works with.
type Deps struct {
	Results *vm.Results
	Mail    *vm.Mailbox
	Choose  func() // asks for a folder of reconstructions
	Folder  func(title string, do func(path string))
	Problem func(vm.Problem)
	Focus   func(fyne.Focusable)
	// Ended is told the folder of the answers when a rater finished.
	Ended func(dir string)
	Rater string // who rated last
	Keep  func(rater string)
}

// Panel is the Rate panel.
type Panel struct {
	Content fyne.CanvasObject

	d         Deps
	stack     *fyne.Container
	empty     fyne.CanvasObject
	start     fyne.CanvasObject
	words     fyne.CanvasObject
	text      *widget.Paragraph
	heading   *widget.Text
	goOn      *fwidget.Button
	stage     *Stage
	rater     *fwidget.Entry
	seed      *fwidget.Entry
	choice    *fwidget.Select
	estimate  *widget.Text
	dir       *widget.Text
	folder    string
	begin     *fwidget.Button
	choices   []rating.Choice
	of        any // the catalogue that choices are of
	run       *rating.Run
	preparing bool
}

// New makes the panel.
func New(d Deps) *Panel {
	p := &Panel{d: d}
	p.stage = newStage(p)
	p.makeStart()
	p.makeWords()
	open := fwidget.NewButtonWithIcon("Open a folder of reconstructions…", ftheme.FolderOpenIcon(), d.Choose)
	open.Importance = fwidget.HighImportance
	p.empty = container.NewCenter(widget.Stack(14,
		widget.NewText("Let people judge", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}).Align(fyne.TextAlignCenter),
		widget.AtLeast(480, 0, widget.Note("Open reconstructions first. A rater then sees one with two originals and says which it is of, or an original with two reconstructions and says which is better, as in the paper.").Centre()),
		container.NewCenter(open)))
	p.stack = container.NewStack(p.empty)
	p.Content = p.stack
	d.Results.OnChange(p.Refresh)
	return p
}

func (p *Panel) view(o fyne.CanvasObject) {
	p.stack.Objects = []fyne.CanvasObject{o}
	p.stack.Refresh()
}

func (p *Panel) makeStart() {
	p.rater = fwidget.NewEntry()
	p.rater.SetText(p.d.Rater)
	p.rater.SetPlaceHolder("a name or number, no personal data")
	p.rater.OnChanged = func(string) { p.sync() }
	p.seed = fwidget.NewEntry()
	p.seed.SetText("1")
	p.seed.OnChanged = func(string) { p.sync() }
	p.estimate, p.dir = widget.Caption(""), widget.Caption("")
	p.choice = fwidget.NewSelect(nil, func(string) { p.sync() })
	p.begin = fwidget.NewButtonWithIcon("Begin, or go on", ftheme.MediaPlayIcon(), p.Begin)
	p.begin.Importance = fwidget.HighImportance
	field := func(name string, o fyne.CanvasObject) fyne.CanvasObject {
		return widget.Stack(2, widget.NewText(name, ftheme.SizeNameText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}), o)
	}
	card := widget.NewSurface("reverieSurface", 10, 22, widget.AtLeast(600, 0, widget.Stack(16,
		widget.NewText("Human judgement", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true}),
		field("Rater", p.rater), field("What is judged", widget.Stack(4, p.choice, p.estimate)), field("Seed of order and sides", p.seed),
		field("Answers", container.NewBorder(nil, nil, nil, fwidget.NewButton("Folder…", func() {
			p.d.Folder("Folder for the answers", func(path string) { p.folder = path; p.sync() })
		}), p.dir)),
		widget.Note("Each answer is written to the disk at once. The same rater, set and seed go on where they were."), p.begin)))
	p.start = container.NewCenter(card)
}

func (p *Panel) makeWords() {
	p.heading = widget.NewText("", ftheme.SizeNameSubHeadingText, ftheme.ColorNameForeground, fyne.TextStyle{Bold: true})
	p.text = widget.Note("")
	p.goOn = fwidget.NewButton("", nil)
	p.goOn.Importance = fwidget.HighImportance
	leave := fwidget.NewButton("Leave", func() { p.Leave() })
	p.words = container.NewCenter(widget.NewSurface("reverieSurface", 10, 26, widget.AtLeast(540, 0, widget.Stack(16, p.heading, p.text, container.NewHBox(p.goOn, leave)))))
}

// Refresh takes up new reconstructions, but not under a rater's hands.
func (p *Panel) Refresh() {
	c := p.d.Results.Catalogue
	if c == nil || p.run != nil || p.of == any(c) {
		return
	}
	p.of = c
	p.choices = rating.Choices(c.Items)
	if len(p.choices) == 0 {
		p.view(p.empty)
		return
	}
	var names []string
	for _, x := range p.choices {
		names = append(names, vm.ChoiceText(x))
	}
	at := max(0, slices.Index(names, p.choice.Selected)) // after a set, the same again
	p.choice.SetOptions(names)
	p.choice.SetSelectedIndex(at)
	p.sync()
	p.view(p.start)
}

func (p *Panel) sync() {
	i := p.choice.SelectedIndex()
	_, err := strconv.ParseUint(p.seed.Text, 10, 64)
	p.estimate.SetText("")
	if i >= 0 && i < len(p.choices) {
		p.estimate.SetText(vm.RateEstimate(p.choices[i]))
	}
	p.dir.SetText(p.folder)
	if p.folder == "" {
		p.dir.SetText("none chosen")
	}
	if i >= 0 && err == nil && p.rater.Text != "" && p.folder != "" && !p.preparing {
		p.begin.Enable()
	} else {
		p.begin.Disable()
	}
}

// SetFolder says where answers go.
func (p *Panel) SetFolder(dir string) { p.folder = dir; p.sync() }

// Begin makes the plan and shows the instructions.
func (p *Panel) Begin() {
	i := p.choice.SelectedIndex()
	seed, err := strconv.ParseUint(p.seed.Text, 10, 64)
	if i < 0 || err != nil || p.preparing {
		return
	}
	p.preparing = true
	p.estimate.SetText("Reading the pictures…")
	p.begin.Disable()
	c, rater, dir := p.choices[i], p.rater.Text, p.folder
	p.d.Keep(rater)
	go func() {
		plan, err := rating.NewPlan(c, seed)
		var run *rating.Run
		if err == nil {
			run, err = rating.Start(dir, plan, rater, time.Now())
		}
		p.d.Mail.Post(func() {
			p.preparing = false
			p.sync()
			if err != nil {
				if b, bad := vm.ProblemOf("begin the rating", err); bad {
					p.d.Problem(b)
				}
				return
			}
			p.run = run
			p.instruct()
		})
	}()
}

const keysText = "F, 1 or the left arrow takes the left one, J, 2 or the right arrow the right one; a click does too. Backspace takes the last answer back, Esc pauses. Take your time; there is no right or wrong that you will be told."

func (p *Panel) instruct() {
	text := "Below you see a blurred picture, above it two others. Which of the two is it a picture of?"
	if p.run.Plan.Kind == rating.Prefer {
		text = "Above you see a picture, below it two blurred ones of it. Which of the two is more like the picture?"
	}
	head := "Instructions"
	if done := p.run.Done(); done > 0 {
		head = fmt.Sprintf("Welcome back: %s of %s are done", vm.Count(done, ""), vm.Count(p.run.Total(), ""))
	} else {
		text += fmt.Sprintf("\n\nThe first %d are for practice.", rating.PracticeTrials)
	}
	if p.run.Restored != "" {
		text = p.run.Restored + "\n\n" + text
	}
	p.say(head, text+"\n\n"+keysText, "Start", p.play)
}

// say shows words with a button that goes on.
func (p *Panel) say(head, text, button string, do func()) {
	p.heading.SetText(head)
	p.text.SetText(text)
	p.goOn.SetText(button)
	p.goOn.OnTapped = do
	p.view(p.words)
	p.d.Focus(p.goOn)
}

// Choose fills in rater and seed.
func (p *Panel) Choose(rater string, seed uint64) {
	p.rater.SetText(rater)
	p.seed.SetText(strconv.FormatUint(seed, 10))
}

// Play shows the trial that comes and gives it the keys.
func (p *Panel) Play() *Stage {
	if _, ok := p.run.Current(); !ok {
		p.end()
		return p.stage
	}
	p.view(p.stage)
	p.stage.next()
	p.d.Focus(p.stage)
	return p.stage
}

func (p *Panel) play() { p.Play() }

// Pause shows where the rater stands.
func (p *Panel) Pause() {
	if p.run == nil {
		return
	}
	p.say("Paused", fmt.Sprintf("%s of %s are done. All answers are saved.", vm.Count(p.run.Done(), ""), vm.Count(p.run.Total(), "")), "Go on", p.play)
}

func (p *Panel) rest() {
	p.say("Time for a break?", fmt.Sprintf("%s of %s are done. Look into the distance for a moment.", vm.Count(p.run.Done(), ""), vm.Count(p.run.Total(), "")), "Go on", p.play)
}

func (p *Panel) end() {
	dir, total := p.folder, p.run.Total()
	p.Leave()
	p.say("Thank you", fmt.Sprintf("All %s pairs are judged. The answers are in %s; Evaluate takes them with “Ratings…”.", vm.Count(total, ""), dir), "Another set", func() { p.view(p.start) })
	p.d.Ended(dir)
}

// Leave goes back to the start; all answers are saved.
func (p *Panel) Leave() {
	if p.run != nil {
		p.run.Close()
		p.run = nil
	}
	p.of = nil
	p.Refresh()
	if len(p.choices) > 0 {
		p.view(p.start)
	}
}

// Rating tells whether somebody is at it.
func (p *Panel) Rating() bool { return p.run != nil }
