{{- /* The gradient of gram_dots.comp: |f|²d + (d·f)y, through the mask. */ -}}
{{template "head" .}}
{{read 0 "z"}}
{{read 1 "target"}}
{{write 2 "dst"}}
{{read 3 "table"}}
{{- if .Epi.Masked}}
{{read 4 "mask"}}
{{- end}}
{{read 5 "sums"}}
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid();
    if (col >= COL1) return;
    int img = col / {{.Cols}}, i = col - img * {{.Cols}};
    vec4 tab = table_at(IMG0 + img), sums = sums_at(img * {{.Out.Image}});
    int slot = (int(tab.x) - SLOT0) * {{.In.Image}};
    vec4 y = target_at(slot + i), d = z_at(col){{if .Epi.Masked}} * mask_at(slot + i){{end}} - y;
    dst_put(col, tab.y * {{if .Epi.Masked}}mask_at(slot + i) * {{end}}(sums.x * d + sums.y * y));
}
