{{- /* The source in another place or shape: the middle of a picture (crop), with zeros
  around where the destination is the larger (its adjoint), or the same values in
  C,H,W order under another shape (reshape). Columns are the destination's pixels. */ -}}
{{template "head" .}}
{{read 0 "src"}}
{{template "epilogue" .}}
{{- template "rect" .}}
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid(), m = wgy();
    if (col >= COL1) return;
    int img = col / {{.Cols}}, r = col - img * {{.Cols}}, y = r / {{.OutW}}, x = r - y * {{.OutW}};
    int from = img * {{.In.Image}} + {{.In.Origin}};
    vec4 v = vec4(0.0);
{{- if .Reshape}}
{{- range $o := seq 4}}
    if (4 * m + {{$o}} < {{$.Channels}}) {
        int at = (4 * m + {{$o}}) * {{$.Cols}} + r, c = at / {{mul $.InW $.InH}}, q = at - c * {{mul $.InW $.InH}}, row = q / {{$.InW}};
        v[{{$o}}] = src_at(from + c / 4 * {{$.In.Plane}} + row * {{$.In.Row}} + q - row * {{$.InW}})[c % 4];
    }
{{- end}}
{{- else}}
    y += {{.OffY}};
    x += {{.OffX}};
    if (y >= 0 && y < {{.InH}} && x >= 0 && x < {{.InW}}) v = {{.Load}}(src_at(from + m * {{.In.Plane}} + y * {{.In.Row}} + x));
    y -= {{.OffY}};
    x -= {{.OffX}};
{{- end}}
    finish(m, img, {{.Out.Origin}} + m * {{.Out.Plane}} + y * {{.Out.Row}} + x, v);
}
