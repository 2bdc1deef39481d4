// Package brain is the vocabulary of the field: the words that subject data,
// decoders, reconstructions and results share. Standard library only.
package brain

// Session is a type of experiment in the paper (Methods, Experimental design).
type Session string

const (
	NaturalTraining Session = "ImageNetTraining"
	NaturalTest     Session = "ImageNetTest"
	Shapes          Session = "ArtificialShapes"
	Letters         Session = "AlphabeticalLetters"
	Imagery         Session = "Imagery"
)

// Samples are fMRI samples of one session: one row per trial or per stimulus.
type Samples struct {
	Voxels int
	X      []float64 // [len(Labels)][Voxels], row-major
	Labels []string  // stimulus of each row
	Runs   []int     // run of each row; empty after averaging
}

// Len is the number of samples.
func (s Samples) Len() int { return len(s.Labels) }

// Row is sample i; it shares memory with s.
func (s Samples) Row(i int) []float64 { return s.X[i*s.Voxels : (i+1)*s.Voxels] }

// Average gives one sample per label, the mean over its rows, in order of first appearance.
// The paper averages the trials of a test stimulus before decoding.
func (s Samples) Average() Samples {
	out := Samples{Voxels: s.Voxels}
	at := map[string]int{}
	var counts []float64
	for i, l := range s.Labels {
		j, seen := at[l]
		if !seen {
			j = len(out.Labels)
			at[l] = j
			out.Labels = append(out.Labels, l)
			out.X = append(out.X, make([]float64, s.Voxels)...)
			counts = append(counts, 0)
		}
		counts[j]++
		for v, x := range s.Row(i) {
			out.X[j*s.Voxels+v] += x
		}
	}
	for j, n := range counts {
		for v := range out.Row(j) {
			out.X[j*s.Voxels+v] /= n
		}
	}
	return out
}
