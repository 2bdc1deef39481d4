package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"reverie/app/export"
	"reverie/app/session"
)

// uniqueNames tells subjects of one name apart by a number.
func uniqueNames(all []*session.Subject) []string {
	d := distinct{}
	var out []string
	for _, s := range all {
		out = append(out, d.of(s.Name))
	}
	return out
}

// distinct gives each name once: what comes again gets a number. Some file systems do not tell a from A.
type distinct map[string]bool

func (d distinct) of(name string) string {
	out := name
	for n := 2; d[strings.ToLower(out)]; n++ {
		out = fmt.Sprintf("%s-%d", name, n)
	}
	d[strings.ToLower(out)] = true
	return out
}

// longestSegment in bytes: file systems allow 255, and names get something before and after.
const longestSegment = 120

// segment makes a name fit for one of a path.
func segment(name string) string {
	s := strings.TrimRight(export.Name(strings.TrimSpace(name)), ". ")
	if len(s) > longestSegment || !utf8.ValidString(s) {
		sum := sha256.Sum256([]byte(name))
		s = strings.ToValidUTF8(s[:min(len(s), longestSegment-17)], "_") + "-" + hex.EncodeToString(sum[:8])
	}
	if s == "" {
		return "_"
	}
	return s
}
