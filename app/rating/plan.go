package rating

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
)

// Side is where a candidate stands.
type Side string

// The sides.
const (
	Left  Side = "left"
	Right Side = "right"
)

func (s Side) other() Side {
	if s == Left {
		return Right
	}
	return Left
}

// Trial is one pair as it is shown.
type Trial struct {
	Number   int  // from 1 over practice and trials together
	Practice bool // not counted
	pair
	First Side // where the original, or the first set of layers, stands
}

// Pictures are the files of the left and the right candidate and of the one that they are compared with.
func (t Trial) Pictures() (left, right, with string) {
	if t.First == Left {
		return t.a, t.b, t.c
	}
	return t.b, t.a, t.c
}

// Plan is all trials of a set in the order of a seed.
type Plan struct {
	Choice
	Seed   uint64
	Trials []Trial
	// Hash tells pictures, pairs, order and sides: answers go on only with the same.
	Hash string
}

// PracticeTrials come first and do not count.
const PracticeTrials = 5

// NewPlan draws order and sides. Sides are balanced: the original stands left as often as right, within each
// reconstruction as far as the number of its pairs allows, and over all by one at most.
func NewPlan(c Choice, seed uint64) (*Plan, error) {
	pairs := c.pairs()
	if len(pairs) == 0 {
		return nil, errors.New("rating: there are no pairs to judge")
	}
	r := rand.New(rand.NewPCG(seed, 0x726174696e67))
	p := &Plan{Choice: c, Seed: seed}
	// The extra one of an odd number goes to the sides in turn.
	by := map[string][]int{}
	var order []string
	for i, x := range pairs {
		k := x.item.Label
		if by[k] == nil {
			order = append(order, k)
		}
		by[k] = append(by[k], i)
	}
	first := make([]Side, len(pairs))
	extra := []Side{Left, Right}[r.IntN(2)]
	for _, k := range order {
		at := slices.Clone(by[k])
		r.Shuffle(len(at), func(i, j int) { at[i], at[j] = at[j], at[i] })
		for n, i := range at {
			if first[i] = Left; n >= len(at)/2 {
				first[i] = Right
			}
		}
		if len(at)%2 == 1 {
			first[at[len(at)-1]] = extra
			extra = extra.other()
		}
	}
	shuffled := r.Perm(len(pairs))
	for i := range min(PracticeTrials, len(pairs)) {
		x := shuffled[len(pairs)-1-i] // comes late again, as a trial
		p.Trials = append(p.Trials, Trial{Number: len(p.Trials) + 1, Practice: true, pair: pairs[x], First: []Side{Left, Right}[r.IntN(2)]})
	}
	for _, x := range shuffled {
		p.Trials = append(p.Trials, Trial{Number: len(p.Trials) + 1, pair: pairs[x], First: first[x]})
	}
	return p, p.sum()
}

// sum computes Hash: over the contents of the pictures in the order in which they are shown.
func (p *Plan) sum() error {
	known := map[string]string{}
	h := sha256.New()
	fmt.Fprintln(h, p.Kind, p.Task, p.Seed, len(p.Trials))
	for _, t := range p.Trials {
		left, right, with := t.Pictures()
		for _, f := range []string{left, right, with} {
			if known[f] == "" {
				s, err := fileSum(f)
				if err != nil {
					return fmt.Errorf("rating: %w", err)
				}
				known[f] = s
			}
			io.WriteString(h, known[f])
		}
		fmt.Fprintln(h, t.First, t.Practice)
	}
	p.Hash = hex.EncodeToString(h.Sum(nil))
	return nil
}

func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
