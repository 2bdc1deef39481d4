// Package npy reads and writes NumPy's .npy files and reads .npz archives: bytes to typed
// arrays, no meaning.
//
// Source of the format: numpy.lib.format (versions 1.0, 2.0 and 3.0).
//
// Contract:
//   - Values come and go in C order (last axis fastest), whatever order the file has.
//   - Read gives float32, float64 or int64 from any bool, integer or real type. An integer that the wanted
//     type cannot hold exactly is an error that names the element, and so is a fraction, a NaN or an
//     infinity read as int64, and a finite number beyond the range of float32. The one silent loss is
//     the rounding of a float to the nearest float32.
//   - Complex numbers come by ReadComplex, bytes and Unicode strings by ReadStrings.
//   - Structured, object, time, void and extended-precision types are described by the header and refused
//     by the readers (ErrType).
//   - Sizes are checked against the file before memory is taken. A compressed member of an archive may
//     claim no more than DEFLATE can make of its bytes, and beyond 256 MiB no more than 200 times them.
//   - Open and OpenArchive read headers only. Ranges are read without the rest.
//   - Errors name the file, the member and the byte or the element.
package npy
