package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/app/models"
	"reverie/app/session"
	"reverie/ui/uitest"
)

// texts are all that is written in content.
func texts(o fyne.CanvasObject) string {
	var all []string
	for _, x := range test.LaidOutObjects(o) {
		switch x := x.(type) {
		case interface{ Text() string }:
			all = append(all, x.Text())
		case *fwidget.Button:
			all = append(all, x.Text)
		}
	}
	return strings.Join(all, "\n")
}

func tap(t *testing.T, in fyne.CanvasObject, name string) {
	t.Helper()
	for _, x := range test.LaidOutObjects(in) {
		if b, ok := x.(*fwidget.Button); ok && b.Text == name {
			test.Tap(b)
			return
		}
	}
	t.Fatalf("no button %q", name)
}

func withStore(t *testing.T) (*uitest.Engine, string) {
	t.Helper()
	dir := t.TempDir()
	store, err := models.Open(filepath.Join(dir, "models.json"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("../testdata/torchfiles/t2_vgg_narrow.pt")
	if err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(dir, "mine.pt")
	if err := os.WriteFile(p, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return &uitest.Engine{Store: store}, p
}

// Without a subject the models can be seen; what is not here is said with where it is published.
func TestModelsPanel(t *testing.T) {
	e, p := withStore(t)
	s := open(t, e)
	s.show(panelModels)
	if s.welcome.Visible() || !s.models.Content.Visible() {
		t.Fatal("the panel does not show")
	}
	if got := texts(s.models.Content); !strings.Contains(got, "VGG_ILSVRC_19_layers.caffemodel") || !strings.Contains(got, "CC BY-NC") {
		t.Error(got)
	}
	if _, err := e.Store.Add(t.Context(), p, nil); err != nil {
		t.Fatal(err)
	}
	// A model that is dropped: the panel comes up and tells of it.
	e.Found = &session.Opened{Models: []string{p}, Report: []session.Finding{{About: "mine.pt", Text: "VGG19."}}}
	s.show(panelLoad)
	if !s.welcome.Visible() {
		t.Error("without a subject the first screen should stand there")
	}
	s.openPaths([]string{p})
	s.wait(t, "the model is added", func() bool { return s.opening == nil })
	if s.at != panelModels || !strings.Contains(s.banner.Text(), "Added 1 model") || !strings.Contains(texts(s.models.Content), "mine.pt") {
		t.Error(s.at, s.banner.Text())
	}
	tap(t, s.models.Content, "Verify")
	s.wait(t, "verified", func() bool { return strings.Contains(s.banner.Text(), "Verified") })
	if err := os.WriteFile(p, []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.models.Refresh()
	if !strings.Contains(texts(s.models.Content), "has changed") {
		t.Error("a changed file is not shown as such")
	}
	tap(t, s.models.Content, "Verify")
	s.wait(t, "found changed", func() bool { return strings.Contains(s.banner.Text(), "not what was added") })
	tap(t, s.models.Content, "Forget")
	if strings.Contains(texts(s.models.Content), p) {
		t.Error("it is still there")
	}
}

func TestNetworkInUse(t *testing.T) {
	e, _ := withStore(t)
	s := open(t, e)
	s.models.Use("other")
	s.wait(t, "the network changes", func() bool { return s.app.Preferences().String(preferNetwork) == "other" })
	if n := e.Networks(); !n[1].InUse {
		t.Error(n)
	}
	s.models.Use("nothing")
	s.wait(t, "the error shows", func() bool { return strings.Contains(s.banner.Text(), "nothing") })
	if s.app.Preferences().String(preferNetwork) != "other" {
		t.Error("what failed was remembered")
	}
	// The next start takes it again.
	if err := e.UseNetwork(t.Context(), "demo", nil); err != nil {
		t.Fatal(err)
	}
	s.startNetwork()
	s.wait(t, "the network of last time", func() bool { return e.Networks()[1].InUse })
}

// The check of a network needs natural pictures, and says how its layers compare.
func TestCheckNetwork(t *testing.T) {
	s := open(t, &uitest.Engine{})
	s.show(panelModels)
	tap(t, s.models.Content, "Check it…")
	s.wait(t, "the lack of pictures is told", func() bool { return strings.Contains(s.banner.Text(), "natural pictures") })
	s.openDemo(t)
	s.show(panelModels)
	tap(t, s.models.Content, "Check it…")
	s.wait(t, "the comparison", func() bool { return strings.Contains(s.banner.Text(), "conv1_2 0.01") })
	if !strings.Contains(s.banner.Text(), "not as the published ones") {
		t.Error(s.banner.Text())
	}
}

// The report comes first, the gravest first; a session shows its stimuli.
func TestReport(t *testing.T) {
	e := &uitest.Engine{}
	subject, err := e.Demo(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	subject.Simulated = false
	subject.Report = []session.Finding{{About: "a.h5", Text: "fine"}, {Level: session.Wrong, About: "b.h5", Text: "cut short"}, {Level: session.Warning, About: "a.h5", Text: "odd", Do: "look at it"}}
	subject.Datasets[0].Repeated = 3
	e.Found = &session.Opened{Subject: subject}
	s := open(t, e)
	s.openPaths([]string{t.TempDir()})
	s.wait(t, "opened", func() bool { return s.opening == nil && s.subject != nil })
	got := texts(s.load.Content)
	for _, want := range []string{"What was found", "1 error, 1 warning", "a.h5", "b.h5", "Odd."} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in the report", want)
		}
	}
	if strings.Index(got, "b.h5") > strings.Index(got, "a.h5") {
		t.Error("the error does not come first")
	}
	for _, x := range test.LaidOutObjects(s.load.Content) {
		if c, ok := x.(*fwidget.Check); ok && c.Visible() {
			c.SetChecked(true)
		}
	}
	if !s.subject.DropRepetitions {
		t.Error("the switch for repetitions does nothing")
	}
	s.models.Use("other")
	s.wait(t, "the network changes", func() bool { return strings.Contains(texts(s.load.Content), "They are of another network.") })
	s.load.Show(1)
	if strings.Contains(texts(s.load.Content), "What was found") {
		t.Error("the report still shows")
	}
}
