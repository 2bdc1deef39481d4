{{- /* The same product as gemm.comp with tiles of both operands in shared memory,
  two stages: while one is summed the next is on its way in registers. */ -}}
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
shared vec4 tb[{{mul 2 .KT .BN}}]; // [stage][k][column]
shared vec4 tw[{{mul 2 .KT .BMP}}]; // [stage][k][row], dot; [stage][k][4 summed][row quad], else

void main() {
    int tx0 = int(gl_LocalInvocationID.x), ty0 = int(gl_LocalInvocationID.y);
    int mw = wgy() * {{.BM4}}; // first row quad of the workgroup
    int cw = COL0 + wgx() * {{.BN}};
{{- range $d := seq .BDistinct}}
    int p{{$d}} = window(min(cw + {{if $.BNarrow}}lid() % {{$.BN}}{{else}}lid() + {{mul $d $.WG}}{{end}}, COL1 - 1));
{{- end}}
{{- range $i := seq .TM}}
{{- range $j := seq $.TN}}
    vec4 a{{$i}}_{{$j}} = vec4(0.0);
{{- end}}
{{- end}}
{{template "range" .}}
{{- range $q := seq .BLoads}}
    vec4 nb{{$q}};
{{- end}}
{{- range $q := seq .WLoads}}
    vec4 nw{{$q}};
{{- end}}
    int stage = 0;
    for (int kt = k0 - {{.KT}}; kt < k1; kt += {{.KT}}) {
        // one turn ahead: fetch the next tiles, sum the present ones, put the next down
        int kn = kt + {{.KT}};
        if (kn < k1) {
{{- range $q := seq .BLoads}}
            {
                int k = kn + {{if $.BNarrow}}lid() / {{$.BN}} + {{mul $q $.BStep}}{{else}}{{div $q $.BDistinct}}{{end}};
                bool there = k < k1;
                k = there ? k : k1 - 1;
{{template "tap" $}}
                nb{{$q}} = there ? {{$.Load}}(src_at(p{{if $.BNarrow}}0{{else}}{{mod $q $.BDistinct}}{{end}} + so)) : vec4(0.0);
            }
{{- end}}
{{- range $q := seq .WLoads}}
            {
                int e = lid() + {{mul $q $.WG}};
{{- if $.Dot}}
                int k = kn + e % {{$.KT}}, row = min(4 * mw + e / {{$.KT}}, {{sub (mul 4 $.M4) 1}});
{{- else}}
                int m = min(mw + e % {{$.BM4}}, {{sub $.M4 1}}), r = e / {{$.BM4}}, k = kn + r / 4;
{{- end}}
                bool there = k < k1;
                k = there ? k : k1 - 1;
{{template "tap" $}}
                nw{{$q}} = there ? {{if $.Dot}}wgt_at(wo + row * {{$.C4}}){{else}}wgt_at(wo + r % 4 * {{$.M4}} + m){{end}} : vec4(0.0);
            }
{{- end}}
        }
        if (kt >= k0) {
            int sb = stage * {{mul .KT .BN}} + tx0, sw = stage * {{mul .KT .BMP}};
{{- range $k := seq .KT}}
            {
{{- range $j := seq $.TN}}
                vec4 b{{$j}} = tb[sb + {{add (mul $k $.BN) (mul $j $.WX)}}];
{{- end}}
{{- range $i := seq $.TM}}
                {
{{- range $o := seq 4}}
                    vec4 w{{$o}} = {{if $.Dot}}tw[sw + {{add (mul $k $.BMP) (mul 4 $i $.WY)}} + 4 * ty0 + {{$o}}]{{else}}tw[sw + {{add (mul $k $.BMP) (mul $o $.BM4) (mul $i $.WY)}} + ty0]{{end}};
{{- end}}
{{- range $j := seq $.TN}}
                    {{products $.Dot $.Careful (print "a" $i "_" $j) "w" (print "b" $j)}}
{{- end}}
                }
{{- end}}
            }
{{- end}}
            stage = 1 - stage;
        }
        if (kn < k1) {
{{- range $q := seq .BLoads}}
            tb[stage * {{mul $.KT $.BN}} + lid() + {{mul $q $.WG}}] = nb{{$q}};
{{- end}}
{{- range $q := seq .WLoads}}
            { int e = lid() + {{mul $q $.WG}}; tw[stage * {{mul $.KT $.BMP}} + {{if $.Dot}}e % {{$.KT}} * {{$.BMP}} + e / {{$.KT}}{{else}}e / {{mul 4 $.BM4}} * {{$.BMP}} + e % {{mul 4 $.BM4}}{{end}}] = nw{{$q}}; }
{{- end}}
        }
        SYNC
    }
{{- range $i := seq .TM}}
{{- range $j := seq $.TN}}
    if (mw + ty0 + {{mul $i $.WY}} < {{$.M4}} && cw + tx0 + {{mul $j $.WX}} < COL1) place(mw + ty0 + {{mul $i $.WY}}, cw + tx0 + {{mul $j $.WX}}, a{{$i}}_{{$j}});
{{- end}}
{{- end}}
}
