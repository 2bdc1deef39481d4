// Package resources holds the files that are built into the program.
package resources

import _ "embed"

// Icon is the program's icon, a PNG of 512×512 pixels (scripts/icon draws it).
//
//go:embed icon.png
var Icon []byte

// PairNetwork is the demo's network, PairGenerator the generator that inverts its relu7: safetensors of
// float16, made by testdata/pair, which tells what they were trained on. Package demo reads them.
//
//go:embed pair/network.safetensors
var PairNetwork []byte

//go:embed pair/generator.safetensors
var PairGenerator []byte
