{{- /* 2×2 pooling with stride 2 of the rectified source; windows are clipped at the
  edge. The average divides by what is inside, as Caffe does. */ -}}
{{template "head" .}}
{{read 0 "src"}}
{{write 2 "dst"}}
{{template "rect" .}}
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid(), m = wgy();
    if (col >= COL1) return;
    int img = col / {{.Cols}}, r = col - img * {{.Cols}}, y = r / {{.OutW}}, x = r - y * {{.OutW}};
    int at = img * {{.In.Image}} + {{.In.Origin}} + m * {{.In.Plane}} + 2 * y * {{.In.Row}} + 2 * x;
    // a neighbour outside repeats one inside: harmless for the maximum, factor 0 in the average
    bool right = 2 * x + 1 < {{.InW}}, below = 2 * y + 1 < {{.InH}};
    int dx = right ? 1 : 0, dy = below ? {{.In.Row}} : 0;
    vec4 a = {{.Load}}(src_at(at)), b = {{.Load}}(src_at(at + dx)), c = {{.Load}}(src_at(at + dy)), d = {{.Load}}(src_at(at + dx + dy));
{{- if .Average}}
    float fx = right ? 1.0 : 0.0, fy = below ? 1.0 : 0.0;
    vec4 v = (a + fx * b + fy * c + fx * fy * d) / ((1.0 + fx) * (1.0 + fy));
{{- else}}
    vec4 v = max(max(a, b), max(c, d));
{{- end}}
    dst_put(img * {{.Out.Image}} + {{.Out.Origin}} + m * {{.Out.Plane}} + y * {{.Out.Row}} + x, v);
}
