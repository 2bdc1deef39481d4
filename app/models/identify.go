package models

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"

	"reverie/compute/weights"
)

// identify recognises a model file, checks its content and takes its checksums.
func identify(ctx context.Context, path string, progress Progress) (Entry, error) {
	e := Entry{Path: path}
	m, err := weights.OpenVGG19(ctx, path, progress)
	if err != nil {
		return e, err
	}
	st, err := os.Stat(path)
	if err != nil {
		return e, err
	}
	e.Role, e.Format, e.Size, e.Modified, e.SHA256, e.Notes = VGG19, m.Format, st.Size(), st.ModTime(), m.SHA256, m.Notes
	e.About = fmt.Sprintf("%s from a %s", m.Net.Name, m.Format)
	return e, nil
}

// checksums reads a file whole.
func checksums(ctx context.Context, path string, progress Progress) (sha, md string, st os.FileInfo, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", nil, err
	}
	defer f.Close()
	if st, err = f.Stat(); err != nil {
		return "", "", nil, err
	}
	sums, block := []hash.Hash{sha256.New(), md5.New()}, make([]byte, 4<<20)
	for done := int64(0); ; {
		if ctx.Err() != nil {
			return "", "", nil, context.Cause(ctx)
		}
		n, err := f.Read(block)
		for _, s := range sums {
			s.Write(block[:n])
		}
		done += int64(n)
		if progress != nil {
			progress(done, st.Size())
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", "", nil, err
		}
	}
	return hex.EncodeToString(sums[0].Sum(nil)), hex.EncodeToString(sums[1].Sum(nil)), st, nil
}
