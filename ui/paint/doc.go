// Package paint paints curves, histograms and maps of voxels into images, at the
// screen's own resolution: all lengths are pixels of the image. It knows no
// toolkit and no theme; colours are given.
package paint
