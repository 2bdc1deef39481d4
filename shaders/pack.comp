{{- /* Images as they come, [n][C][H][W], into quads of channels with a border. */ -}}
{{template "head" .}}
layout(std430, binding = 0) readonly restrict buffer Bsrc { float src[]; };
{{write 2 "dst"}}
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid(), m = wgy();
    if (col >= COL1) return;
    int img = col / {{.Cols}}, r = col - img * {{.Cols}}, y = r / {{.OutW}}, x = r - y * {{.OutW}};
    int at = 4 * BASE(0) + img * {{.Plain}} + 4 * m * {{.Cols}} + r;
    vec4 v = vec4(0.0);
{{- range $o := seq 4}}
    if (4 * m + {{$o}} < {{$.Channels}}) v[{{$o}}] = src[at + {{mul $o $.Cols}}];
{{- end}}
    dst_put(img * {{.Out.Image}} + {{.Out.Origin}} + m * {{.Out.Plane}} + y * {{.Out.Row}} + x, v);
}
