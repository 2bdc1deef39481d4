package prototxt

import (
	"strings"
	"unicode/utf8"
)

// Parse reads the tree of a text.
func Parse(text []byte) (*Message, error) {
	s, err := newScanner(text)
	if err != nil {
		return nil, err
	}
	return s.message(0, 0, 0)
}

// message passes fields up to the closing byte, or to the end where it is 0. opened is the line of its
// brace.
func (s *scanner) message(end byte, opened, depth int) (*Message, error) {
	m := &Message{}
	for {
		switch c := s.peek(); {
		case c == 0 && end != 0:
			return nil, s.errorf("the file ends inside the message that line %d opens: a %c is missing", opened, end)
		case c == end:
			if c != 0 {
				s.pos++
			}
			return m, nil
		}
		if err := s.field(m, depth); err != nil {
			return nil, err
		}
	}
}

// field passes one field, with all values of a list, and the comma or semicolon that may follow.
func (s *scanner) field(m *Message, depth int) error {
	s.skip()
	f := Field{Line: s.line}
	var err error
	if f.Name, err = s.name(); err != nil {
		return err
	}
	colon := s.take(':')
	switch c := s.peek(); {
	case c == '[':
		opened := s.line
		s.pos++
		if s.take(']') {
			break
		}
		for {
			f.Line = s.line
			if err := s.value(f, m, colon, depth); err != nil {
				return err
			}
			if s.take(']') {
				break
			}
			if s.peek() == 0 {
				return s.errorf("the file ends inside the list that line %d opens: a ] is missing", opened)
			}
			if !s.take(',') {
				return s.unexpected("a comma or ]")
			}
			s.skip()
		}
	default:
		if err := s.value(f, m, colon, depth); err != nil {
			return err
		}
	}
	if c := s.peek(); c == ',' || c == ';' {
		s.pos++
	}
	return nil
}

// value passes one value and adds it to m under f's name.
func (s *scanner) value(f Field, m *Message, colon bool, depth int) error {
	c := s.peek()
	var err error
	switch {
	case c == '{' || c == '<':
		if depth >= maxDepth {
			return s.errorf("messages nested deeper than %d", maxDepth)
		}
		end := byte('}')
		if c == '<' {
			end = '>'
		}
		s.pos++
		f.Kind = Group
		f.Message, err = s.message(end, s.line, depth+1)
	case !colon:
		return s.unexpected("a colon and a value, or a brace, after " + short(f.Name))
	case c == '"' || c == '\'':
		f.Text, err = s.strings()
	default:
		f.Kind, f.Text, err = s.plain(f.Name)
	}
	if err != nil {
		return err
	}
	m.Fields = append(m.Fields, f)
	return nil
}

// plain passes a number or a word, perhaps with a minus.
func (s *scanner) plain(name string) (Kind, string, error) {
	minus := ""
	if s.take('-') {
		minus = "-"
	}
	c := s.peek()
	switch {
	case letter(c):
		w := s.word()
		switch strings.ToLower(w) {
		case "inf", "infinity", "nan":
		default:
			if minus != "" {
				return 0, "", s.errorf("-%.40s: only numbers may be negative", w)
			}
		}
		return Word, minus + w, nil
	case digit(c) || c == '.':
		n, err := s.number()
		return Number, minus + n, err
	}
	return 0, "", s.unexpected("a value of " + short(name))
}

// strings passes one string or several that are joined.
func (s *scanner) strings() (string, error) {
	first, err := s.quoted()
	if err != nil {
		return "", err
	}
	if c := s.peek(); c != '"' && c != '\'' {
		return first, nil
	}
	var b strings.Builder
	b.WriteString(first)
	for {
		c := s.peek()
		if c != '"' && c != '\'' {
			return b.String(), nil
		}
		next, err := s.quoted()
		if err != nil {
			return "", err
		}
		b.WriteString(next)
	}
}

// short keeps names in errors short.
func short(s string) string {
	if utf8.RuneCountInString(s) > 60 {
		return string([]rune(s)[:60]) + "…"
	}
	return s
}
