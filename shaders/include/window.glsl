{{- /* Columns of a matrix product and the pixels they stand for. A column is one
  output pixel, counted y·width + x over the images of the group. */ -}}
{{define "window" -}}
// where a column's window begins in the source
int window(int col) {
{{- if .Pixels}}
    int img = col / {{.Cols}}, r = col - img * {{.Cols}}, y = r / {{.OutW}}, x = r - y * {{.OutW}};
    return img * {{.In.Image}} + (y * {{.Stride}}{{if .Parity}} + wgz() / 2{{end}}) * {{.In.Row}} + x * {{.Stride}}{{if .Parity}} + wgz() % 2{{end}};
{{- else}}
    return wgz() * {{mul .C4 .Workspace}} + col - CHUNK0;
{{- end}}
}
{{end}}

{{define "place" -}}
// the sum of row quad m at a column is finished and stored
void place(int m, int col, vec4 v) {
{{- if eq .Epi.Kind "raw"}}
    dst_put((wgz() * {{.M4}} + m) * {{.Workspace}} + col - CHUNK0, v);
{{- else}}
    int img = col / {{.Cols}}, r = col - img * {{.Cols}}, y = r / {{.OutW}}, x = r - y * {{.OutW}};
{{- if .Parity}}
    y = 2 * y + wgz() / 2;
    x = 2 * x + wgz() % 2;
{{- end}}
    finish(m, img, {{.Out.Origin}} + m * {{.Out.Plane}} + y * {{.Out.Row}} + x, v);
{{- end}}
}
{{end}}
