package pipeline

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"math"
)

// asTIFF writes a picture as uncompressed TIFF of three channels, as Pillow does: scripts that read
// [h][w][3] do not expect a fourth (golang.org/x/image/tiff always writes one). Format: TIFF 6.0,
// sections 2 and 6, one strip, little-endian. The picture's transparency is left out.
func asTIFF(w io.Writer, img *image.NRGBA) error {
	b := img.Bounds()
	width, height := b.Dx(), b.Dy()
	if width < 1 || height < 1 || int64(width)*int64(height)*3 > math.MaxInt32 {
		return errors.New("a TIFF takes pictures of 1 pixel to 2 GiB")
	}
	const (
		short, long, rational = 3, 4, 5
		header                = 8
		entries               = 13
	)
	bits := uint32(header + 2 + entries*12 + 4) // what does not fit an entry stands behind the directory
	resolution := bits + 6
	pixels := resolution + 8
	fields := [entries][4]uint32{ // tag, type, count, value or where it stands; tags in order
		{256, long, 1, uint32(width)},
		{257, long, 1, uint32(height)},
		{258, short, 3, bits}, // bits per sample
		{259, short, 1, 1},    // no compression
		{262, short, 1, 2},    // RGB
		{273, long, 1, pixels},
		{277, short, 1, 3}, // samples per pixel
		{278, long, 1, uint32(height)},
		{279, long, 1, uint32(3 * width * height)},
		{282, rational, 1, resolution},
		{283, rational, 1, resolution},
		{284, short, 1, 1}, // samples beside each other
		{296, short, 1, 1}, // the resolution has no unit
	}
	le := binary.LittleEndian
	out := bytes.NewBuffer(append([]byte{'I', 'I', 42, 0}, le.AppendUint32(nil, header)...))
	out.Write(le.AppendUint16(nil, entries))
	for _, f := range fields {
		e := le.AppendUint16(nil, uint16(f[0]))
		e = le.AppendUint16(e, uint16(f[1]))
		out.Write(le.AppendUint32(le.AppendUint32(e, f[2]), f[3]))
	}
	out.Write([]byte{0, 0, 0, 0})       // no other directory
	out.Write([]byte{8, 0, 8, 0, 8, 0}) // bits
	out.Write(le.AppendUint32(le.AppendUint32(nil, 1), 1))
	row := make([]byte, 3*width)
	for y := range height {
		for x := range width {
			copy(row[3*x:], img.Pix[img.PixOffset(b.Min.X+x, b.Min.Y+y):][:3])
		}
		out.Write(row)
	}
	_, err := out.WriteTo(w)
	return err
}
