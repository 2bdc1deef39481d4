package movie

import (
	"context"
	"fmt"
	"image"
	"slices"

	"reverie/app/dataset/stimuli"
	"reverie/app/figure"
)

// mostHeld bounds the pictures held at once: one of each reconstruction and the originals (256 MB).
const mostHeld = 64 << 20

// Snapshots is the Source of sequences. Frames are the iterations that any of them has, in order: one whose
// images are further apart, or that ended earlier, stays as it is meanwhile.
type Snapshots struct {
	display    figure.Display
	sequences  []Sequence
	images     []Image
	iterations []int
	next       []int // of each sequence, the snapshot that is not shown yet
	shots      []Shot
	pixels     int // of the pictures held
}

// NewSnapshots opens sequences, such as Find's, and reads the originals. Display is applied to the pictures of 8
// bits that the run left; figure.Plain shows them as they are.
func NewSnapshots(ctx context.Context, sequences []Sequence, d figure.Display) (*Snapshots, error) {
	s := &Snapshots{display: d, sequences: sequences, next: make([]int, len(sequences)), shots: make([]Shot, len(sequences))}
	for _, q := range sequences {
		im := Image{Label: q.Label}
		for _, f := range q.Frames {
			s.iterations = append(s.iterations, f.Iteration)
		}
		if len(q.Frames) == 0 {
			return nil, fmt.Errorf("%s: %w", q.Folder, ErrNone)
		}
		if q.Original != "" {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			// As the network sees it: at the size of the reconstruction, whatever its own aspect.
			made, err := stimuli.Load(q.Frames[0].Path)
			if err != nil {
				return nil, err
			}
			img, err := stimuli.Load(q.Original)
			if err != nil {
				return nil, err
			}
			if b := made.Bounds().Size(); img.Bounds().Size() != b {
				img = stimuli.Resize(img, b.X, b.Y)
			}
			if err := s.hold(img); err != nil {
				return nil, err
			}
			im.Original = img
		}
		s.images = append(s.images, im)
	}
	slices.Sort(s.iterations)
	s.iterations = slices.Compact(s.iterations)
	return s, nil
}

// Images are the sequences' labels and originals.
func (s *Snapshots) Images() []Image { return s.images }

// Len is the number of different iterations.
func (s *Snapshots) Len() int { return len(s.iterations) }

// Frame reads the pictures that change.
func (s *Snapshots) Frame(ctx context.Context, i int) ([]Shot, error) {
	for k, q := range s.sequences {
		last := -1
		for s.next[k] < len(q.Frames) && q.Frames[s.next[k]].Iteration <= s.iterations[i] {
			last = s.next[k]
			s.next[k]++
		}
		if last < 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		img, err := s.read(q.Frames[last].Path)
		if err != nil {
			return nil, err
		}
		if old, ok := s.shots[k].Picture.(*image.NRGBA); ok {
			s.pixels -= len(old.Pix) / 4
		}
		if err := s.hold(img); err != nil {
			return nil, err
		}
		s.shots[k] = Shot{Picture: img, Iteration: q.Frames[last].Iteration}
	}
	return s.shots, nil
}

func (s *Snapshots) read(path string) (*image.NRGBA, error) {
	img, err := stimuli.Load(path)
	if err != nil || s.display.Mode == figure.Plain || s.display.Mode == "" {
		return img, err
	}
	b := img.Bounds()
	rgb := make([]float32, 0, 3*b.Dx()*b.Dy())
	for i := 0; i < len(img.Pix); i += 4 {
		rgb = append(rgb, float32(img.Pix[i]), float32(img.Pix[i+1]), float32(img.Pix[i+2]))
	}
	return figure.Show(s.display, rgb, b.Dy(), b.Dx())
}

// hold counts a picture that stays.
func (s *Snapshots) hold(img *image.NRGBA) error {
	if s.pixels += len(img.Pix) / 4; s.pixels > mostHeld {
		return fmt.Errorf("the pictures of one frame have more than %d million pixels: choose fewer reconstructions", mostHeld>>20)
	}
	return nil
}
