package npy

import (
	"fmt"
	"strconv"
	"strings"
)

// scanner walks over the Python literal of a header.
type scanner struct {
	s string
	i int
}

// errorf returns an error that names the place.
func (p *scanner) errorf(format string, a ...any) error {
	return fmt.Errorf("character %d: %s", p.i, fmt.Sprintf(format, a...))
}

// space skips white space.
func (p *scanner) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n\x00", p.s[p.i]) >= 0 {
		p.i++
	}
}

// take skips white space and then c, and reports whether c was there.
func (p *scanner) take(c byte) bool {
	p.space()
	if p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

// word takes letters and digits.
func (p *scanner) word() string {
	p.space()
	from := p.i
	for p.i < len(p.s) && (p.s[p.i] == '-' || p.s[p.i] >= '0' && p.s[p.i] <= '9' || p.s[p.i]|32 >= 'a' && p.s[p.i]|32 <= 'z') {
		p.i++
	}
	return p.s[from:p.i]
}

// quoted takes a string in quotes. A backslash keeps the character after it.
func (p *scanner) quoted() (string, error) {
	p.space()
	if p.i < len(p.s) && (p.s[p.i] == 'b' || p.s[p.i] == 'u') { // Python 2 wrote b'' and u''
		p.i++
	}
	if p.i >= len(p.s) || p.s[p.i] != '\'' && p.s[p.i] != '"' {
		return "", p.errorf("a quoted string was expected")
	}
	q := p.s[p.i]
	var b strings.Builder
	for p.i++; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == q:
			p.i++
			return b.String(), nil
		case c == '\\' && p.i+1 < len(p.s):
			p.i++
			b.WriteByte(p.s[p.i])
		default:
			b.WriteByte(c)
		}
	}
	return "", p.errorf("a string does not end")
}

// balanced takes a bracketed value whole and returns its text.
func (p *scanner) balanced() (string, error) {
	p.space()
	from := p.i
	for depth := 0; p.i < len(p.s); {
		switch p.s[p.i] {
		case '\'', '"':
			if _, err := p.quoted(); err != nil {
				return "", err
			}
			continue
		case '[', '(', '{':
			depth++
		case ']', ')', '}':
			depth--
		}
		p.i++
		if depth <= 0 {
			return p.s[from:p.i], nil
		}
	}
	return "", p.errorf("brackets do not close")
}

// shape takes a tuple of sizes. Python 2 wrote them with an L behind.
func (p *scanner) shape() ([]int, error) {
	if !p.take('(') {
		return nil, p.errorf("shape is not a tuple")
	}
	shape := []int{}
	for !p.take(')') {
		w := p.word()
		n, err := strconv.ParseInt(strings.TrimSuffix(w, "L"), 10, 64)
		if err != nil || n < 0 || int64(int(n)) != n {
			return nil, p.errorf("%q is no size of an axis", w)
		}
		if len(shape) == maxAxes {
			return nil, p.errorf("more than %d axes", maxAxes)
		}
		shape = append(shape, int(n))
		if !p.take(',') {
			if !p.take(')') {
				return nil, p.errorf("shape does not close")
			}
			if len(shape) == 1 {
				return nil, p.errorf("shape is not a tuple")
			}
			break
		}
	}
	return shape, nil
}

// parseDict reads {'descr': …, 'fortran_order': …, 'shape': …} into h. Like NumPy it wants these three keys.
func parseDict(s string, h *Header) error {
	p := &scanner{s: s}
	if !p.take('{') {
		return p.errorf("a dictionary was expected")
	}
	seen := map[string]bool{}
	for !p.take('}') {
		key, err := p.quoted()
		if err != nil {
			return err
		}
		if seen[key] {
			return p.errorf("key %q stands twice", key)
		}
		seen[key] = true
		if !p.take(':') {
			return p.errorf("a colon was expected after %q", key)
		}
		p.space()
		switch key {
		case "descr":
			if p.i < len(p.s) && p.s[p.i] == '[' {
				h.Structured = true
				h.Descr, err = p.balanced()
			} else if h.Descr, err = p.quoted(); err == nil {
				h.DType = parseDType(h.Descr)
			}
		case "fortran_order":
			switch w := p.word(); w {
			case "True":
				h.Fortran = true
			case "False":
			default:
				err = p.errorf("fortran_order is %q", w)
			}
		case "shape":
			h.Shape, err = p.shape()
		default:
			err = p.errorf("key %q is not known", key)
		}
		if err != nil {
			return err
		}
		if !p.take(',') {
			if !p.take('}') {
				return p.errorf("the dictionary does not close")
			}
			break
		}
	}
	if len(seen) != 3 {
		return fmt.Errorf("descr, fortran_order and shape are wanted, %d of them are there", len(seen))
	}
	if p.space(); p.i != len(p.s) {
		return p.errorf("something follows the dictionary")
	}
	return nil
}
