// Package features opens stores of network features, true and decoded, in every layout that the field publishes,
// and writes them in the same layouts. Open recognises a layout by its folders, file names and contents:
//
//	Chunked  <layer>.h5                                                       bdpy 2026, format version 1
//	True     <layer>/<label>.mat                                              bdpy's Features
//	Decoded  <layer>/<subject>/<roi>[/<fold>][/decoded_features]/<label>.mat  bdpy's DecodedFeatures
//	Release  [<type>/<net>/]<layer>/<subject>/<roi>/<prefix>-<label>.mat      decoded features released in 2019
//	Single   one .mat file with a variable for each layer                     icnn's sample
//
// The prefix of Release is the end of the path joined by hyphens, <type>-<net>-<layer>-<subject>-<roi> in the release
// itself and no less than <subject>-<roi>. Files named so and ending in Img and a number may also lie flat in one
// folder. Above the layers there may be more folders, such as the network's: together they are the collection. A
// folder inside the store, down to that of one layer, may be opened too. Where a folder has .mat files its .npy
// files are left out, as bdpy does; without any, .npy files take their place.
//
// A chunked file holds
//
//	/features  [samples][unit shape…] float32, chunked on axes 0 and 1
//	/labels    [samples] variable-length UTF-8
//	root attributes bdpy_format = "features", bdpy_format_version = 1
//
// All chunked layers have the same labels in the same order; labels are unique. The reader refuses what bdpy's reader
// refuses. bdpy 0.26, the newest release, has no reader for this layout; it stands in bdpy's repository only.
//
// The variable of a .mat file is feat. Order of dimensions: what is given out is NumPy's, last axis fastest. MAT-files
// of version 5 store the first axis fastest and are turned. In HDF5 (version 7.3) the stored axes are reversed when
// the attribute MATLAB_class stands there, else taken as they are, and Python.Shape gives hdf5storage's shape. bdpy's
// sparse arrays (__bdpy_sparse_arrray, with three r) are made dense.
//
// One file is one sample. A leading axis of length 1 is bdpy's sample axis and is dropped: [1,C,H,W], and [C,H,W] of
// the 2019 release, are units of shape [C,H,W]; [1,N], [N,1] and [N] are [N]. Unit (c,h,w) has index (c·H+h)·W+w,
// which is also the order in which VGG's fc6 takes pool5.
package features

const (
	formatKey  = "bdpy_format"
	formatName = "features"
	versionKey = "bdpy_format_version"
	version    = 1
	variable   = "feat" // in .mat files
)
