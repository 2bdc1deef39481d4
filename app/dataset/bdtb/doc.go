// Package bdtb reads the subject struct of the first BrainDecoderToolbox (BDTB-1.0, saved by MATLAB as v7.3)
// and makes block samples of its volumes.
//
// The file holds a struct D: data [volumes × voxels], labels [volumes], labels_names and inds_conds (one name and one list of
// volumes per condition: together they say which number has which name), inds_runs and inds_blocks
// [first last] pairs, rois_names and rois_inds, sbj_id; and a struct P of protocol and scanner settings of which the
// repetition time is read. All indices are 1-based in the file and 0-based here; MATLAB stores dimensions reversed.
package bdtb
