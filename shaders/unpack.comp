{{- /* Quads of channels back to [n][C][H][W]. */ -}}
{{template "head" .}}
{{read 0 "src"}}
layout(std430, binding = 2) writeonly buffer Bdst { float dst[]; };
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid(), m = wgy();
    if (col >= COL1) return;
    int img = col / {{.Cols}}, r = col - img * {{.Cols}}, y = r / {{.InW}}, x = r - y * {{.InW}};
    vec4 v = src_at(img * {{.In.Image}} + {{.In.Origin}} + m * {{.In.Plane}} + y * {{.In.Row}} + x);
    int at = 4 * BASE(2) + img * {{.Plain}} + 4 * m * {{.Cols}} + r;
{{- range $o := seq 4}}
    if (4 * m + {{$o}} < {{$.Channels}}) dst[at + {{mul $o $.Cols}}] = v[{{$o}}];
{{- end}}
}
