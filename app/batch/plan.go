package batch

// unit is one image.
type unit struct{ part, sample int }

// chunk are the images that are evaluated together.
type chunk struct {
	program int
	units   []unit
}

// wave is work whose decoded features lie on the disk at a time. With room enough there is one, and images of all
// subjects and regions that share a program come together; with less, sets follow each other.
type wave struct {
	sets   []int
	chunks []chunk
}

const (
	// roomForFeatures is how much of the disk's free space decoded features may take.
	roomForFeatures = 4 // a quarter
	mostFeatures    = 64 << 30
)

// choose sets what stays the same for all runs of a batch.
func (j *Job) choose(batch int, freeBytes int64) {
	j.batch = max(1, batch)
	j.cacheBytes = mostFeatures
	if freeBytes >= 0 {
		j.cacheBytes = min(j.cacheBytes, freeBytes/roomForFeatures)
	}
}

// waves orders the whole work. It depends on nothing but the specification and what choose set.
func (j *Job) waves() []wave {
	var out []wave
	bytes := int64(0)
	for i, s := range j.sets {
		n := j.cacheOf(s)
		if len(out) == 0 || bytes+n > j.cacheBytes {
			out, bytes = append(out, wave{}), 0
		}
		bytes += n
		w := &out[len(out)-1]
		w.sets = append(w.sets, i)
	}
	in := make([]int, len(j.sets))
	for w := range out {
		for _, s := range out[w].sets {
			in[s] = w
		}
	}
	for g, p := range j.programs {
		units := make([][]unit, len(out))
		for _, part := range p.parts {
			w := in[j.parts[part].set]
			for i := range j.samplesOf(part) {
				units[w] = append(units[w], unit{part, i})
			}
		}
		for w, all := range units {
			for len(all) > 0 {
				n := min(j.batch, len(all))
				out[w].chunks = append(out[w].chunks, chunk{g, all[:n]})
				all = all[n:]
			}
		}
	}
	return out
}

// cacheAtOnce is the most that decoded features take on the disk at a time.
func (j *Job) cacheAtOnce() int64 {
	most := int64(0)
	for _, w := range j.waves() {
		n := int64(0)
		for _, s := range w.sets {
			n += j.cacheOf(j.sets[s])
		}
		most = max(most, n)
	}
	return most
}
