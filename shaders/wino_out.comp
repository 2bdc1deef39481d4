{{- /* Winograd F(4×4, 3×3): AᵀmA of every tile, then the epilogue of each of its
  up to 16 pixels. */ -}}
{{template "head" .}}
{{read 0 "part"}}
{{template "epilogue" .}}
{{define "at"}}
    {
        vec4 s1 = {{.M1}} + {{.M2}}, d1 = {{.M1}} - {{.M2}}, s2 = {{.M3}} + {{.M4}}, d2 = {{.M3}} - {{.M4}};
        {{.O0}} = {{.M0}} + s1 + s2;
        {{.O1}} = {{f .Rh}} * d1 + {{f .R2}} * d2;
        {{.O2}} = 0.5 * s1 + 2.0 * s2;
        {{.O3}} = {{f .Rh3}} * d1 + {{f .R23}} * d2 + {{.M5}};
    }
{{- end}}
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid(), m = wgy();
    if (col >= COL1) return;
    int from = m * {{.Workspace}} + col - CHUNK0;
{{- range $j := seq 6}}
    vec4 {{range $i := seq 4}}{{if $i}}, {{end}}t{{$i}}{{$j}}{{end}};
    {
{{- range $i := seq 6}}
        vec4 m{{$i}} = part_at(from + {{mul (add (mul 6 $i) $j) $.M4 $.Workspace}});
{{- end}}
{{template "at" (inverse (print "m") "" (print "t") (print $j))}}
    }
{{- end}}
    int img = col / {{.Cols}}, r = col - img * {{.Cols}}, y = 4 * (r / {{.TilesX}}), x = 4 * (r % {{.TilesX}});
    int to = {{.Out.Origin}} + m * {{.Out.Plane}} + y * {{.Out.Row}} + x;
{{- range $i := seq 4}}
    if (y + {{$i}} < {{$.OutH}}) {
        vec4 v0, v1, v2, v3;
{{template "at" (inverse (print "t" $i) "" "v" "")}}
{{- range $j := seq 4}}
        if (x + {{$j}} < {{$.OutW}}) finish(m, img, to + {{add (mul $i $.Out.Row) $j}}, v{{$j}});
{{- end}}
    }
{{- end}}
}
