{{- /* Σ (z − t)² over a stretch of one image's layer; what lies between the pixels is
  zero in both. Each thread adds with compensation, then the threads pairwise:
  the order is fixed. A column is one stretch and one workgroup. */ -}}
{{template "head" .}}
{{read 0 "z"}}
{{read 1 "target"}}
{{read 3 "table"}}
layout(std430, binding = 2) writeonly buffer Bdst { float dst[]; };
shared float part[{{.WX}}];
void main() {
    int col = COL0 + wgx(), img = col / {{.Cols}}, s = col - img * {{.Cols}};
    int from = s * {{.Stretch}}, end = min(from + {{.Stretch}}, {{.In.Image}});
    int slot = int(table_at(IMG0 + img).x) - SLOT0;
    precise float sum = 0.0, low = 0.0;
    for (int i = from + lid(); i < end; i += {{.WX}}) {
        vec4 d = z_at(img * {{.In.Image}} + i) - target_at(slot * {{.In.Image}} + i);
        precise float add = dot(d, d) - low, next = sum + add;
        low = (next - sum) - add;
        sum = next;
    }
    part[lid()] = sum - low;
    for (int span = {{div .WX 2}}; span > 0; span /= 2) {
        SYNC
        if (lid() < span) part[lid()] += part[lid() + span];
    }
    if (lid() == 0) dst[4 * BASE(2) + (IMG0 + img) * {{.Cols}} + s] = part[0];
}
