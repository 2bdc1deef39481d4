{{- /* Adds the parts of a split product in their order and finishes them. */ -}}
{{template "head" .}}
{{read 0 "part"}}
{{template "epilogue" .}}
{{template "place" .}}
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid(), m = wgy();
    if (col >= COL1) return;
    vec4 v = part_at(m * {{.Workspace}} + col - CHUNK0);
    for (int s = 1; s < PARTS; s++) v += part_at((s * {{.M4}} + m) * {{.Workspace}} + col - CHUNK0);
    place(m, col, v);
}
