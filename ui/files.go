package ui

import (
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"reverie/ui/vm"
)

const preferFolder = "folder"

// openFiles asks for a file. The toolkit's dialog picks one; several are
// dropped on the window or opened as their folder.
func (s *shell) openFiles() {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err != nil {
			s.say("choose a file", err)
			return
		}
		if r == nil {
			return
		}
		path := r.URI().Path()
		_ = r.Close()
		s.app.Preferences().SetString(preferFolder, filepath.Dir(path))
		s.openPaths([]string{path})
	}, s.win)
	d.SetTitleText("Open a subject's file")
	d.SetFilter(storage.NewExtensionFileFilter([]string{".h5", ".hdf5", ".mat", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".gif"}))
	s.place(d)
}

// openModel asks for a model file and adds it.
func (s *shell) openModel() {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err != nil {
			s.say("choose a file", err)
			return
		}
		if r == nil {
			return
		}
		path := r.URI().Path()
		_ = r.Close()
		s.openPaths([]string{path})
	}, s.win)
	d.SetTitleText("Add a model")
	d.SetFilter(storage.NewExtensionFileFilter([]string{".caffemodel", ".pt", ".pth", ".safetensors", ".npy", ".mat", ".txt", ".binaryproto"}))
	s.place(d)
}

// openFolder asks for a folder.
func (s *shell) openFolder() {
	d := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if err != nil {
			s.say("choose a folder", err)
			return
		}
		if u == nil {
			return
		}
		s.app.Preferences().SetString(preferFolder, u.Path())
		s.openPaths([]string{u.Path()})
	}, s.win)
	d.SetTitleText("Open a subject's folder")
	s.place(d)
}

func (s *shell) place(d *dialog.FileDialog) {
	if at := s.app.Preferences().String(preferFolder); at != "" {
		if u, err := storage.ListerForURI(storage.NewFileURI(at)); err == nil {
			d.SetLocation(u)
		}
	}
	d.Resize(fyne.NewSize(900, 600))
	d.Show()
}

func (s *shell) say(action string, err error) {
	if p, bad := vm.ProblemOf(action, err); bad {
		s.banner.Say(p)
	}
}
