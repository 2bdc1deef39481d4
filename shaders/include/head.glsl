{{- /* Version, workgroup size and the arguments of a dispatch, the same for every kernel. */ -}}
{{define "head" -}}
#version 430 core
layout(local_size_x = {{.WX}}, local_size_y = {{.WY}}) in;

// Arguments of the dispatch; compute/gl/plan fills them in this order.
layout(location = 0) uniform int P[16];
#define COL0 P[0]   // first column of this dispatch, counted over the images of its group
#define COL1 P[1]   // one past the last
#define CHUNK0 P[2] // column that stands first in the workspace
#define ROW0 P[3]   // first workgroup row
#define IMG0 P[4]   // first image of the group in the batch
#define SLOT0 P[5]  // slot that the bound targets begin with
#define PARTS P[14] // parts of a split sum
#define BASE(k) P[6 + (k)] // where binding k begins, in vec4

// what the workgroup's threads put into shared memory is there for all of them after it
#define SYNC memoryBarrierShared(); barrier();

int lid() { return int(gl_LocalInvocationIndex); }
int wgx() { return int(gl_WorkGroupID.x); }
int wgy() { return ROW0 + int(gl_WorkGroupID.y); }
int wgz() { return int(gl_WorkGroupID.z); }
{{end}}
