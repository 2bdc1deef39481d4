package movie

import (
	"bufio"
	"bytes"
	"compress/lzw"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"io"

	"reverie/app/export"
)

// writeGIF writes GIF89a frame by frame, each with a palette of its own (image/gif would hold all of them in
// memory). It repeats for ever.
func writeGIF(_ context.Context, path string, c *canvas, s schedule, each func(sink) error) error {
	return export.File(path, func(f io.Writer) error {
		w := bufio.NewWriter(f)
		size := c.base.Rect.Size()
		head := append([]byte("GIF89a"), binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, uint16(size.X)), uint16(size.Y))...)
		head = append(head, 0x70, 0, 0)                                       // no palette for all, 8 bits a channel
		head = append(head, "\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"...) // repeat for ever
		if _, err := w.Write(head); err != nil {
			return err
		}
		q, out := &quantiser{dither: !c.o.NoDither}, make([]byte, size.X*size.Y)
		var coded bytes.Buffer
		var before []byte
		err := each(func(img *image.RGBA, i int) error {
			r := changed(img, before)
			part := out[:r.Dx()*r.Dy()]
			q.convert(part, img, before, r)
			coded.Reset()
			l := lzw.NewWriter(&coded, lzw.LSB, 8)
			if _, err := l.Write(part); err != nil {
				return err
			}
			if err := l.Close(); err != nil {
				return err
			}
			before = append(before[:0], img.Pix...)
			return gifFrame(w, r, q.palette, s.ticks(i, 100), coded.Bytes())
		})
		if err != nil {
			return err
		}
		if err := w.WriteByte(0x3b); err != nil {
			return err
		}
		return w.Flush()
	})
}

// gifFrame writes the part of a frame that stands so many hundredths of a second.
func gifFrame(w *bufio.Writer, r image.Rectangle, palette []color.RGBA, delay int, coded []byte) error {
	le := binary.LittleEndian
	b := []byte{0x21, 0xf9, 4, 1<<2 | 1} // the frame stays until the next covers it; one index is transparent
	b = le.AppendUint16(b, uint16(delay))
	b = append(b, transparent, 0, 0x2c)
	for _, v := range []int{r.Min.X, r.Min.Y, r.Dx(), r.Dy()} {
		b = le.AppendUint16(b, uint16(v))
	}
	b = append(b, 0x87) // a palette of 256
	table := make([]byte, 3*256)
	for i, c := range palette {
		copy(table[3*i:], []byte{c.R, c.G, c.B})
	}
	b = append(append(b, table...), 8) // bits of a code to begin with
	if _, err := w.Write(b); err != nil {
		return err
	}
	for len(coded) > 0 {
		n := min(len(coded), 255)
		if err := w.WriteByte(byte(n)); err != nil {
			return err
		}
		if _, err := w.Write(coded[:n]); err != nil {
			return err
		}
		coded = coded[n:]
	}
	return w.WriteByte(0)
}
