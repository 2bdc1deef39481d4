{{- /* Implicit matrix product with the operands in registers: no shared memory, no
  barrier. Rows are output channels in quads, columns are output pixels, the sum
  runs over kernel taps × input channels. One weight buffer [tap][out][in] serves
  both directions: Dot reads it along the sum, otherwise along the rows. */ -}}
{{template "head" .}}
{{- if .Positions}}
// the position whose forward weights backward uses
const int PI[6] = int[6](5, 3, 4, 1, 2, 0);
{{- end}}
{{read 0 "src"}}
{{read 1 "wgt"}}
{{template "epilogue" .}}
{{- template "rect" .}}
{{- template "window" .}}
{{- template "place" .}}
void main() {
    int mb = wgy() * {{mul .WY .TM}} + int(gl_LocalInvocationID.y);
    int c0 = COL0 + wgx() * {{mul .WX .TN}} + int(gl_LocalInvocationID.x);
    if (c0 >= COL1 || mb >= {{.M4}}) return;
{{- range $j := seq .TN}}
    int p{{$j}} = window(min(c0 + {{mul $j $.WX}}, COL1 - 1));
{{- end}}
{{- range $i := seq .TM}}
    int m{{$i}} = min(mb + {{mul $i $.WY}}, {{sub $.M4 1}});
{{- range $j := seq $.TN}}
    vec4 a{{$i}}_{{$j}} = vec4(0.0);
{{- end}}
{{- end}}
{{template "range" .}}
    for (int k = k0; k < k1; k++) {
{{template "tap" .}}
{{- range $j := seq .TN}}
        vec4 b{{$j}} = {{$.Load}}(src_at(p{{$j}} + so));
{{- end}}
{{- range $i := seq .TM}}
{{- range $o := seq 4}}
        vec4 w{{$i}}_{{$o}} = {{if $.Dot}}wgt_at(wo + (4 * m{{$i}} + {{$o}}) * {{$.C4}}){{else}}wgt_at(wo + {{mul $o $.M4}} + m{{$i}}){{end}};
{{- end}}
{{- range $j := seq $.TN}}
        {{products $.Dot $.Careful (print "a" $i "_" $j) (print "w" $i "_") (print "b" $j)}}
{{- end}}
{{- end}}
    }
{{- range $i := seq .TM}}
{{- range $j := seq $.TN}}
    if (mb + {{mul $i $.WY}} < {{$.M4}} && c0 + {{mul $j $.WX}} < COL1) place(m{{$i}}, c0 + {{mul $j $.WX}}, a{{$i}}_{{$j}});
{{- end}}
{{- end}}
}
