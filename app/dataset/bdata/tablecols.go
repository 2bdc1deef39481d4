package bdata

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var headingWord = map[string]bool{"name": true, "stimulus": true, "label": true, "file": true, "filename": true, "id": true, "index": true,
	"category": true, "url": true, "image": true, "synset": true, "number": true}

func words(cell string) []string {
	return strings.FieldsFunc(strings.ToLower(cell), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// isHeading tells headings from a first stimulus: no cell is a number, and one has a word of headings and no digit.
func isHeading(cells []string) bool {
	found := false
	for _, c := range cells {
		if _, err := strconv.ParseFloat(c, 64); err == nil || strings.Contains(c, "://") {
			return false
		}
		for _, w := range words(c) {
			found = found || headingWord[w] && !strings.ContainsAny(c, "0123456789.")
		}
	}
	return found
}

type role int

const (
	roleNone role = iota
	roleName
	roleURL
	roleID
	roleIndex
	roleCategory
)

func columnRoles(headings []string, lines [][]string) ([]role, error) {
	if len(lines) == 0 {
		return nil, fmt.Errorf("it has headings only: %w", ErrNotTable)
	}
	roles := make([]role, len(lines[0]))
	taken := map[role]bool{}
	give := func(j int, r role) {
		if r != roleNone && roles[j] == roleNone && !taken[r] {
			roles[j], taken[r] = r, true
		}
	}
	kinds := make([]role, len(roles))
	for j := range kinds {
		kinds[j] = kindOf(lines, j)
	}
	for j, h := range headings {
		has := map[string]bool{}
		for _, w := range words(h) {
			has[w] = true
		}
		numeric := kinds[j] == roleIndex || kinds[j] == roleID
		switch {
		case numeric && has["category"] && !has["id"]:
			give(j, roleCategory)
		case numeric && has["id"] && !has["category"]:
			give(j, roleID)
		case numeric && (has["index"] || has["number"]):
			give(j, roleIndex)
		case kinds[j] == roleName && (has["name"] || has["file"] || has["filename"] || has["label"] || has["stimulus"]):
			give(j, roleName)
		}
	}
	var whole []int
	for j, k := range kinds {
		if roles[j] == roleNone && k == roleIndex {
			whole = append(whole, j)
		} else {
			give(j, k)
		}
	}
	if headings == nil && len(whole) > 0 {
		give(whole[len(whole)-1], roleIndex)
		if len(whole) > 1 {
			give(whole[len(whole)-2], roleCategory)
		}
		if len(whole) > 1 && synsets(lines, roles) {
			// category_GODImagery.tsv: synset, its number, index. The number is the id.
			j := whole[len(whole)-2]
			if roles[j] == roleCategory {
				roles[j] = roleID
			}
		}
	}
	if !taken[roleName] {
		return nil, fmt.Errorf("no column holds names: %w", ErrNotTable)
	}
	return roles, nil
}

// kindOf guesses a column: whole numbers are roleIndex here.
func kindOf(lines [][]string, j int) role {
	kind := roleNone
	for _, l := range lines {
		c := l[j]
		if c == "" || strings.EqualFold(c, NotAvailable) {
			continue
		}
		v, err := strconv.ParseFloat(c, 64)
		switch {
		case strings.Contains(c, "://"):
			kind = roleURL
		case err != nil || math.IsNaN(v) || math.IsInf(v, 0):
			return roleName
		case v != math.Trunc(v) && kind != roleURL:
			kind = roleID
		case kind == roleNone:
			kind = roleIndex
		}
	}
	return kind
}

var synset = regexp.MustCompile(`^n\d{8}$`)

// synsets tells whether the names are WordNet numbers of categories.
func synsets(lines [][]string, roles []role) bool {
	for j, r := range roles {
		if r == roleName {
			return synset.MatchString(lines[0][j])
		}
	}
	return false
}
