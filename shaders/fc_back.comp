{{- /* Fully connected layer, backward: Wᵀg over one slice of the rows. A thread owns
  an input quad; columns are slices, so slices can be bound by themselves. */ -}}
{{template "head" .}}
{{read 0 "src"}}
{{read 1 "wgt"}}
{{write 2 "dst"}}
#define N P[15] // images in the batch
void main() {
    int i = wgy() * {{.WX}} + lid(), slice = COL0 + wgx(), i0 = wgz() * {{.Images}};
    if (i >= {{.In4}}) return;
{{- range $j := seq .Images}}
    vec4 a{{$j}} = vec4(0.0);
    int p{{$j}} = min(i0 + {{$j}}, N - 1) * {{$.In.Image}};
{{- end}}
    int end = min((slice + 1) * {{.Rows}}, {{.Out4}});
    for (int m = slice * {{.Rows}}; m < end; m++) {
        int row = 4 * (m - CHUNK0 * {{.Rows}}) * {{.In4}} + i;
        vec4 w0 = wgt_at(row), w1 = wgt_at(row + {{.In4}}), w2 = wgt_at(row + {{mul 2 .In4}}), w3 = wgt_at(row + {{mul 3 .In4}});
{{- range $j := seq .Images}}
        {
            vec4 g = src_at(p{{$j}} + m);
            {{products false false (print "a" $j) "w" "g"}}
        }
{{- end}}
    }
{{- range $j := seq .Images}}
    if (i0 + {{$j}} < N) dst_put((slice * {{$.Batch}} + i0 + {{$j}}) * {{$.In4}} + i, a{{$j}});
{{- end}}
}
