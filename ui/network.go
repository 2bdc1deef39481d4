package ui

// preferNetwork is the network in use, remembered over starts.
const preferNetwork = "network"

// usedNetwork remembers the network and shows what follows from it.
func (s *shell) usedNetwork(id string) {
	s.app.Preferences().SetString(preferNetwork, id)
	s.watch.Refresh()
	s.train.Renew()
	s.batch.Renew()
	if s.subject != nil {
		s.load.Report(s.engine.Fits(s.subject))
	}
}

// startNetwork takes the network of last time into use, once the window is
// there: reading one takes seconds. What the command line names comes before it.
func (s *shell) startNetwork() {
	if id := s.app.Preferences().String(preferNetwork); id != "" && !s.opt.Network {
		for _, n := range s.engine.Networks() {
			if n.ID == id && !n.InUse {
				s.models.Use(id)
			}
		}
	}
}
