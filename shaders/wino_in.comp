{{- /* Winograd F(4×4, 3×3): BᵀdB of every 6×6 patch, for the points 0, ±√½, ±√2, ∞.
  This set is closed under p → 1/p, so backward uses the forward weights with
  their rows and columns permuted; the factors α = (1, −2, −2, −½, −½, 1) that
  this needs are applied here (compute.md §2.5). Columns are tiles. */ -}}
{{template "head" .}}
{{read 0 "src"}}
{{write 2 "dst"}}
{{template "rect" .}}
vec4 even, odd;
{{define "bt"}}
    even = {{.D4}} - 2.0 * {{.D2}};
    odd = {{f .Rh}} * ({{.D3}} - 2.0 * {{.D1}});
    {{.O0}} = {{.D0}} - 2.5 * {{.D2}} + {{.D4}};
    {{.O1}} = {{f .A1}} * (even + odd);
    {{.O2}} = {{f .A1}} * (even - odd);
    even = {{.D4}} - 0.5 * {{.D2}};
    odd = {{f .R2}} * ({{.D3}} - 0.5 * {{.D1}});
    {{.O3}} = {{f .A3}} * (even + odd);
    {{.O4}} = {{f .A3}} * (even - odd);
    {{.O5}} = {{.D1}} - 2.5 * {{.D3}} + {{.D5}};
{{- end}}
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid(), c = wgy();
    if (col >= COL1) return;
    int img = col / {{.Cols}}, r = col - img * {{.Cols}}, y = r / {{.TilesX}}, x = r - y * {{.TilesX}};
    int at = img * {{.In.Image}} + c * {{.In.Plane}} + 4 * y * {{.In.Row}} + 4 * x;
{{- range $j := seq 6}}
    vec4 {{range $i := seq 6}}{{if $i}}, {{end}}t{{$i}}{{$j}}{{end}};
    {
{{- range $i := seq 6}}
        vec4 d{{$i}} = {{$.Load}}(src_at(at + {{add (mul $i $.In.Row) $j}}));
{{- end}}
{{template "bt" (transform $ (print "d") (print "t") (print $j))}}
    }
{{- end}}
    int to = c * {{.Workspace}} + col - CHUNK0;
{{- range $i := seq 6}}
    {
        vec4 v0, v1, v2, v3, v4, v5;
{{template "bt" (transform $ (print "t" $i) "v" "")}}
{{- range $j := seq 6}}
        dst_put(to + {{mul (add (mul 6 $i) $j) $.C4 $.Workspace}}, v{{$j}});
{{- end}}
    }
{{- end}}
}
