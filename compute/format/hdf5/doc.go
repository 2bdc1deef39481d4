// Package hdf5 reads and writes HDF5 files: bytes to typed arrays, no meaning.
// It is a thin layer of our own on libhdf5 (1.10 or newer, found by pkg-config).
//
// Why not gonum.org/v1/hdf5, which the design names: it reads with the file's own type,
// has no object references, no reclaim of variable-length strings, no iteration, no growable writing
// convention and no rule about threads. What remained of it would have been less than what stands here,
// and two packages calling one library that is not thread-safe would need one lock between them.
//
// Contract:
//   - Every call into libhdf5 is made by one worker goroutine on one locked thread, so all
//     functions may be called from anywhere at any time.
//   - Open refuses what is not HDF5, and every error names the file and the object.
//   - Numbers are converted by the library to the type the caller asks for. Fractions never
//     become integers silently: reading a floating-point object as int64 is an error.
//   - Sizes are checked against the file before memory is taken.
//   - Files are written beside their target and renamed on Commit; Discard leaves nothing.
//
// Cut-off files, text files and objects of the wrong class are answered with errors. What cannot be promised:
// libhdf5 1.10 itself faults on some files whose inner bytes were altered (seen: a damaged string heap), and
// a fault in C ends the program.
//
// The 512-byte user block of MATLAB v7.3 files is found by the library itself.
package hdf5
