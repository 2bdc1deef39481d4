{{- /* The products of all channels, summed over a stretch of the pixels, in registers.
  A thread makes one quad of rows by {{.TN}} quads of columns; z is the stretch. What
  lies between the pixels is zero and adds nothing. gram_sum.comp adds the stretches. */ -}}
{{template "head" .}}
{{read 0 "src"}}
{{write 2 "dst"}}
{{- if .Epi.Masked}}
{{read 3 "table"}}
{{read 4 "mask"}}
{{- end}}
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid();
    if (col >= COL1) return;
    int img = col / {{.Cols}}, r = col - img * {{.Cols}}, m = r / {{.TilesX}}, n = (r - m * {{.TilesX}}) * {{.TN}};
    int from = wgz() * {{.Stretch}}, end = min(from + {{.Stretch}}, {{.In.Plane}});
    int image = img * {{.In.Image}}, row = m * {{.In.Plane}};
{{- if .Epi.Masked}}
    int slot = (int(table_at(IMG0 + img).x) - SLOT0) * {{.In.Image}};
{{- end}}
{{- range $j := seq .TN}}
    int p{{$j}} = min(n + {{$j}}, {{sub $.C4 1}}) * {{$.In.Plane}};
    vec4 a{{$j}}_0 = vec4(0.0), a{{$j}}_1 = vec4(0.0), a{{$j}}_2 = vec4(0.0), a{{$j}}_3 = vec4(0.0);
{{- end}}
    for (int k = from; k < end; k++) {
        vec4 u = src_at(image + row + k){{if .Epi.Masked}} * mask_at(slot + row + k){{end}}, b;
{{- range $j := seq .TN}}
        b = src_at(image + p{{$j}} + k){{if $.Epi.Masked}} * mask_at(slot + p{{$j}} + k){{end}};
        a{{$j}}_0 += u.x * b;
        a{{$j}}_1 += u.y * b;
        a{{$j}}_2 += u.z * b;
        a{{$j}}_3 += u.w * b;
{{- end}}
    }
    int to = wgz() * {{mul 4 .TN .Workspace}} + col - CHUNK0;
{{- range $j := seq .TN}}
{{- range $o := seq 4}}
    dst_put(to + {{mul (add (mul 4 $j) $o) $.Workspace}}, a{{$j}}_{{$o}});
{{- end}}
{{- end}}
}
