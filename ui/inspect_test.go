package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	fwidget "fyne.io/fyne/v2/widget"

	"reverie/ui/uitest"
)

// The panel shows the inside of a real file, opens a branch when asked, and says what is wrong with a damaged one.
func TestInspect(t *testing.T) {
	s := open(t, &uitest.Engine{})
	s.show(panelInspect)
	if s.welcome.Visible() || !strings.Contains(texts(s.inspect.Content), "See what is in a file") {
		t.Fatal("no empty state")
	}
	p, err := filepath.Abs("../testdata/bdata/sample.h5")
	if err != nil {
		t.Fatal(err)
	}
	s.dropped([]fyne.URI{storage.NewFileURI(p)}) // here a drop is looked into, not opened
	var tree *fwidget.Tree
	s.wait(t, "the file's tree", func() bool {
		for _, o := range test.LaidOutObjects(s.inspect.Content) {
			if x, ok := o.(*fwidget.Tree); ok && len(x.ChildUIDs("")) > 0 {
				tree = x
			}
		}
		return tree != nil
	})
	if got := labels(s.inspect.Content); !strings.Contains(got, "samples") || !strings.Contains(got, "dataset\n24 × 34") || !strings.Contains(got, "metadata") {
		t.Error(got)
	}
	for _, id := range tree.ChildUIDs("") {
		tree.OpenBranch(id)
	}
	s.wait(t, "the metadata's keys", func() bool { return strings.Contains(labels(s.inspect.Content), "VoxelData") })

	bad := filepath.Join(t.TempDir(), "cut.h5")
	if err := os.WriteFile(bad, []byte("\x89HDF\r\n\x1a\n and nothing more"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.inspect.Open(bad)
	s.wait(t, "the problem shows", func() bool { return s.banner.Visible() })
	if !strings.Contains(s.banner.Text(), "cut.h5") {
		t.Error(s.banner.Text())
	}
}

// labels are the texts of all labels in content.
func labels(o fyne.CanvasObject) string {
	var all []string
	for _, x := range test.LaidOutObjects(o) {
		if l, ok := x.(*fwidget.Label); ok && l.Text != "" {
			all = append(all, l.Text)
		}
	}
	return strings.Join(all, "\n")
}
