{{- /* The sum that a layer's loss is, over a stretch of one image: Σ m(z − t)² (l2),
  Σ |m(z − t)| (l1), Σ mzt (inner), Σ z² (gram, whose z are differences already).
  What lies between the pixels is zero. Each thread adds with compensation, then the
  threads pairwise: the order is fixed. A column is one stretch and one workgroup. */ -}}
{{template "head" .}}
{{read 0 "z"}}
{{- if ne .Epi.Loss "gram"}}
{{read 1 "target"}}
{{read 3 "table"}}
{{- end}}
{{- if .Epi.Masked}}
{{read 4 "mask"}}
{{- end}}
layout(std430, binding = 2) writeonly buffer Bdst { float dst[]; };
shared float part[{{.WX}}];
void main() {
    int col = COL0 + wgx(), img = col / {{.Cols}}, s = col - img * {{.Cols}};
    int from = s * {{.Stretch}}, end = min(from + {{.Stretch}}, {{.In.Image}});
{{- if ne .Epi.Loss "gram"}}
    int slot = (int(table_at(IMG0 + img).x) - SLOT0) * {{.In.Image}};
{{- end}}
    precise float sum = 0.0, low = 0.0;
    for (int i = from + lid(); i < end; i += {{.WX}}) {
        vec4 d = z_at(img * {{.In.Image}} + i);
{{- if or (eq .Epi.Loss "l2") (eq .Epi.Loss "l1")}}
        d -= target_at(slot + i);
{{- end}}
{{- if eq .Epi.Loss "l1"}}
        precise float term = dot(abs({{if .Epi.Masked}}mask_at(slot + i) * {{end}}d), vec4(1.0));
{{- else}}
        precise float term = dot({{if .Epi.Masked}}mask_at(slot + i) * {{end}}d, {{if eq .Epi.Loss "inner"}}target_at(slot + i){{else}}d{{end}});
{{- end}}
        precise float add = term - low, next = sum + add;
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
