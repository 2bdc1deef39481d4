package gl

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/go-gl/gl/v4.3-core/gl"

	"reverie/compute"
	"reverie/compute/gl/plan"
	"reverie/compute/nn"
)

// buffers are the GL objects of a plan's tensors. All methods run on the backend's thread.
type buffers struct {
	names    []uint32
	textures []uint32 // buffer textures of those read so, 0 elsewhere
}

// allocate makes every tensor's buffer, zero throughout, and fills the constants.
func (b *Backend) allocate(p *plan.Plan, w nn.Weights) (*buffers, error) {
	buf := &buffers{names: make([]uint32, len(p.Tensors)), textures: make([]uint32, len(p.Tensors))}
	gl.GenBuffers(int32(len(buf.names)), &buf.names[0])
	err := func() error {
		for i, t := range p.Tensors {
			usage := uint32(gl.DYNAMIC_COPY)
			if t.Kind == plan.Constant {
				usage = gl.STATIC_DRAW
			}
			gl.BindBuffer(gl.COPY_WRITE_BUFFER, buf.names[i])
			gl.BufferData(gl.COPY_WRITE_BUFFER, int(t.Bytes), nil, usage)
			if err := b.check(); err != nil {
				return fmt.Errorf("buffer %s of %d MB: %w", t.Name, t.Bytes>>20, err)
			}
			gl.ClearBufferData(gl.COPY_WRITE_BUFFER, gl.R32F, gl.RED, gl.FLOAT, nil)
			if t.Pack == nil {
				continue
			}
			if v, ok := w[t.Pack.Layer]; ok { // tuning times kernels on zeros
				upload(*t.Pack, v)
			}
		}
		return b.check()
	}()
	if err == nil {
		err = buf.view(p)
	}
	if err != nil {
		buf.free()
		if errors.Is(err, compute.ErrDeviceMemory) {
			err = fmt.Errorf("%w: %s", err, lessMemory)
		}
		return nil, err
	}
	return buf, nil
}

// extend makes the buffers that p has beyond those there are, 1 throughout.
func (buf *buffers) extend(b *Backend, p *plan.Plan) error {
	old := len(buf.names)
	more := &buffers{names: make([]uint32, len(p.Tensors)-old), textures: make([]uint32, len(p.Tensors)-old)}
	gl.GenBuffers(int32(len(more.names)), &more.names[0])
	one := float32(1)
	for i, t := range p.Tensors[old:] {
		gl.BindBuffer(gl.COPY_WRITE_BUFFER, more.names[i])
		gl.BufferData(gl.COPY_WRITE_BUFFER, int(t.Bytes), nil, gl.DYNAMIC_COPY)
		gl.ClearBufferData(gl.COPY_WRITE_BUFFER, gl.R32F, gl.RED, gl.FLOAT, gl.Ptr(&one))
		if err := b.check(); err != nil {
			more.free()
			err = fmt.Errorf("buffer %s of %d MB: %w", t.Name, t.Bytes>>20, err)
			if errors.Is(err, compute.ErrDeviceMemory) {
				err = fmt.Errorf("%w: %s", err, lessMemory)
			}
			return err
		}
	}
	// all are the program's from here on: what has no texture yet gets one, or is freed with the rest
	buf.names, buf.textures = append(buf.names, more.names...), append(buf.textures, more.textures...)
	if err := buf.view(p); err != nil {
		last := buffers{names: buf.names[old:], textures: buf.textures[old:]}
		last.free()
		buf.names, buf.textures = buf.names[:old], buf.textures[:old]
		return err
	}
	return nil
}

// view makes the buffer textures.
func (buf *buffers) view(p *plan.Plan) error {
	for _, groups := range p.All() {
		for _, g := range groups {
			for _, s := range g.Steps {
				for _, k := range s.Binds {
					if !k.Texel || buf.textures[k.Tensor] != 0 {
						continue
					}
					gl.GenTextures(1, &buf.textures[k.Tensor])
					gl.BindTexture(gl.TEXTURE_BUFFER, buf.textures[k.Tensor])
					gl.TexBuffer(gl.TEXTURE_BUFFER, gl.RGBA32F, buf.names[k.Tensor])
				}
			}
		}
	}
	if e := gl.GetError(); e != gl.NO_ERROR {
		return fmt.Errorf("buffer textures: %w", glError(e))
	}
	return nil
}

// uploadPart is how many floats of a large weight matrix are packed at a time.
const uploadPart = 4 << 20

// upload packs a layer's parameters into the bound buffer, a large matrix in parts.
func upload(pk plan.Pack, w nn.Param) {
	if pk.Form != plan.Dense {
		packed := make([]float32, pk.Floats())
		parallel(pk.Out, func(from, to int) { pk.Rows(w, from, to, packed) })
		gl.BufferSubData(gl.COPY_WRITE_BUFFER, 0, 4*len(packed), gl.Ptr(packed))
		return
	}
	row := pk.Floats() / ((pk.Out + 3) / 4 * 4)
	step := max(1, uploadPart/row)
	part := make([]float32, step*row)
	for from := 0; from < pk.Out; from += step {
		to := min(from+step, pk.Out)
		clear(part)
		parallel(to-from, func(a, z int) { pk.Rows(w, from+a, from+z, part[a*row:]) })
		gl.BufferSubData(gl.COPY_WRITE_BUFFER, 4*from*row, 4*(to-from)*row, gl.Ptr(part))
	}
}

// parallel splits [0,n) over the processors.
func parallel(n int, f func(from, to int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() { f(n*k/workers, n*(k+1)/workers) })
	}
	wg.Wait()
}

func (buf *buffers) free() {
	for _, t := range buf.textures {
		if t != 0 {
			gl.DeleteTextures(1, &t)
		}
	}
	gl.DeleteBuffers(int32(len(buf.names)), &buf.names[0])
}
