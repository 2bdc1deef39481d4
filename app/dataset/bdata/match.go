package bdata

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// millionths is the key of an id: image numbers are its six decimals, and what a program
// added up may be off in the last bits.
func millionths(id float64) int64 { return int64(math.Round(id * 1e6)) }

func (t *Table) index() error {
	t.byIndex, t.byID, t.byName = map[int]int{}, map[int64]int{}, map[string]int{}
	for i, s := range t.Stimuli {
		if j, twice := t.byName[s.Name]; twice && !same(t.Stimuli[j], s) {
			return fmt.Errorf("entries %d and %d both name %q, with different numbers", j+1, i+1, s.Name)
		} else if !twice {
			t.byName[s.Name] = i
		}
		if s.indexed {
			if j, twice := t.byIndex[s.Index]; twice && t.Stimuli[j].Name != s.Name {
				return fmt.Errorf("entries %d and %d both have the index %d", j+1, i+1, s.Index)
			}
			t.byIndex[s.Index] = i
		}
		if !math.IsNaN(s.ID) {
			key := millionths(s.ID)
			if j, twice := t.byID[key]; twice && t.Stimuli[j].Name != s.Name {
				return fmt.Errorf("entries %d and %d both have the id %s", j+1, i+1, number(s.ID))
			}
			t.byID[key] = i
		}
	}
	return nil
}

func same(a, b Stimulus) bool {
	return a.indexed == b.indexed && a.Index == b.Index && a.Category == b.Category && (a.ID == b.ID || math.IsNaN(a.ID) && math.IsNaN(b.ID))
}

// ByName finds a stimulus by its name or file name.
func (t *Table) ByName(name string) (Stimulus, bool) {
	if s, ok := find(t, t.byName, name); ok {
		return s, true
	}
	return find(t, t.byName, stem(name))
}

// ByIndex finds a stimulus by its index.
func (t *Table) ByIndex(i int) (Stimulus, bool) { return find(t, t.byIndex, i) }

// ByID finds a stimulus by its id, to six decimals.
func (t *Table) ByID(id float64) (Stimulus, bool) {
	if !(math.Abs(id) < 1e9) {
		return Stimulus{}, false
	}
	return find(t, t.byID, millionths(id))
}

func find[K comparable](t *Table, in map[K]int, key K) (Stimulus, bool) {
	i, ok := in[key]
	if !ok {
		return Stimulus{}, false
	}
	return t.Stimuli[i], true
}

// StimulusName is the name that a stimulus id stands for in the lab's files: n01518878_5958 for 1518878.005958,
// and n01443537 for a category, 1443537.
func StimulusName(id float64) (string, error) {
	if !(id >= 1 && id < 1e8) {
		return "", fmt.Errorf("%s is not a stimulus id, which is a WordNet number with the image number as six decimals", number(id))
	}
	m := millionths(id)
	if m%1e6 == 0 {
		return fmt.Sprintf("n%08d", m/1e6), nil
	}
	return fmt.Sprintf("n%08d_%d", m/1e6, m%1e6), nil
}

var wordNet = regexp.MustCompile(`^n(\d{8})(?:_(\d{1,6}))?$`)

// StimulusID is the inverse of StimulusName; an extension of the name does not matter.
func StimulusID(name string) (float64, error) {
	m := wordNet.FindStringSubmatch(stem(name))
	if m == nil {
		return 0, fmt.Errorf("%q is not a name like n01518878_5958", name)
	}
	v, err := strconv.ParseFloat(m[1]+"."+fmt.Sprintf("%06s", m[2]), 64)
	if err != nil {
		return 0, fmt.Errorf("%q: %w", name, err)
	}
	return v, nil
}

// UseTable names the numbers of a key, which marks one column, by a table, in place of names that the file has: older files have
// none. The numbers are ids where the table has them all as ids, else indices. Every number that occurs must be
// in the table.
func (f *File) UseTable(key string, t *Table) error {
	v, err := f.Column(key)
	if err != nil {
		return err
	}
	names := map[float64]string{}
	var missing, at float64
	for _, by := range []func(float64) (Stimulus, bool){
		t.ByID,
		func(x float64) (Stimulus, bool) {
			if x != math.Trunc(x) || math.Abs(x) > 1<<31 {
				return Stimulus{}, false
			}
			return t.ByIndex(int(x))
		},
	} {
		found := true
		clear(names)
		for i, x := range v {
			if math.IsNaN(x) || names[x] != "" {
				continue
			}
			s, ok := by(x)
			if !ok {
				found, missing, at = false, x, float64(i)
				break
			}
			names[x] = s.Name
		}
		if found {
			f.vmap[key] = names
			return nil
		}
	}
	return fmt.Errorf("sample %s of %s has %s = %s, which %s does not list, neither as an id nor as an index; choose the table of this session",
		number(at), f.path, key, number(missing), t.Path)
}

// UseStimulusNames names the numbers of a key, which marks one column of stimulus ids, by StimulusName: n01518878_5958 in place of
// 1518878.005958. It needs no table.
func (f *File) UseStimulusNames(key string) error {
	v, err := f.Column(key)
	if err != nil {
		return err
	}
	names := map[float64]string{}
	for i, x := range v {
		if math.IsNaN(x) || names[x] != "" {
			continue
		}
		if names[x], err = StimulusName(x); err != nil {
			return fmt.Errorf("sample %d of %s, %s: %w", i, f.path, key, err)
		}
	}
	f.vmap[key] = names
	return nil
}
