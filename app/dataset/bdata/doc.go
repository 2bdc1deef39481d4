// Package bdata reads and writes BData, the subject file of bdpy: an HDF5 file with a matrix
// [samples × columns], metadata rows that say what each column is, and tables of label names.
//
//	/dataset              [samples][columns]  (older files: /dataSet)
//	/metadata/key         one name per metadata row (older files: /metaData)
//	/metadata/description
//	/metadata/value       [keys][columns]: 1 a member, 0 or NaN not; other rows hold numbers
//	/vmap/<key>/<number>  optional: the label that a number of that key's column stands for
//	/header/…             optional; it can hold megabytes of source text and is never read here
//
// Opening reads the metadata only; the matrix stays in the file and columns are read when asked for.
// Where a key stands twice, the first row counts, as in bdpy.
package bdata
