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
	s.chooseFile("Open a subject's file", []string{".h5", ".hdf5", ".mat", ".csv", ".tsv", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".gif"},
		func(path string) { s.openPaths([]string{path}) })
}

// openModel asks for a model file and adds it.
func (s *shell) openModel() {
	s.chooseFile("Add a model", []string{".caffemodel", ".pt", ".pth", ".safetensors", ".npy", ".npz", ".mat", ".txt", ".binaryproto"},
		func(path string) { s.openPaths([]string{path}) })
}

// inspectFile asks for any file and shows its inside.
func (s *shell) inspectFile() {
	s.chooseFile("Look into a file", nil, func(path string) {
		s.show(panelInspect)
		s.inspect.Open(path)
	})
}

// chooseFile asks for a file with one of some extensions; none is any file.
func (s *shell) chooseFile(title string, extensions []string, do func(path string)) {
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
		do(path)
	}, s.win)
	d.SetTitleText(title)
	if extensions != nil {
		d.SetFilter(storage.NewExtensionFileFilter(extensions))
	}
	s.place(d)
}

// openFolder asks for a subject's folder.
func (s *shell) openFolder() {
	s.chooseFolder("Open a subject's folder", func(path string) { s.openPaths([]string{path}) })
}

// chooseFolder asks for a folder.
func (s *shell) chooseFolder(title string, do func(path string)) {
	d := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if err != nil {
			s.say("choose a folder", err)
			return
		}
		if u == nil {
			return
		}
		s.app.Preferences().SetString(preferFolder, u.Path())
		do(u.Path())
	}, s.win)
	d.SetTitleText(title)
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
