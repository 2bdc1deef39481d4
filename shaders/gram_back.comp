{{- /* The gradient of the loss of products: matrix × channels, over whole planes, so that
  what lies between the pixels becomes zero. A thread makes one quad of channels of
  {{.TN}} places, {{.Cols}} apart. */ -}}
{{template "head" .}}
{{read 0 "src"}}
{{read 1 "matrix"}}
{{write 2 "dst"}}
{{read 3 "table"}}
{{- if .Epi.Masked}}
{{read 4 "mask"}}
{{- end}}
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid(), m = wgy();
    if (col >= COL1) return;
    int img = col / {{.Cols}}, r = col - img * {{.Cols}}, image = img * {{.In.Image}};
    int row = img * {{.Out.Image}} + {{mul 4 .C4}} * m;
    vec4 tab = table_at(IMG0 + img);
{{- if .Epi.Masked}}
    int slot = (int(tab.x) - SLOT0) * {{.In.Image}};
{{- end}}
{{- range $j := seq .TN}}
    int p{{$j}} = min(r + {{mul $j $.Cols}}, {{sub $.In.Plane 1}});
    vec4 a{{$j}} = vec4(0.0);
{{- end}}
    for (int n = 0; n < {{.C4}}; n++) {
        vec4 w0 = matrix_at(row + n), w1 = matrix_at(row + {{.C4}} + n), w2 = matrix_at(row + {{mul 2 .C4}} + n), w3 = matrix_at(row + {{mul 3 .C4}} + n), b;
        int plane = n * {{.In.Plane}};
{{- range $j := seq .TN}}
        b = src_at(image + plane + p{{$j}}){{if $.Epi.Masked}} * mask_at(slot + plane + p{{$j}}){{end}};
        {{products true $.Careful (print "a" $j) "w" "b"}}
{{- end}}
    }
    int plane = m * {{.In.Plane}};
{{- range $j := seq .TN}}
    if (r + {{mul $j $.Cols}} < {{$.In.Plane}}) dst_put(image + plane + p{{$j}}, tab.y * {{if $.Epi.Masked}}mask_at(slot + plane + p{{$j}}) * {{end}}a{{$j}});
{{- end}}
}
