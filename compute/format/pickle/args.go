package pickle

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// withUint hands an n-byte number on.
func (d *Decoder) withUint(n int, f func(int64) error) error {
	x, err := d.src.uint(n)
	if err != nil {
		return err
	}
	return f(int64(x))
}

// withLength reads the bytes behind an n-byte length and hands them on.
func (d *Decoder) withLength(n int, f func(string) error) error {
	length, err := d.src.uint(n)
	if err != nil {
		return err
	}
	b, err := d.src.bytes(length)
	if err != nil {
		return err
	}
	return f(unsafe.String(unsafe.SliceData(b), len(b))) // b is not kept elsewhere
}

// withLine hands a decimal memo key on.
func (d *Decoder) withLine(f func(int64) error) error {
	s, err := d.src.line(false)
	if err != nil {
		return err
	}
	x, err := strconv.ParseInt(s, 10, 64)
	if err != nil || x < 0 {
		return fmt.Errorf("%.40q is no memo key: the pickle is damaged", s)
	}
	return f(x)
}

func (d *Decoder) str(s string) error     { return d.push(Str(s)) }
func (d *Decoder) unicode(s string) error { return d.push(s) }
func (d *Decoder) bytes(s string) error   { return d.push(Bytes(s)) }

// decimal reads INT and LONG; 00 and 01 are how protocol 0 writes False and True.
func (d *Decoder) decimal() error {
	s, err := d.src.line(false)
	if err != nil {
		return err
	}
	switch s {
	case "00":
		return d.push(false)
	case "01":
		return d.push(true)
	}
	digits := strings.TrimSuffix(s, "L")
	if x, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return d.push(x)
	}
	x, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return fmt.Errorf("%.40q is no integer: the pickle is damaged", s)
	}
	return d.push(x)
}

func (d *Decoder) decimalFloat() error {
	s, err := d.src.line(false)
	if err != nil {
		return err
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return fmt.Errorf("%.40q is no number: the pickle is damaged", s)
	}
	return d.push(x)
}

// binaryLong reads two's complement, least byte first.
func (d *Decoder) binaryLong(s string) error {
	n := len(s)
	if n <= 8 {
		var x uint64
		for i := range n {
			x |= uint64(s[i]) << (8 * i)
		}
		if n > 0 && n < 8 && s[n-1] >= 0x80 {
			x |= ^uint64(0) << (8 * n)
		}
		return d.push(int64(x))
	}
	b := make([]byte, n)
	for i := range n {
		b[n-1-i] = s[i]
	}
	x := new(big.Int).SetBytes(b)
	if s[n-1] >= 0x80 {
		x.Sub(x, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	if x.IsInt64() {
		return d.push(x.Int64())
	}
	return d.push(x)
}

// quoted reads Python 2's repr of a str.
func (d *Decoder) quoted() error {
	s, err := d.src.line(true)
	if err != nil {
		return err
	}
	s = strings.TrimRight(s, " \t\r")
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '\'' && s[0] != '"' {
		return fmt.Errorf("a string without quotes: the pickle is damaged")
	}
	s = s[1 : len(s)-1]
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		b, n := unescape(s[i+1:])
		if n == 0 {
			return fmt.Errorf("a bad escape in a string: the pickle is damaged")
		}
		out = append(out, b...)
		i += n
	}
	return d.push(Str(out))
}

// unescape decodes what follows a backslash in a Python 2 string and tells its length; 0 is an error.
func unescape(s string) (string, int) {
	if s == "" {
		return "", 0
	}
	if i := strings.IndexByte(`\'"abfnrtv`, s[0]); i >= 0 {
		return "\\'\"\a\b\f\n\r\t\v"[i : i+1], 1
	}
	switch {
	case s[0] == 'x':
		if len(s) < 3 {
			return "", 0
		}
		x, err := strconv.ParseUint(s[1:3], 16, 8)
		if err != nil {
			return "", 0
		}
		return string([]byte{byte(x)}), 3
	case s[0] >= '0' && s[0] <= '7':
		n, x := 0, 0
		for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
			x = x*8 + int(s[n]-'0')
			n++
		}
		return string([]byte{byte(x)}), n
	}
	return "\\" + s[:1], 1 // Python keeps an unknown escape as it is
}

// rawUnicode reads Python's raw-unicode-escape: Latin-1 with \uXXXX and \UXXXXXXXX behind an odd
// number of backslashes.
func (d *Decoder) rawUnicode() error {
	s, err := d.src.line(true)
	if err != nil {
		return err
	}
	out := make([]byte, 0, len(s))
	slashes := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if slashes%2 == 1 && (c == 'u' || c == 'U') {
			n := 4
			if c == 'U' {
				n = 8
			}
			if len(s)-i-1 < n {
				return fmt.Errorf("a bad escape in a text: the pickle is damaged")
			}
			x, err := strconv.ParseUint(s[i+1:i+1+n], 16, 32)
			if err != nil || x > utf8.MaxRune {
				return fmt.Errorf("a bad escape in a text: the pickle is damaged")
			}
			out = appendRune(out[:len(out)-1], rune(x))
			i, slashes = i+n, 0
			continue
		}
		if c == '\\' {
			slashes++
		} else {
			slashes = 0
		}
		out = utf8.AppendRune(out, rune(c))
	}
	return d.push(unsafe.String(unsafe.SliceData(out), len(out)))
}

// appendRune writes surrogates as the three bytes that Python's surrogatepass gives them.
func appendRune(b []byte, r rune) []byte {
	if r >= 0xd800 && r < 0xe000 {
		return append(b, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f)
	}
	return utf8.AppendRune(b, r)
}
