package prototxt

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// quoted passes a string in quotes and resolves its escapes: C's, and \u and \U of four and eight digits.
func (s *scanner) quoted() (string, error) {
	quote := s.text[s.pos]
	s.pos++
	from := s.pos
	end := strings.IndexAny(s.text[from:], string(quote)+"\\\n")
	if end >= 0 && s.text[from+end] == quote { // nothing to resolve: the text itself serves
		s.pos += end + 1
		return s.text[from : from+end], nil
	}
	var b strings.Builder
	for s.pos < len(s.text) {
		c := s.text[s.pos]
		s.pos++
		switch c {
		case quote:
			return b.String(), nil
		case '\n':
			return "", s.errorf("the line ends inside a string: a %c is missing", quote)
		case '\\':
			if err := s.escape(&b); err != nil {
				return "", err
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", s.errorf("the file ends inside a string: a %c is missing", quote)
}

// simple are the escapes of one letter.
var simple = map[byte]byte{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '?': '?', '\\': '\\', '\'': '\'', '"': '"'}

// escape resolves what follows a backslash.
func (s *scanner) escape(b *strings.Builder) error {
	if s.pos == len(s.text) {
		return s.errorf("the file ends inside a string")
	}
	c := s.text[s.pos]
	if v, ok := simple[c]; ok {
		s.pos++
		b.WriteByte(v)
		return nil
	}
	base, from, least, most := 16, s.pos+1, 1, 2
	switch c {
	case 'x', 'X':
	case '0', '1', '2', '3', '4', '5', '6', '7':
		base, from, most = 8, s.pos, 3
	case 'u':
		least, most = 4, 4
	case 'U':
		least, most = 8, 8
	default:
		return s.errorf("\\%c: no such escape", []rune(s.text[s.pos:min(len(s.text), s.pos+4)])[0])
	}
	n := 0
	for n < most && from+n < len(s.text) {
		if _, err := strconv.ParseUint(s.text[from+n:from+n+1], base, 8); err != nil {
			break
		}
		n++
	}
	if n < least {
		return s.errorf("\\%c with %d digits, want %d", c, n, least)
	}
	v, err := strconv.ParseUint(s.text[from:from+n], base, 32)
	if err != nil {
		return s.errorf("\\%c: %w", c, err)
	}
	s.pos = from + n
	switch {
	case least > 1 && (v > utf8.MaxRune || v >= 0xd800 && v < 0xe000):
		return s.errorf("\\%c%s is no character", c, s.text[from:from+n])
	case least > 1:
		b.WriteRune(rune(v))
	case v > 255:
		return s.errorf("\\%s is more than a byte", s.text[from:from+n])
	default:
		b.WriteByte(byte(v))
	}
	return nil
}
