// Package features stores network features in the chunked layout of bdpy (2026, format version 1): a folder with one
// <layer>.h5 for each layer, holding
//
//	/features  [samples][unit shape…] float32, chunked on axes 0 and 1
//	/labels    [samples] variable-length UTF-8
//	root attributes bdpy_format = "features", bdpy_format_version = 1
//
// All layers of a folder have the same labels in the same order; labels are unique. The reader refuses what
// bdpy's reader refuses. bdpy 0.26, the newest release, has no reader for this layout; it stands in bdpy's repository only.
package features

const (
	formatKey  = "bdpy_format"
	formatName = "features"
	versionKey = "bdpy_format_version"
	version    = 1
)
