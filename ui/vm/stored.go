package vm

import (
	"slices"

	"reverie/app/session"
)

// StoreFor finds the store of features that has all of some stimuli: that of
// their session, else one with their labels. lack says why there is none.
func StoreFor(s *session.Subject, stimuli []session.Stimulus) (store *session.Feature, lack string) {
	if s == nil || len(s.Stored) == 0 {
		return nil, "No stored features are open."
	}
	for i := range s.Stored {
		f := &s.Stored[i]
		if !slices.ContainsFunc(stimuli, func(st session.Stimulus) bool { return !holds(s, f, st) }) {
			return f, ""
		}
	}
	return nil, "No store of features has all the stimuli picked."
}

func holds(s *session.Subject, f *session.Feature, st session.Stimulus) bool {
	for _, d := range s.Datasets {
		if d.Session == st.Session && d.Store != "" {
			return d.Store == f.Path
		}
	}
	return slices.Contains(f.Labels, st.Label)
}

// HasActivity tells whether all of some stimuli come from sessions with brain activity.
func HasActivity(s *session.Subject, stimuli []session.Stimulus) bool {
	return s != nil && !slices.ContainsFunc(stimuli, func(st session.Stimulus) bool {
		return !slices.ContainsFunc(s.Datasets, func(d session.Dataset) bool { return d.Session == st.Session && d.File != "" })
	})
}
