package movie

import (
	"bufio"
	"bytes"
	"compress/lzw"
	"context"
	"encoding/binary"
	"image"
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
		q, dst := &quantiser{}, image.NewPaletted(c.base.Rect, nil)
		var coded bytes.Buffer
		err := each(func(img *image.RGBA, i int) error {
			q.convert(dst, img)
			coded.Reset()
			l := lzw.NewWriter(&coded, lzw.LSB, 8)
			if _, err := l.Write(dst.Pix); err != nil {
				return err
			}
			if err := l.Close(); err != nil {
				return err
			}
			return gifFrame(w, dst, s.ticks(i, 100), coded.Bytes())
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

// gifFrame writes one frame that stands so many hundredths of a second.
func gifFrame(w *bufio.Writer, img *image.Paletted, delay int, coded []byte) error {
	b := []byte{0x21, 0xf9, 4, 1 << 2} // the frame stays until the next covers it
	b = binary.LittleEndian.AppendUint16(b, uint16(delay))
	b = append(b, 0, 0, 0x2c, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(img.Rect.Dx()))
	b = binary.LittleEndian.AppendUint16(b, uint16(img.Rect.Dy()))
	b = append(b, 0x87) // a palette of 256
	table := make([]byte, 3*256)
	for i, c := range img.Palette {
		r, g, bl, _ := c.RGBA()
		copy(table[3*i:], []byte{byte(r >> 8), byte(g >> 8), byte(bl >> 8)})
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
