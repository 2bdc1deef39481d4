package inspect

import (
	"encoding/binary"
	"io"
	"slices"
)

// blobAt finds the packed values of blob j of layer k in a .caffemodel of size
// bytes: where they begin and how many bytes the first piece has, 0 where they do
// not stand packed. The file's structure was checked when it was opened; package
// caffe reads blobs whole and gives no places.
func blobAt(r io.ReaderAt, size int64, k, j int) (at int64, double bool, length int64) {
	seek := func(from, to int64, want int, numbers ...int) (a, b int64, found int) {
		n := 0
		wireFields(r, from, to, func(number int, from, to int64) bool {
			if slices.Contains(numbers, number) {
				if n == want {
					a, b, found = from, to, number
				}
				n++
			}
			return found == 0
		})
		return a, b, found
	}
	from, to, number := seek(0, size, k, 2, 100)
	switch number {
	case 2:
		from, to, number = seek(from, to, j, 6)
	case 100:
		from, to, number = seek(from, to, j, 7)
	}
	if number == 0 {
		return 0, false, 0
	}
	from, to, number = seek(from, to, 0, 5, 8)
	return from, number == 8, to - from
}

// wireFields calls f for the fields of bytes in a message of the wire format of
// Protocol Buffers, with the place of their content, until it returns false or the
// message is no message.
func wireFields(r io.ReaderAt, from, to int64, f func(number int, from, to int64) bool) {
	at := from
	varint := func() (uint64, bool) {
		var b [binary.MaxVarintLen64]byte
		n, _ := r.ReadAt(b[:min(int64(len(b)), max(to-at, 0))], at)
		v, used := binary.Uvarint(b[:n])
		at += int64(used)
		return v, used > 0
	}
	for at < to {
		tag, ok := varint()
		if !ok {
			return
		}
		switch tag & 7 {
		case 0:
			_, ok = varint()
		case 1:
			at += 8
		case 5:
			at += 4
		case 2:
			var n uint64
			n, ok = varint()
			if ok = ok && n <= uint64(to-at) && f(int(tag>>3), at, at+int64(n)); ok {
				at += int64(n)
			}
		default: // groups: no Caffe file has them
			return
		}
		if !ok {
			return
		}
	}
}
