// Package export writes results: pictures, JSON and tables. Every file is
// written beside its place and renamed into it, so a crash leaves either the
// old file or the new one.
package export

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// File writes path atomically, making its folder where it is missing.
func File(path string, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write %s: make the folder: %w (choose a folder you may write to with --out)", path, err)
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w (choose a folder you may write to with --out)", path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	if err = write(f); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// PNG writes a picture.
func PNG(path string, img image.Image) error {
	return File(path, func(w io.Writer) error { return png.Encode(w, img) })
}

// JSON writes a value, indented.
func JSON(path string, v any) error {
	return File(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}

// CSV writes rows, the first being the header.
func CSV(path string, rows [][]string) error {
	return File(path, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(rows) })
}

// Text writes a text.
func Text(path, text string) error {
	return File(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
}

// TSV writes rows with tabs between.
func TSV(path string, rows [][]string) error {
	return File(path, func(w io.Writer) error {
		t := csv.NewWriter(w)
		t.Comma = '\t'
		return t.WriteAll(rows)
	})
}

// Name makes a stimulus label fit for a file name.
func Name(label string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '_'
		}
		return r
	}, label)
}
