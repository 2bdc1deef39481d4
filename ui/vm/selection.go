package vm

import (
	"slices"

	"reverie/app/session"
)

// Selection is the stimuli picked for reconstruction, in the order of picking,
// over all sessions and at most Max of them.
type Selection struct {
	Max    int // 0 is no limit
	picked []session.Stimulus
}

// Toggle picks a stimulus or drops it. It reports false, and picks nothing,
// where the limit is reached.
func (s *Selection) Toggle(st session.Stimulus) bool {
	if i := slices.Index(s.picked, st); i >= 0 {
		s.picked = slices.Delete(s.picked, i, i+1)
		return true
	}
	if s.Max > 0 && len(s.picked) >= s.Max {
		return false
	}
	s.picked = append(s.picked, st)
	return true
}

// Has reports whether a stimulus is picked.
func (s *Selection) Has(st session.Stimulus) bool { return slices.Contains(s.picked, st) }

// Clear drops all.
func (s *Selection) Clear() { s.picked = nil }

// Len counts the picked.
func (s *Selection) Len() int { return len(s.picked) }

// Picked lists them in a slice of the caller's own.
func (s *Selection) Picked() []session.Stimulus { return slices.Clone(s.picked) }
