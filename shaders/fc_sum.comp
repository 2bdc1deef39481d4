{{- /* Adds the slices of fc_back.comp in their order. Columns are input quads. */ -}}
{{template "head" .}}
{{read 0 "part"}}
{{template "epilogue" .}}
{{template "inside" .}}
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid();
    if (col >= COL1) return;
    int img = col / {{.In4}}, i = col - img * {{.In4}};
    vec4 v = vec4(0.0);
    for (int s = 0; s < {{.Slices}}; s++) v += part_at((s * {{.Batch}} + IMG0 + img) * {{.In4}} + i);
    finish(0, img, inside(i), v);
}
