package movie

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/png"
	"io"

	"reverie/app/export"
)

// writeAPNG writes an animated PNG (PNG, third edition, 11.3.6): the chunks of image/png's frames with the control
// chunks between. Programs that know no animation show the first frame. It repeats for ever.
func writeAPNG(_ context.Context, path string, c *canvas, s schedule, each func(sink) error) error {
	return export.File(path, func(f io.Writer) error {
		w := bufio.NewWriter(f)
		a := &apng{w: w}
		if _, err := w.WriteString(pngHead); err != nil {
			return err
		}
		enc := png.Encoder{BufferPool: &onePNG{}}
		var still bytes.Buffer
		var before []byte
		err := each(func(img *image.RGBA, i int) error {
			r := changed(img, before)
			still.Reset()
			if err := enc.Encode(&still, img.SubImage(r)); err != nil {
				return err
			}
			before = append(before[:0], img.Pix...)
			return a.frame(still.Bytes(), r, i, s)
		})
		if err != nil {
			return err
		}
		if err := a.chunk("IEND", nil); err != nil {
			return err
		}
		return w.Flush()
	})
}

const pngHead = "\x89PNG\r\n\x1a\n"

type apng struct {
	w        io.Writer
	sequence uint32 // of the control and data chunks
}

// frame turns a whole PNG into a frame, which covers the part r.
func (a *apng) frame(still []byte, r image.Rectangle, i int, s schedule) error {
	be := binary.BigEndian
	rest := still[len(pngHead):]
	control := false
	for len(rest) >= 12 {
		n := int(be.Uint32(rest))
		if n > len(rest)-12 {
			return errors.New("image/png wrote a chunk that is cut short")
		}
		kind, data := string(rest[4:8]), rest[8:8+n]
		rest = rest[12+n:]
		switch {
		case kind == "IHDR" && i == 0:
			if err := a.chunk(kind, data); err != nil {
				return err
			}
			if err := a.chunk("acTL", be.AppendUint32(be.AppendUint32(nil, uint32(s.n)), 0)); err != nil {
				return err
			}
		case kind == "IDAT":
			if !control {
				control = true
				f := be.AppendUint32(nil, a.next())
				for _, v := range []int{r.Dx(), r.Dy(), r.Min.X, r.Min.Y} {
					f = be.AppendUint32(f, uint32(v))
				}
				f = be.AppendUint16(be.AppendUint16(f, uint16(s.ticks(i, 1000))), 1000)
				f = append(f, 0, 0) // it stays, and covers what was there
				if err := a.chunk("fcTL", f); err != nil {
					return err
				}
			}
			if i > 0 {
				kind, data = "fdAT", append(be.AppendUint32(make([]byte, 0, 4+len(data)), a.next()), data...)
			}
			if err := a.chunk(kind, data); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *apng) next() uint32 { a.sequence++; return a.sequence - 1 }

func (a *apng) chunk(kind string, data []byte) error {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	_, err := a.w.Write(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:])))
	return err
}

// onePNG keeps image/png's buffers from frame to frame.
type onePNG struct{ b *png.EncoderBuffer }

func (p *onePNG) Get() *png.EncoderBuffer  { return p.b }
func (p *onePNG) Put(b *png.EncoderBuffer) { p.b = b }
