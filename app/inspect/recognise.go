package inspect

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// file recognises a file by its first bytes and reads its outline.
func (d *Doc) file(ctx context.Context) error {
	head, isHDF5, err := beginning(d.Path)
	if err != nil {
		return err
	}
	ext := strings.ToLower(filepath.Ext(d.Path))
	begins := func(s string) bool { return bytes.HasPrefix(head, []byte(s)) }
	looks := func(what string, err error) error {
		if err != nil {
			return fmt.Errorf("it looks like %s, but cannot be read: %w", what, err)
		}
		return nil
	}
	switch {
	case isHDF5:
		return looks("an HDF5 file", d.hdf5(ctx, head))
	case begins("\x93NUMPY"):
		return looks("a NumPy array", d.npy())
	case begins("PK\x03\x04"), begins("PK\x05\x06"):
		return d.zip()
	case isMAT5(head):
		return looks("a MATLAB 5 file", d.mat(ctx))
	case len(head) > 9 && head[8] == '{' && binary.LittleEndian.Uint64(head) <= 1<<27:
		return looks("a safetensors file", d.safetensors())
	case isPicture(head):
		return looks("a picture", d.picture())
	case begins("\x1f\x8b"):
		return d.gzip()
	case len(head) > 2 && head[0] == 0x80 && head[1] >= 1 && head[1] <= 5:
		return looks("a Python pickle", d.pickled(ext))
	case ext == ".caffemodel":
		return looks("a Caffe model", d.caffemodel())
	case ext == ".binaryproto":
		return looks("a Caffe mean image", d.binaryproto())
	case isMAT4(head):
		return looks("a MATLAB 4 file", d.mat(ctx))
	case ext == ".pkl", ext == ".pickle": // protocols 0 and 1 have no mark
		return looks("a Python pickle", d.pickled(ext))
	case isText(head):
		return d.text(ctx, ext, head)
	case ext == ".mat":
		return looks("a MATLAB file by its name", errors.New("it begins neither like MATLAB 5 nor 7.3: the file is damaged, or was fetched as something else"))
	}
	if d.caffemodel() == nil || d.binaryproto() == nil {
		return nil
	}
	return unknown(ext, head, "")
}

// unknown is the error of a file that nothing here reads.
func unknown(ext string, head []byte, why string) error {
	hint := ""
	switch {
	case why != "":
		hint = "it is " + why + "; "
	case ext == ".hdr" || ext == ".img" || ext == ".nii":
		hint = "it is a volume of ANALYZE or NIfTI by its name: samples of voxels come as BData; "
	case ext == ".pt" || ext == ".pth" || ext == ".npy" || ext == ".npz" || ext == ".h5" || ext == ".safetensors":
		hint = fmt.Sprintf("its name says %s, its content does not: it is damaged, or was fetched as something else; ", ext)
	}
	looks := "the bytes % x"
	if isText(head) {
		return fmt.Errorf("%w: %sit begins with the text %s; %s", ErrUnknown, hint, "\""+clean(string(head), 40)+"\"", opens)
	}
	return fmt.Errorf("%w: %sit begins with "+looks+"; %s", ErrUnknown, hint, head[:min(len(head), 8)], opens)
}

// beginning reads the first bytes and finds the mark of HDF5, which may stand
// behind a user block of 512, 1024, … bytes.
func beginning(path string) (head []byte, isHDF5 bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	head = make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, false, err
	}
	head = head[:n]
	mark := make([]byte, 8)
	for at := int64(0); at < 1<<40; at = max(512, 2*at) {
		if n, _ := f.ReadAt(mark, at); n < len(mark) {
			break
		}
		if string(mark) == "\x89HDF\r\n\x1a\n" {
			return head, true, nil
		}
	}
	return head, false, nil
}

// isMAT5 looks for the version and the mark of byte order at the end of the header.
func isMAT5(head []byte) bool {
	if bytes.HasPrefix(head, []byte("MATLAB 5.0")) {
		return true
	}
	if len(head) < 128 {
		return false
	}
	end := string(head[124:128])
	return end == "\x00\x01IM" || end == "\x01\x00MI"
}

// isMAT4 looks at the first variable's header: type, rows, columns, whether
// complex, and the length of its name, which ends in a zero.
func isMAT4(head []byte) bool {
	if len(head) < 21 {
		return false
	}
	for _, o := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		kind, complex, name := o.Uint32(head), o.Uint32(head[12:]), o.Uint32(head[16:])
		letter := head[20]|0x20 >= 'a' && head[20]|0x20 <= 'z'
		if kind < 4053 && kind%10 <= 2 && kind/10%10 <= 5 && kind/100%10 == 0 && kind/1000 <= 1 && complex <= 1 &&
			name > 1 && int(name) <= len(head)-20 && letter && head[20+name-1] == 0 {
			return true
		}
	}
	return false
}

func isPicture(head []byte) bool {
	for _, mark := range []string{"\xff\xd8\xff", "\x89PNG\r\n\x1a\n", "GIF87a", "GIF89a", "II*\x00", "MM\x00*"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	if len(head) > 14 && head[0] == 'B' && head[1] == 'M' {
		header := binary.LittleEndian.Uint32(head[14:])
		return header >= 12 && header <= 124
	}
	return len(head) > 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
}

// isText tells whether the first bytes are UTF-8 or Latin-1 without control characters.
func isText(head []byte) bool {
	for _, c := range head {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' || c == 0x7f {
			return false
		}
	}
	if utf8.Valid(head) {
		return true
	}
	high := 0
	for _, c := range head {
		if c >= 0x80 {
			high++
		}
	}
	return high*10 < len(head)
}

// zip tells PyTorch's archives from NumPy's by their members.
func (d *Doc) zip() error {
	z, err := zip.OpenReader(d.Path)
	if err != nil {
		return fmt.Errorf("it looks like a PyTorch file or a NumPy archive (zip), but its directory cannot be read: %w; the file is damaged or cut off", err)
	}
	defer z.Close()
	var names []string
	var arrays bool
	for _, m := range z.File {
		if strings.HasSuffix(m.Name, "/data.pkl") || m.Name == "data.pkl" {
			if err := d.torch(); err != nil {
				return fmt.Errorf("it looks like a PyTorch file, but cannot be read: %w", err)
			}
			return nil
		}
		arrays = arrays || strings.HasSuffix(m.Name, ".npy")
		if len(names) < 4 {
			names = append(names, clean(m.Name, 40))
		}
	}
	if arrays || len(z.File) == 0 && strings.EqualFold(filepath.Ext(d.Path), ".npz") {
		if err := d.npz(); err != nil {
			return fmt.Errorf("it looks like a NumPy archive, but cannot be read: %w", err)
		}
		return nil
	}
	return fmt.Errorf("%w: a zip archive with %s, neither PyTorch's nor NumPy's: unpack it and open what it holds", ErrUnknown, strings.Join(names, ", "))
}
