// Package lab reads and writes trained decoders as the lab's scripts keep them: a model folder of bdpy for one layer,
// subject and ROI. No code of a pickle is run.
//
// What a folder may hold (bdpy 0.26, bdpy.ml.ModelTraining and the scripts around it):
//
//	W.mat, b.mat                    one file for all units: W [voxels,unit…], b [1,unit…]
//	W/00000000.mat, b/00000000.mat  one pair for each channel: W [voxels,1,H,W], b [1,1,H,W]
//	model.pkl.gz                    {model, y_shape}, or the model alone
//	00000000.pkl.gz                 the same for each channel
//	x_mean.mat, x_norm.mat          [1,voxels], over training samples
//	y_mean.mat, y_norm.mat          [1,unit…], over training stimuli
//	info.yaml                       _status: {computation_id, computation_status}
//
// The folder is <layer>/<subject>/<roi>/model; the norms may stand in it or beside it. Those that are absent do
// nothing: bdpy's own test models have none.
//
// Unit u of a sample x is (Σ W[v,u]·(x[v] − x_mean[v])/x_norm[v] + b[u])·y_norm[u] + y_mean[u].
//
// A .mat file is MATLAB's of version 5 or 7.3, of hdf5storage, or plain HDF5 (Julia, h5py). W is dense, MATLAB's sparse
// matrix or bdpy's sparse array: a struct with a member __bdpy_sparse_arrray (three r), background, index, shape and
// value; Python writes index and shape as cells with an entry for each axis, Julia index as a matrix [axes][entries].
// A pickle is a FastL2LiR object or a linear model of scikit-learn; named gz, it is mostly not compressed; both are read.
//
// Order. FastL2LiR lays units out in Fortran order inside, and a pickle made through ModelTraining keeps W flat so:
// column c + C·(h + H·w) is unit (c,h,w) of y_shape (C,H,W). W.mat has the units' own axes. What this package gives out
// is in C order: unit (c,h,w) has number (c·H + h)·W + w.
//
// Memory. A sparse array in HDF5 is read in blocks of 2^20 entries, a dense one in blocks of 2^25 numbers; MATLAB's
// sparse matrices, files of version 5 and pickles are read whole, one file at a time. The weights of one file stay in
// memory, sparse, while units of it are asked for: 8 bytes a weight, of HDF5 up to 2^26 weights; of larger HDF5
// files only the units asked for are kept and the file is scanned again for the next.
package lab

// Limits that no decoder of a network comes near.
const (
	maxUnits  = 1 << 27 // VGG19's largest layer has 3.2 million
	maxVoxels = 1 << 24 // a whole brain at 1 mm has 2 million
	maxAxes   = 32
	maxFiles  = 1 << 20
	maxPickle = 8 << 30 // bytes; conv1_1 of VGG19 takes 4 GB a channel in float64

	expandRatio = 200 // that a file may claim of its bytes, beyond spareBytes
)

// Sizes of what is held; variables so that tests come to them with small files.
var (
	keepMost         = 1 << 26 // weights of an HDF5 file that are kept
	entryBlock       = 1 << 20 // entries of a sparse array read at a time
	denseBlock       = 1 << 25 // numbers of a dense array read at a time
	spareBytes int64 = 256 << 20
)
