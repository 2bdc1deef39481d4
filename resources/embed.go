// Package resources holds the files that are built into the program.
package resources

import _ "embed"

// Icon is the program's icon, a PNG of 512×512 pixels (scripts/icon draws it).
//
//go:embed icon.png
var Icon []byte
