package eval

import "fmt"

// Trials says how decoded samples meet the stimuli's true features. The zero
// value pairs them one to one.
type Trials struct {
	// Of is the stimulus of each decoded sample, a row of the true features:
	// single trials, and stimuli in another order. Nil is 0, 1, 2 …
	Of []int
	// Average takes the mean of a stimulus's decoded samples first, in float64.
	// Without it each sample stands for itself against its stimulus's features,
	// as bdpy's scripts with average_sample: false have it.
	Average bool
}

// pairing is what Trials come to: compared row k is the mean of the decoded
// samples from[k] and belongs to stimulus own[k].
type pairing struct {
	decoded, stimuli int
	from             [][]int
	own              []int
}

// pair checks the numbers of samples. With Average rows are in order of
// stimulus; stimuli without a sample have none.
func (t Trials) pair(decoded, stimuli int) (pairing, error) {
	p := pairing{decoded: decoded, stimuli: stimuli}
	if stimuli == 0 || decoded == 0 || (t.Of == nil && decoded != stimuli) || (t.Of != nil && len(t.Of) != decoded) {
		if t.Of != nil {
			return p, fmt.Errorf("%d decoded samples of %d stimuli, want %d samples", decoded, stimuli, len(t.Of))
		}
		return p, fmt.Errorf("%d decoded and %d true samples", decoded, stimuli)
	}
	row := map[int]int{}
	if t.Average {
		// Rows in order of stimulus.
		has := make([]bool, stimuli)
		for _, s := range t.Of {
			if s >= 0 && s < stimuli {
				has[s] = true
			}
		}
		for s, ok := range has {
			if ok || t.Of == nil {
				row[s] = len(p.own)
				p.own = append(p.own, s)
				p.from = append(p.from, nil)
			}
		}
	}
	for i := range decoded {
		s := i
		if t.Of != nil {
			s = t.Of[i]
		}
		if s < 0 || s >= stimuli {
			return p, fmt.Errorf("decoded sample %d is of stimulus %d of %d", i, s, stimuli)
		}
		if t.Average {
			p.from[row[s]] = append(p.from[row[s]], i)
			continue
		}
		p.own = append(p.own, s)
		p.from = append(p.from, []int{i})
	}
	return p, nil
}

// check refuses blocks that do not fit the pairing or are ragged, and gives the units.
func (p *pairing) check(decoded, truth [][]float32) (int, error) {
	if len(decoded) != p.decoded || len(truth) != p.stimuli {
		return 0, fmt.Errorf("a block of %d decoded and %d true samples, before there were %d and %d", len(decoded), len(truth), p.decoded, p.stimuli)
	}
	units := len(decoded[0])
	for what, rows := range map[string][][]float32{"decoded": decoded, "true": truth} {
		for s, v := range rows {
			if len(v) != units || units == 0 {
				return 0, fmt.Errorf("%s sample %d has %d units, want %d and at least 1", what, s, len(v), units)
			}
		}
	}
	return units, nil
}

// row fills out with units from … of compared row k.
func (p *pairing) row(k int, decoded [][]float32, from int, out []float64) {
	if len(p.from[k]) == 1 {
		for j, x := range decoded[p.from[k][0]][from : from+len(out)] {
			out[j] = float64(x)
		}
		return
	}
	clear(out)
	for _, i := range p.from[k] {
		for j, x := range decoded[i][from : from+len(out)] {
			out[j] += float64(x)
		}
	}
	for j := range out {
		out[j] /= float64(len(p.from[k]))
	}
}
