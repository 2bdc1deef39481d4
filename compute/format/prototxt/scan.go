package prototxt

import (
	"bytes"
	"fmt"
	"strings"
)

// scanner goes through the text.
type scanner struct {
	text string
	pos  int
	line int
}

// newScanner drops a byte order mark, which Windows editors leave, and refuses what is no text.
func newScanner(b []byte) (*scanner, error) {
	if len(b) > maxSize {
		return nil, fmt.Errorf("%w: it is larger than %d MiB", ErrFormat, maxSize>>20)
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return nil, fmt.Errorf("%w: line %d: a zero byte: it is not text", ErrFormat, 1+bytes.Count(b[:i], []byte("\n")))
	}
	return &scanner{text: string(b), line: 1}, nil
}

func (s *scanner) errorf(format string, v ...any) error {
	return fmt.Errorf("%w: line %d: %w", ErrFormat, s.line, fmt.Errorf(format, v...))
}

// skip passes white space and comments.
func (s *scanner) skip() {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case '\n':
			s.line++
			s.pos++
		case ' ', '\t', '\r', '\v', '\f':
			s.pos++
		case '#':
			end := strings.IndexByte(s.text[s.pos:], '\n')
			if end < 0 {
				end = len(s.text) - s.pos
			}
			s.pos += end
		default:
			return
		}
	}
}

// peek is the next byte that counts, 0 at the end.
func (s *scanner) peek() byte {
	s.skip()
	if s.pos == len(s.text) {
		return 0
	}
	return s.text[s.pos]
}

// take passes the byte if it is next.
func (s *scanner) take(c byte) bool {
	if s.peek() != c || c == 0 {
		return false
	}
	s.pos++
	return true
}

func (s *scanner) unexpected(want string) error {
	if s.peek() == 0 {
		return s.errorf("the file ends, want %s", want)
	}
	return s.errorf("%q, want %s", []rune(s.text[s.pos:min(len(s.text), s.pos+4)])[0], want)
}

func letter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

// run passes the bytes that are of a set.
func (s *scanner) run(in func(c byte) bool) string {
	from := s.pos
	for s.pos < len(s.text) && in(s.text[s.pos]) {
		s.pos++
	}
	return s.text[from:s.pos]
}

// word passes an identifier; the next byte must be a letter.
func (s *scanner) word() string { return s.run(func(c byte) bool { return letter(c) || digit(c) }) }

// name passes a field's name: an identifier, or an extension or type in brackets, which is given without
// its white space.
func (s *scanner) name() (string, error) {
	if letter(s.peek()) {
		return s.word(), nil
	}
	if !s.take('[') {
		return "", s.unexpected("a field's name")
	}
	var b strings.Builder
	b.WriteByte('[')
	for s.peek() != ']' {
		part := s.run(func(c byte) bool { return letter(c) || digit(c) || c == '.' || c == '/' || c == '-' })
		if part == "" {
			return "", s.unexpected("the name of an extension and ]")
		}
		b.WriteString(part)
	}
	s.pos++
	if b.Len() == 1 {
		return "", s.errorf("[] names no field")
	}
	return b.String() + "]", nil
}

// number passes a literal that starts with a digit, or a point before one. Minus signs are not its part.
func (s *scanner) number() (string, error) {
	from := s.pos
	at := func(i int) byte {
		if s.pos+i < len(s.text) {
			return s.text[s.pos+i]
		}
		return 0
	}
	if at(0) == '0' && (at(1) == 'x' || at(1) == 'X') {
		s.pos += 2
		if s.run(func(c byte) bool { return digit(c) || c|32 >= 'a' && c|32 <= 'f' }) == "" {
			return "", s.errorf("0x without digits")
		}
	} else {
		whole := s.run(digit)
		float := false
		if at(0) == '.' {
			s.pos++
			float = true
			if s.run(digit) == "" && whole == "" {
				return "", s.errorf("a point without digits")
			}
		}
		if at(0)|32 == 'e' {
			s.pos++
			float = true
			if at(0) == '+' || at(0) == '-' {
				s.pos++
			}
			if s.run(digit) == "" {
				return "", s.errorf("%.40q: an exponent without digits", s.text[from:s.pos])
			}
		}
		if at(0)|32 == 'f' {
			s.pos++
			float = true
		}
		if !float && len(whole) > 1 && whole[0] == '0' && strings.ContainsAny(whole, "89") {
			return "", s.errorf("%.40s: a number that starts with 0 is octal and has no 8 or 9", whole)
		}
	}
	if c := at(0); letter(c) || digit(c) || c == '.' {
		return "", s.errorf("%.40q goes straight into %q: want a space", s.text[from:s.pos], c)
	}
	return s.text[from:s.pos], nil
}
