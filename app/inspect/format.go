package inspect

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Count writes a number with commas between thousands.
func Count[T int | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Bytes writes a size in the binary units.
func Bytes(n int64) string {
	switch {
	case n < 1<<10:
		return plural(n, "byte")
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
}

// Shape writes a shape as 1 × 64 × 224 × 224, "" for nil and "scalar" for none.
func Shape(s []int) string {
	if s == nil {
		return ""
	}
	if len(s) == 0 {
		return "scalar"
	}
	parts := make([]string, len(s))
	for i, n := range s {
		parts[i] = Count(n)
	}
	return strings.Join(parts, " × ")
}

// grouped writes whole numbers with commas, others as number does.
func grouped(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return Count(int64(v))
	}
	return real64(v)
}

func plural[T int | int64](n T, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if strings.HasSuffix(what, "x") {
		return Count(n) + " " + what + "es"
	}
	return Count(n) + " " + what + "s"
}

// product is the number of elements; beyond what fits it is the greatest int.
func product(shape []int) int {
	n := 1
	for _, s := range shape {
		if s <= 0 {
			return 0
		}
		if n > math.MaxInt/s {
			return math.MaxInt
		}
		n *= s
	}
	return n
}

// number writes a value with as many digits as tell it from its neighbours; of a
// double whose digits do not end, which has 14 or more, eight.
func number(v float64, double bool) string {
	bits := 32
	if double {
		bits = 64
		if len(strconv.FormatFloat(math.Abs(v), 'e', -1, 64)) > len("1.234567890123e+00") {
			v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 7, 64), 64)
		}
	}
	if size := math.Abs(v); size == 0 || size >= 1e-4 && size < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, bits)
	}
	return strconv.FormatFloat(v, 'g', -1, bits)
}

func floats[T float32 | float64](v []T) []string {
	_, double := any(v).([]float64)
	out := make([]string, len(v))
	for i, x := range v {
		out[i] = number(float64(x), double)
	}
	return out
}

func integers[T ~int | ~int8 | ~int16 | ~int32 | ~int64](v []T) []string {
	out := make([]string, len(v))
	for i, x := range v {
		out[i] = strconv.FormatInt(int64(x), 10)
	}
	return out
}

func unsigned[T ~uint8 | ~uint16 | ~uint32 | ~uint64](v []T) []string {
	out := make([]string, len(v))
	for i, x := range v {
		out[i] = strconv.FormatUint(uint64(x), 10)
	}
	return out
}

func complexes(v []complex128) []string {
	out := make([]string, len(v))
	for i, x := range v {
		out[i] = strings.Trim(strconv.FormatComplex(x, 'g', 6, 128), "()")
	}
	return out
}

// quoted writes strings in quotes, long ones cut.
func quoted(v []string) []string {
	out := make([]string, len(v))
	for i, s := range v {
		out[i] = quote(s)
	}
	return out
}

// longest is how many characters of a string are shown.
const longest = 72

func quote(s string) string { return "\"" + clean(s, longest) + "\"" }

// clean makes one line of a text of at most most characters, without what a
// terminal would take for a command.
func clean(s string, most int) string {
	var b strings.Builder
	n := 0
	for i, r := range s {
		if n == most {
			b.WriteRune('…')
			break
		}
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				r = '·'
			}
		}
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			r = ' '
		case !unicode.IsPrint(r):
			r = '·'
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// order is the byte order as written behind a type; one byte has none.
func order(size int, big bool) string {
	switch {
	case size < 2:
		return ""
	case big:
		return " BE"
	}
	return " LE"
}
