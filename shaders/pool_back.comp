{{- /* Gradient through a pooling. Nothing was kept forward: the place of the maximum
  is found again, the first in scan order of equals. A column is one 2×2 window;
  rows and columns that the pooling dropped get their own loss's gradient alone. */ -}}
{{template "head" .}}
{{read 0 "src"}}
{{template "epilogue" .}}
{{- template "rect" .}}
{{- if and (not .Average) (not .Epi.Own)}}
{{readown 3 "own"}}
{{- end}}
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid(), m = wgy();
    if (col >= COL1) return;
    int img = col / {{.Cols}}, r = col - img * {{.Cols}}, y = r / {{.TilesX}}, x = r - y * {{.TilesX}};
    int inside = {{.Out.Origin}} + m * {{.Out.Plane}} + 2 * y * {{.Out.Row}} + 2 * x;
    bool right = 2 * x + 1 < {{.OutW}}, below = 2 * y + 1 < {{.OutH}};
    vec4 g = vec4(0.0);
    if (x < {{.InW}} && y < {{.InH}}) g = src_at(img * {{.In.Image}} + {{.In.Origin}} + m * {{.In.Plane}} + y * {{.In.Row}} + x);
{{- if .Average}}
    g /= (right ? 2.0 : 1.0) * (below ? 2.0 : 1.0);
    vec4 ga = g, gb = g, gc = g, gd = g;
{{- else}}
    int at = img * {{.Epi.Image}} + inside, dx = right ? 1 : 0, dy = below ? {{.Out.Row}} : 0;
    vec4 a = {{.Load}}(own_at(at)), b = {{.Load}}(own_at(at + dx)), c = {{.Load}}(own_at(at + dy)), d = {{.Load}}(own_at(at + dx + dy));
    vec4 top = max(max(a, b), max(c, d));
    // a neighbour outside repeats an earlier one, so it is never the first
    vec4 ga = mix(vec4(0.0), g, equal(a, top)), left = g - ga;
    vec4 gb = mix(vec4(0.0), left, equal(b, top));
    left -= gb;
    vec4 gc = mix(vec4(0.0), left, equal(c, top));
    vec4 gd = left - gc;
{{- end}}
    finish(m, img, inside, ga);
    if (right) finish(m, img, inside + 1, gb);
    if (below) finish(m, img, inside + {{.Out.Row}}, gc);
    if (right && below) finish(m, img, inside + {{add .Out.Row 1}}, gd);
}
