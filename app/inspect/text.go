package inspect

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"reverie/app/dataset/bdata"
)

// mostText is how large a text may be to be read whole.
const mostText = 32 << 20

// text opens a text file: what it is, its name and its beginning tell.
func (d *Doc) text(ctx context.Context, ext string, head []byte) error {
	looks := func(what string, err error) error {
		if err != nil {
			return fmt.Errorf("it looks like %s, but cannot be read: %w", what, err)
		}
		return nil
	}
	start := bytes.TrimSpace(head)
	switch {
	case d.Size > mostText:
		return fmt.Errorf("%w: it is text of %s, and text is looked into up to %s", ErrUnknown, Bytes(d.Size), Bytes(mostText))
	case isNetwork(d.Path, head):
		return looks("a Caffe network", d.network())
	case ext == ".csv", ext == ".tsv":
		return looks("a table", d.table())
	case ext == ".json", len(start) > 1 && start[0] == '{' && start[1] == '"':
		return looks("a JSON document", d.json())
	case ext == ".yaml", ext == ".yml":
		return d.yaml()
	case numbersOnly(start):
		return looks("a list of numbers", d.numbers())
	case ext == ".txt":
		return d.lines()
	}
	return unknown(ext, head, "")
}

func numbersOnly(b []byte) bool {
	return len(b) > 0 && len(bytes.Trim(b, "0123456789.+-eEinfINFa \t\r\n")) == 0 && bytes.ContainsAny(b, "0123456789")
}

// numbers are one number for each unit of a layer: the bounds of a generator's input.
func (d *Doc) numbers() error {
	f, err := os.Open(d.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Split(bufio.ScanWords)
	var values []float64
	least, most := math.Inf(1), math.Inf(-1)
	for s.Scan() {
		v, err := strconv.ParseFloat(s.Text(), 64)
		if err != nil {
			return fmt.Errorf("number %s: %s is none", Count(len(values)+1), quote(s.Text()))
		}
		values = append(values, v)
		least, most = math.Min(least, v), math.Max(most, v)
	}
	if err := s.Err(); err != nil {
		return err
	}
	d.Kind = "numbers, one for each unit: latent bounds of a generator"
	d.fact("units", "%s", Count(len(values)))
	d.fact("range", "%s to %s", grouped(least), grouped(most))
	d.Roots = []*Node{{Name: "bounds", Kind: Array, Type: "number as text", Shape: []int{len(values)}, Bytes: d.Size,
		values: func(_ context.Context, n int) ([]string, error) { return floats(values[:min(n, len(values))]), nil }}}
	return nil
}

// table reads a table: a stimulus table, or any other with a line of headings.
func (d *Doc) table() error {
	b, err := os.ReadFile(d.Path)
	if err != nil {
		return err
	}
	d.Kind = "text table"
	if t, err := bdata.ReadTable(d.Path); err == nil {
		d.Kind = "stimulus table"
		d.fact("stimuli", "%s", Count(len(t.Stimuli)))
	} else if !errors.Is(err, bdata.ErrNotTable) {
		_, why, _ := strings.Cut(err.Error(), d.Path+": ")
		d.fact("as stimulus table", "not read: %s", why)
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.ReuseRecord = separator(line), true, -1, true
	var columns [][]string // first values
	rows, heading := 0, false
	var titles []string
	for {
		rec, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if rows == 0 && titles == nil {
			titles = slices.Clone(rec)
			if heading = headings(rec); heading {
				columns = make([][]string, len(rec))
				continue
			}
			columns = make([][]string, len(rec))
		}
		rows++
		for i, x := range rec[:min(len(rec), len(columns))] {
			if len(columns[i]) < 1000 {
				columns[i] = append(columns[i], x)
			}
		}
	}
	d.fact("rows", "%s", Count(rows))
	d.fact("columns", "%s", Count(len(columns)))
	for i, c := range columns {
		name := "column " + strconv.Itoa(i+1)
		if heading && titles[i] != "" {
			name = clean(titles[i], 60)
		}
		typ := "number"
		for _, x := range c {
			if _, err := strconv.ParseFloat(x, 64); err != nil && x != "" && x != "n/a" {
				typ = "text"
			}
		}
		d.Roots = append(d.Roots, &Node{Name: name, Kind: Column, Type: typ, Shape: []int{rows},
			values: func(_ context.Context, n int) ([]string, error) {
				out := slices.Clone(c[:min(n, len(c))])
				if typ == "text" {
					return quoted(out), nil
				}
				return out, nil
			}})
	}
	return nil
}

// separator is the one of tab, semicolon and comma that stands most often.
func separator(line []byte) rune {
	best, most := ',', 0
	for _, s := range []rune{'\t', ';', ','} {
		if n := bytes.Count(line, []byte(string(s))); n > most {
			best, most = s, n
		}
	}
	return best
}

// headings tells a line of titles: no number, no picture, no address, no WordNet name.
func headings(rec []string) bool {
	for _, x := range rec {
		if _, err := strconv.ParseFloat(x, 64); err == nil || strings.Contains(x, "://") || strings.Contains(x, ".") ||
			len(x) > 5 && x[0] == 'n' && x[1] >= '0' && x[1] <= '9' {
			return false
		}
	}
	return true
}

// lines is a text of words.
func (d *Doc) lines() error {
	b, err := os.ReadFile(d.Path)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimRight(string(b), "\r\n"), "\n")
	d.Kind = "text"
	d.Roots = []*Node{{Name: "lines", Kind: Text, Type: "text", Shape: []int{len(lines)}, Bytes: d.Size,
		values: func(_ context.Context, n int) ([]string, error) { return quoted(lines[:min(n, len(lines))]), nil }}}
	return nil
}
