// Package mat73 reads MATLAB's MAT-files of version 7.3, which are HDF5, as package mat reads those of
// the versions before: the same arrays, classes, paths and column-major order.
//
// What it knows, from MATLAB's own files and from hdf5storage:
//   - The axes of an array stand reversed in the file, so that its bytes are MATLAB's column-major order.
//   - MATLAB_class names the class, MATLAB_empty marks an array whose dataset holds its dimensions,
//     MATLAB_fields orders the fields of a struct, MATLAB_sparse counts the rows of a sparse array.
//   - Cells, and the fields of struct arrays, are references to objects that stand in the group #refs#.
//   - hdf5storage adds Python.Shape, which Shape answers. A single text that it set upright (oned_as="column", as
//     bdpy saves) is a row.
//   - Without MATLAB_class an array is plain HDF5 (Julia, h5py): its shape stands as it is, in C order. Groups
//     are structs, strings are text, arrays of strings are cells of text, fields real and imag (or r and i) are
//     complex numbers.
//
// Contract:
//   - Files are opened guarded (see package hdf5). Read takes the path of an array and reads only that.
//   - Numbers keep their type. Sparse arrays are filled up by Read; Sparse gives their entries.
//   - Objects and function handles are named and not read: the methods of their arrays answer mat.ErrClass.
//   - Cells and structs may stand 64 deep, hold 2^22 arrays and 2^14 fields each. An array that holds itself is an
//     error; one that stands in many places is read once and shared.
//   - What one Read holds may be as large as 200 times the file and 256 MiB on top, a sparse array filled up as
//     200 times its entries or 256 MiB.
//   - Errors name the file and the path of the array.
package mat73
