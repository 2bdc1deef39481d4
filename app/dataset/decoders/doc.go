// Package decoders keeps trained decoders: one folder for each layer, subject
// and ROI, below a common root as <layer>/<subject>/<roi>[/<fold>], which is
// how the lab's scripts arrange theirs. Open reads the lab's own folders too.
//
// A folder of ours holds
//
//	decoder.json                  what was trained on what, and how (Meta)
//	norms.safetensors             x_mean, x_norm [voxels] F32; voxel_xyz [voxels,3] F32 where known
//	units-00000000.safetensors    the units from that number on, Meta.Chunk of them
//
// and a file of units
//
//	start   I64 [units+1]   weights start[u] … start[u+1]−1 are unit u's
//	voxel   U16 [weights]   rising within a unit; U32 where there are more than 65,536 voxels
//	weight  F32 [weights]
//	bias    F32 [units]
//	y_mean, y_norm          F32 [units]
//	accuracy                F32 [conditions,units]  correlation of decoded and true values over stimuli; NaN where constant
//	iterations              I64 [units]             of ARD; absent from ridge
//
// so that unit u of a sample x is
//
//	(Σ weight·(x[voxel] − x_mean[voxel])/x_norm[voxel] + bias)·y_norm + y_mean
//
// That is six bytes a weight: 9.7 GB for conv1_1 of VGG19 with 500 voxels a
// unit, where the lab's sparse .mat takes 18. Any safetensors library reads the
// files. A file is written beside its place and renamed into it, so it is there
// whole or not at all; training goes on with the files that are missing.
// Several machines may write files of one folder at a time.
package decoders
