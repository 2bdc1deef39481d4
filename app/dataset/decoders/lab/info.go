package lab

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// settings are the plain values of a YAML file by the names of their keys, outer ones before: _status.computation_id.
type settings map[string]string

const (
	maxInfo     = 1 << 20
	maxSettings = 1000
)

// parseSettings reads keys and plain values by their indentation, which is what bdpy writes. Lists, texts over several lines
// and the rest of the language are passed over.
func parseSettings(text string) settings {
	type outer struct {
		indent int
		name   string
	}
	var above []outer
	out := settings{}
	for line := range strings.Lines(text) {
		body := strings.TrimSpace(line)
		if body == "" || body[0] == '#' || body[0] == '-' {
			continue
		}
		key, value, ok := strings.Cut(body, ":")
		if !ok || value != "" && value[0] != ' ' && value[0] != '\t' {
			continue
		}
		indent := len(line) - len(strings.TrimLeft(line, " \t"))
		for len(above) > 0 && above[len(above)-1].indent >= indent {
			above = above[:len(above)-1]
		}
		name := scalar(key)
		if len(above) > 0 {
			name = above[len(above)-1].name + "." + name
		}
		if len(above) >= 16 || len(out) >= maxSettings || len(name) > 1000 {
			continue
		}
		if value = scalar(value); value != "" {
			out[name] = value
		}
		above = append(above, outer{indent, name})
	}
	return out
}

// scalar is a value without quotation marks and remarks.
func scalar(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 1 && s[0] == '"' {
		if end := strings.LastIndexByte(s, '"'); end > 0 {
			if v, err := strconv.Unquote(s[:end+1]); err == nil {
				return v
			}
		}
	}
	if len(s) > 1 && s[0] == '\'' {
		if end := strings.LastIndexByte(s, '\''); end > 0 {
			return strings.ReplaceAll(s[1:end], "''", "'")
		}
	}
	s, _, _ = strings.Cut(s, " #")
	return strings.TrimSpace(s)
}

func readSettings(path string) (settings, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxInfo+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxInfo {
		return nil, fmt.Errorf("%s: more than %d bytes are no description of a training: %w", path, maxInfo, ErrFormat)
	}
	return parseSettings(string(raw)), nil
}

// readInfo reads info.yaml where it is there.
func (f *Folder) readInfo() error {
	s, err := readSettings(filepath.Join(f.dir, infoName))
	switch {
	case errors.Is(err, os.ErrNotExist):
		f.info.Notes = append(f.info.Notes, "no info.yaml: whether the training came to its end is not known")
		return nil
	case err != nil:
		return fmt.Errorf("open decoders: %w", err)
	}
	f.info.Computation, f.info.Status = s["_status.computation_id"], s["_status.computation_status"]
	if f.info.Status != done {
		f.info.Notes = append(f.info.Notes, fmt.Sprintf("the training has not come to its end: its status is %q", f.info.Status))
	}
	// What Writer adds.
	f.info.Method = s[ownKey+".method"]
	if a, err := strconv.ParseFloat(s[ownKey+".alpha"], 64); err == nil && a-a == 0 {
		f.info.Alpha = a
	}
	if n, err := strconv.Atoi(s[ownKey+".n_feat"]); err == nil && n > 0 {
		f.info.Selected = n
	}
	return nil
}
