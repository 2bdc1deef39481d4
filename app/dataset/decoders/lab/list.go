package lab

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	modelDir   = "model"
	matEnd     = ".mat"
	pickleEnd  = ".pkl.gz"
	pickleName = "model" + pickleEnd
	infoName   = "info.yaml"
)

// part is a file of weights with its biases; a pickle has both.
type part struct{ w, b string }

// Is tells quickly whether a folder holds decoders of the lab's scripts, or has them in its folder "model": it looks at
// the first file of weights only.
func Is(dir string) bool {
	_, err := locate(dir)
	return err == nil
}

// locate is the folder of weights.
func locate(dir string) (string, error) {
	for _, d := range []string{dir, filepath.Join(dir, modelDir)} {
		if hasWeights(d) {
			return d, nil
		}
	}
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("open decoders: %w", err)
	}
	return "", fmt.Errorf("%s has no W%s, W/00000000%s, %s or 00000000%s that is a MAT-file or a pickle: choose the folder of one ROI, <layer>/<subject>/<roi>: %w", dir, matEnd, matEnd, pickleName, pickleEnd, ErrFormat)
}

func hasWeights(dir string) bool {
	for _, name := range []string{"W" + matEnd, "W/" + numbered(0, matEnd), pickleName, numbered(0, pickleEnd)} {
		if sniff(filepath.Join(dir, name)) {
			return true
		}
	}
	// The first of several may be what is missing.
	for _, d := range []string{filepath.Join(dir, "W"), dir} {
		entries, err := os.ReadDir(d)
		for _, e := range entries {
			end := pickleEnd
			if d != dir {
				end = matEnd
			}
			if _, ok := number(e.Name(), end); err == nil && ok && sniff(filepath.Join(d, e.Name())) {
				return true
			}
		}
	}
	return false
}

// sniff tells whether a file begins as a MAT-file, HDF5, gzip or a pickle does.
func sniff(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	b := make([]byte, 520)
	n, err := io.ReadFull(f, b)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	b = b[:n]
	if strings.HasSuffix(path, pickleEnd) {
		return bytes.HasPrefix(b, gzipMagic) || n > 1 && b[0] == 0x80 && b[1] >= 2 && b[1] <= 5 || n > 0 && (b[0] == '(' || b[0] == 'c')
	}
	h5 := []byte("\x89HDF\r\n\x1a\n")
	return bytes.HasPrefix(b, h5) || n == 520 && bytes.Equal(b[512:], h5) || n > 128 && (string(b[126:128]) == "IM" || string(b[126:128]) == "MI")
}

func numbered(i int, end string) string { return fmt.Sprintf("%08d%s", i, end) }

// number is the number of a chunk's file.
func number(name, end string) (int, bool) {
	digits, ok := strings.CutSuffix(name, end)
	n, err := strconv.ParseUint(digits, 10, 31)
	return int(n), ok && err == nil && len(digits) == 8
}

// list finds the files of weights in their order.
func list(dir string) ([]part, string, error) {
	there := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	switch {
	case there("W" + matEnd):
		p := part{filepath.Join(dir, "W"+matEnd), filepath.Join(dir, "b"+matEnd)}
		if !there("b" + matEnd) {
			return nil, "", fmt.Errorf("%s has no b%s beside it: copy it too, or train again: %w", p.w, matEnd, ErrFormat)
		}
		return []part{p}, "W" + matEnd, nil
	case there(pickleName):
		return []part{{w: filepath.Join(dir, pickleName)}}, pickleName, nil
	case there("W"):
		w, err := chunks(filepath.Join(dir, "W"), matEnd)
		if err != nil {
			return nil, "", err
		}
		if !there("b") {
			return nil, "", fmt.Errorf("%s has no folder b beside it: copy it too, or train again: %w", filepath.Join(dir, "W"), ErrFormat)
		}
		b, err := chunks(filepath.Join(dir, "b"), matEnd)
		if err != nil {
			return nil, "", err
		}
		if len(w) != len(b) {
			return nil, "", fmt.Errorf("%s: %d files of W and %d of b: copy what is missing, or let the training come to its end: %w", dir, len(w), len(b), ErrFormat)
		}
		parts := make([]part, len(w))
		for i := range w {
			parts[i] = part{w[i], b[i]}
		}
		return parts, "W/*" + matEnd, nil
	}
	w, err := chunks(dir, pickleEnd)
	if err != nil {
		return nil, "", err
	}
	parts := make([]part, len(w))
	for i := range w {
		parts[i].w = w[i]
	}
	return parts, "*" + pickleEnd, nil
}

// chunks are the numbered files of a folder, from 0 on without gaps.
func chunks(dir, end string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open decoders: %w", err)
	}
	var out []string
	for _, e := range entries { // sorted by name, which is by number
		n, ok := number(e.Name(), end)
		if !ok {
			if strings.HasSuffix(e.Name(), end) && e.Name()[0] != '.' {
				return nil, fmt.Errorf("%s: its name is no number of eight digits: which channel it holds is not known: %w", filepath.Join(dir, e.Name()), ErrFormat)
			}
			continue
		}
		if n != len(out) {
			return nil, fmt.Errorf("%s is missing while there is %s: copy it, or let the training come to its end: %w", filepath.Join(dir, numbered(len(out), end)), e.Name(), ErrFormat)
		}
		if out = append(out, filepath.Join(dir, e.Name())); len(out) > maxFiles {
			return nil, fmt.Errorf("%s: more than %d files: %w", dir, maxFiles, ErrFormat)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no file %s: %w", dir, numbered(0, end), ErrFormat)
	}
	return out, nil
}
