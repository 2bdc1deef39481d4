package bdata

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Stimulus is a line of a stimulus table. What the table does not say is "", NaN or 0.
type Stimulus struct {
	Name     string  // without an extension: n01518878_5958; the label of a category; any text of a label mapper
	File     string  // as in the table, where it names a file: n01518878_5958.JPEG
	URL      string  // where the picture once stood
	ID       float64 // WordNet number and, as six decimals, image number: 1518878.005958
	Index    int     // what image_index holds: the lab's lists count from 1, a label mapper may have any number
	Category int     // number of the category in the lab's lists

	indexed bool // the table gives Index; 0 may be one
}

// Table names stimuli. The lines stand in the order of the file.
type Table struct {
	Path    string
	Stimuli []Stimulus

	byIndex map[int]int   // → line
	byID    map[int64]int // ID in millionths → line
	byName  map[string]int
}

// maxTable bounds a stimulus table; those of the lab have 120 kB.
const maxTable = 64 << 20

// ErrNotTable is wrapped when a text file has no stimuli in it.
var ErrNotTable = errors.New("not a stimulus table")

// ReadTable reads a stimulus table, separated by tabs, commas or semicolons, with or without a line of
// headings. Headings say what the columns are where they can; else their content does:
//
//	text that is no number         the name or file; with :// in it the address
//	numbers with fractions         the stimulus id
//	one column of whole numbers    the index, as in the published tables and bdpy's label mappers
//	several of them                the last is the index, the one before it the category, or the id where the
//	                               names are WordNet numbers without an image
//
// An address may hold commas without quotes. An empty cell and n/a say nothing; a line whose name is n/a is left out.
//
// These are the layouts of GenericObjectDecoding (imageID, imageURL, stimulus_… and category_…), of the tables
// published with the data, and of bdpy's label mappers. A name, an id or an index that stands twice for different
// stimuli is an error.
func ReadTable(path string) (*Table, error) {
	t, err := readTable(path)
	if err != nil {
		return nil, fmt.Errorf("read stimulus table %s: %w", path, err)
	}
	return t, nil
}

func readTable(path string) (*Table, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(bufio.NewReader(file), maxTable+1))
	if err != nil {
		return nil, err
	}
	lines, err := splitTable(text)
	if err != nil {
		return nil, err
	}
	t := &Table{Path: path}
	headings := lines[0]
	if !isHeading(headings) {
		headings = nil
	} else {
		lines = lines[1:]
	}
	roles, err := columnRoles(headings, lines)
	if err != nil {
		return nil, err
	}
	for i, l := range lines {
		s, err := stimulus(l, roles)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
		if s.Name == NotAvailable {
			continue
		}
		t.Stimuli = append(t.Stimuli, s)
	}
	return t, t.index()
}

// splitTable gives lines of equally many cells, at least one.
func splitTable(text []byte) ([][]string, error) {
	switch {
	case len(text) > maxTable:
		return nil, fmt.Errorf("it is longer than %d MiB: %w", maxTable>>20, ErrNotTable)
	case !utf8.Valid(text) || strings.ContainsRune(string(text), 0):
		return nil, fmt.Errorf("it is no UTF-8 text: %w; save it as CSV or TSV in UTF-8", ErrNotTable)
	}
	body := strings.TrimPrefix(string(text), "\ufeff")
	first, _, _ := strings.Cut(strings.TrimLeft(body, "\r\n"), "\n")
	r := csv.NewReader(strings.NewReader(body))
	r.FieldsPerRecord = -1 // evenOut looks at that
	r.TrimLeadingSpace = true
	switch {
	case strings.Contains(first, "\t"):
		r.Comma, r.LazyQuotes = '\t', true
		r.TrimLeadingSpace = false // a tab is a space to it
	case !strings.Contains(first, ",") && strings.Contains(first, ";"):
		r.Comma = ';'
	}
	lines, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("it is empty: %w", ErrNotTable)
	}
	for _, l := range lines {
		for j := range l {
			l[j] = strings.TrimSpace(l[j])
		}
	}
	return lines, evenOut(lines, string(r.Comma))
}

// evenOut makes all lines as long as most are: what is too much belongs to an address, which may hold commas
// without quotes (imageURL_training.csv of GenericObjectDecoding).
func evenOut(lines [][]string, comma string) error {
	times, width := map[int]int{}, 0
	for _, l := range lines {
		if times[len(l)]++; times[len(l)] > times[width] {
			width = len(l)
		}
	}
	for i, l := range lines {
		surplus := len(l) - width
		if surplus == 0 {
			continue
		}
		at := slices.IndexFunc(l, func(c string) bool { return strings.Contains(c, "://") })
		if surplus < 0 || at < 0 || at+surplus >= len(l) {
			return fmt.Errorf("line %d has %d cells and most have %d; every line needs the same number of cells", i+1, len(l), width)
		}
		whole := strings.Join(l[at:at+surplus+1], comma)
		lines[i] = slices.Concat(l[:at], []string{whole}, l[at+surplus+1:])
	}
	return nil
}

func stimulus(cells []string, roles []role) (Stimulus, error) {
	s := Stimulus{ID: math.NaN()}
	for j, r := range roles {
		c := cells[j]
		if c == "" || strings.EqualFold(c, NotAvailable) {
			if c != "" && r == roleName {
				return Stimulus{Name: NotAvailable}, nil
			}
			continue
		}
		var err error
		switch r {
		case roleName:
			s.Name = stem(c)
			if s.Name != c {
				s.File = c
			}
		case roleURL:
			s.URL = c
		case roleID:
			if s.ID, err = strconv.ParseFloat(c, 64); err == nil && !(math.Abs(s.ID) < 1e9) {
				err = errors.New("it is out of range")
			}
		case roleIndex:
			s.Index, err = whole(c)
			s.indexed = true
		case roleCategory:
			s.Category, err = whole(c)
		}
		if err != nil {
			return s, fmt.Errorf("%q: %w", c, err)
		}
	}
	if s.Name == "" {
		return s, fmt.Errorf("it has no name: %w", ErrNotTable)
	}
	return s, nil
}

// whole reads a whole number, also one written as 3.0.
func whole(c string) (int, error) {
	v, err := strconv.ParseFloat(c, 64)
	if err != nil || v != math.Trunc(v) || math.Abs(v) > 1<<31 {
		return 0, errors.New("it is no whole number")
	}
	return int(v), nil
}

var pictureExt = map[string]bool{".jpeg": true, ".jpg": true, ".png": true, ".tif": true, ".tiff": true, ".bmp": true, ".gif": true}

// stem is a file name without the folder and the extension of a picture.
func stem(name string) string {
	if ext := filepath.Ext(name); pictureExt[strings.ToLower(ext)] {
		name = strings.TrimSuffix(name, ext)
		return name[strings.LastIndexAny(name, `/\`)+1:]
	}
	return name
}
