// Package mat reads and writes MATLAB's MAT-files of level 5 (versions 5 to 7.2) and reads level 4: bytes
// to typed arrays, no meaning.
//
// Sources of the format: "MAT-File Format" by The MathWorks, and scipy.io.matlab where files in the field
// differ from it. Files of version 7.3 are HDF5: Open answers them with ErrHDF5.
//
// Contract:
//   - Values stand in MATLAB's column-major order (first axis fastest). RowMajor turns them into the order
//     of C and NumPy, ColumnMajor back.
//   - Numbers keep the type they are stored in (MATLAB stores a double array of small integers in bytes)
//     until asked for. An integer that the wanted type cannot hold exactly is an error that names the
//     element, and so is a fraction, a NaN or an infinity as int64, and a finite number beyond the range of
//     float32. The one silent loss is the rounding of a float to the nearest float32.
//   - Open reads the names, classes and sizes of the variables only. Read takes a path such as
//     D.rois_names{2} and reads only what it names.
//   - Objects, function handles and opaque arrays are named and not read (ErrClass).
//   - Sizes are checked against the file before memory is taken. A compressed variable may claim no more
//     than DEFLATE can make of its bytes, and beyond 256 MiB no more than 200 times them. Cells and structs
//     may stand 64 deep.
//   - Errors name the file, the variable and the byte.
package mat
