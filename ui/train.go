package ui

import (
	"os"

	"reverie/ui/panel/decoders"
	"reverie/ui/panel/train"
	"reverie/ui/vm"
)

// preferDecoders is the folder that decoders were trained into last.
const preferDecoders = "decoders"

// makeTrain makes the panels that train decoders and look at them.
func (s *shell) makeTrain() {
	_, layers := s.engine.Network()
	s.train = train.New(train.Deps{
		Trainer: s.engine, Layers: layers, Mail: s.mail, Problem: s.banner.Say, Changed: s.trainNews, Ask: s.ask,
		Busy: func() string {
			if s.reconstructing() {
				return "A reconstruction is running: train once it has ended."
			}
			return s.batchRuns()
		},
		Folder: func(do func(string)) {
			s.chooseFolder("Choose a folder for the decoders", func(path string) {
				s.app.Preferences().SetString(preferDecoders, path)
				do(path)
			})
		},
		Look: s.openDecoders, Demo: s.demo, Open: s.openFiles,
		Out: s.app.Preferences().String(preferDecoders),
	})
	s.decoders = decoders.New(decoders.Deps{
		Trainer: s.engine, Mail: s.mail, Problem: s.banner.Say, Choose: s.chooseDecoders,
		Train:  func() { s.show(panelTrain) },
		CanUse: func() bool { return s.subject != nil },
		Use:    func(root string) { s.openSubject([]string{root}, root) },
	})
}

// trainNews shows what is new of a training outside its panel.
func (s *shell) trainNews() {
	t := s.train.Training()
	if t == nil || s.opening != nil {
		return
	}
	active := t.Active()
	if t == s.trained && !active && !s.wasActive {
		return // its end was told
	}
	s.status.showTraining(t)
	if t != s.trained || active != s.wasActive {
		s.trained, s.wasActive = t, active
		s.watch.Sync()
	}
}

func (s *shell) training() bool {
	t := s.train.Training()
	return t != nil && t.Active()
}

func (s *shell) reconstructing() bool {
	r := s.watch.Run()
	return r != nil && r.Active()
}

// openDecoders shows the decoders below a folder.
func (s *shell) openDecoders(root string) {
	s.show(panelDecoders)
	s.decoders.Open(root)
}

// chooseDecoders asks for a folder of decoders.
func (s *shell) chooseDecoders() { s.chooseFolder("Open a folder of decoders", s.openDecoders) }

// sortOut sends a folder of decoders to their panel, all else to elsewhere. With
// a subject in view they go there too: it can be decoded with them.
func (s *shell) sortOut(paths []string, elsewhere func()) {
	if st, err := os.Stat(paths[0]); len(paths) != 1 || err != nil || !st.IsDir() {
		elsewhere()
		return
	}
	go func() {
		found := vm.OnlyDecoders(paths[0])
		s.mail.Post(func() {
			if found && (s.subject == nil || s.at >= panelModels) {
				s.openDecoders(paths[0])
			} else {
				elsewhere()
			}
		})
	}()
}
