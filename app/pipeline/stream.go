package pipeline

import (
	"context"
	"image"

	"reverie/app/dataset/stimuli"
	"reverie/compute"
)

// StreamBatch is how many pictures Stream evaluates together; larger gains nothing on a CPU.
const StreamBatch = 8

// Picture loads a picture as the network sees it: resized to its input by the
// lab's bicubic, without keeping the aspect.
func (m *Model) Picture(path string) (*image.NRGBA, error) {
	img, err := stimuli.Load(path)
	if err != nil {
		return nil, err
	}
	return stimuli.Resize(img, m.Net.Input.W, m.Net.Input.H), nil
}

type loaded struct {
	x   []float32
	n   int
	err error
}

// Stream computes the features of pictures, batch by batch, and hands those of
// picture i to each, in order; f[l] belongs to each only during the call.
// Pictures are read while the batch before is computed.
func (m *Model) Stream(ctx context.Context, be compute.Backend, paths, layers []string, each func(i int, f [][]float32) error, step func(done, total int)) error {
	if len(paths) == 0 {
		return nil
	}
	p, err := be.Compile(compute.Spec{Net: m.Net, Weights: m.Weights, Batch: min(StreamBatch, len(paths)), Layers: layers})
	if err != nil {
		return err
	}
	defer p.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan loaded, 1)
	go m.load(ctx, paths, p.Spec().Batch, batches)

	out, views := make([][]float32, len(layers)), make([][]float32, len(layers))
	done := 0
	for b := range batches {
		if b.err != nil {
			return b.err
		}
		for l, name := range layers {
			units := m.Shape(name).Len()
			if cap(out[l]) < b.n*units {
				out[l] = make([]float32, b.n*units)
			}
			out[l] = out[l][:b.n*units]
		}
		if err := p.Features(ctx, b.x, b.n, out); err != nil {
			return err
		}
		for i := range b.n {
			for l := range out {
				units := len(out[l]) / b.n
				views[l] = out[l][i*units : (i+1)*units]
			}
			if err := each(done+i, views); err != nil {
				return err
			}
		}
		done += b.n
		if step != nil {
			step(done, len(paths))
		}
	}
	return ctx.Err()
}

func (m *Model) load(ctx context.Context, paths []string, batch int, to chan<- loaded) {
	defer close(to)
	for len(paths) > 0 {
		k := min(batch, len(paths))
		b := loaded{n: k}
		for _, path := range paths[:k] {
			img, err := m.Picture(path)
			if err != nil {
				b.err = err
				break
			}
			b.x = append(b.x, stimuli.ToInput(img, m.Mean)...)
		}
		paths = paths[k:]
		select {
		case to <- b:
		case <-ctx.Done():
			return
		}
		if b.err != nil {
			return
		}
	}
}
