{{- /* Fully connected layer, forward. A workgroup makes one quad of outputs for up to
  {{.Images}} images, so the weights are read once for all of them. Columns are output quads. */ -}}
{{template "head" .}}
{{read 0 "src"}}
{{read 1 "wgt"}}
{{template "epilogue" .}}
{{- template "rect" .}}
{{- template "inside" .}}
#define N P[15] // images in the batch
shared vec4 part[{{mul .Images .WX}}];
void main() {
    int m = COL0 + wgx(), i0 = wgz() * {{.Images}};
    int row = 4 * (m - CHUNK0) * {{.In4}};
{{- range $j := seq .Images}}
    vec4 a{{$j}} = vec4(0.0);
    int p{{$j}} = min(i0 + {{$j}}, N - 1) * {{$.In.Image}};
{{- end}}
    for (int i = lid(); i < {{.In4}}; i += {{.WX}}) {
        int s = inside(i);
        vec4 w0 = wgt_at(row + i), w1 = wgt_at(row + {{.In4}} + i), w2 = wgt_at(row + {{mul 2 .In4}} + i), w3 = wgt_at(row + {{mul 3 .In4}} + i);
{{- range $j := seq .Images}}
        {
            vec4 b = {{$.Load}}(src_at(p{{$j}} + s));
            {{products true false (print "a" $j) "w" "b"}}
        }
{{- end}}
    }
{{- range $j := seq .Images}}
    part[{{mul $j $.WX}} + lid()] = a{{$j}};
{{- end}}
    for (int span = {{div .WX 2}}; span > 0; span /= 2) {
        SYNC
        if (lid() < span) {
{{- range $j := seq .Images}}
            part[{{mul $j $.WX}} + lid()] += part[{{mul $j $.WX}} + lid() + span];
{{- end}}
        }
    }
    SYNC
    int img = i0 + lid();
    if (lid() < {{.Images}} && img < N) finish(m, img, m, part[lid() * {{.WX}}]);
}
