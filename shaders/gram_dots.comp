{{- /* The loss of products of a layer of one pixel. The matrix ffᵀ − yyᵀ of its units is
  never made: with d = f − y its squares sum to |d|²(|f|² + |y|²) + 2(d·y)(d·f), which
  loses nothing where f is close to y. A column is one image and one workgroup; it
  leaves (|f|², d·f) for gram_point.comp. The target is masked already. */ -}}
{{template "head" .}}
{{read 0 "z"}}
{{read 1 "target"}}
{{write 2 "dst"}}
{{read 3 "table"}}
{{- if .Epi.Masked}}
{{read 4 "mask"}}
{{- end}}
layout(std430, binding = 5) writeonly buffer Bloss { float loss[]; };
shared vec4 part[{{.WX}}];
void main() {
    int img = COL0 + wgx(), slot = (int(table_at(IMG0 + img).x) - SLOT0) * {{.In.Image}};
    vec4 sum = vec4(0.0); // d·d, d·y, y·y
    for (int i = lid(); i < {{.In.Image}}; i += {{.WX}}) {
        vec4 y = target_at(slot + i), d = z_at(img * {{.In.Image}} + i){{if .Epi.Masked}} * mask_at(slot + i){{end}} - y;
        sum += vec4(dot(d, d), dot(d, y), dot(y, y), 0.0);
    }
    part[lid()] = sum;
    for (int span = {{div .WX 2}}; span > 0; span /= 2) {
        SYNC
        if (lid() < span) part[lid()] += part[lid() + span];
    }
    if (lid() == 0) {
        sum = part[0];
        float ff = sum.z + 2.0 * sum.y + sum.x, df = sum.y + sum.x;
        dst_put(img * {{.Out.Image}}, vec4(ff, df, 0.0, 0.0));
        loss[4 * BASE(5) + IMG0 + img] = sum.x * (ff + sum.z) + 2.0 * sum.y * df;
    }
}
