{{- /* Adds the stretches of gram.comp in their order and takes the target's products
  off, but where these are what is made. Rows of the matrix are channels. */ -}}
{{template "head" .}}
{{read 0 "part"}}
{{write 2 "dst"}}
{{- if not .Bare}}
{{read 1 "target"}}
{{read 3 "table"}}
{{- end}}
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid();
    if (col >= COL1) return;
    int img = col / {{.Cols}}, r = col - img * {{.Cols}}, m = r / {{.TilesX}}, n = (r - m * {{.TilesX}}) * {{.TN}};
    int from = col - CHUNK0, at = {{mul 4 .C4}} * m + n;
{{- if not .Bare}}
    int slot = (int(table_at(IMG0 + img).x) - SLOT0) * {{.Out.Image}};
{{- end}}
{{- range $j := seq .TN}}
    if (n + {{$j}} < {{$.C4}}) {
{{- range $o := seq 4}}
        {
            vec4 v = part_at(from + {{mul (add (mul 4 $j) $o) $.Workspace}});
            for (int s = 1; s < PARTS; s++) v += part_at(from + {{mul (add (mul 4 $j) $o) $.Workspace}} + s * {{mul 4 $.TN $.Workspace}});
{{- if not $.Bare}}
            v -= target_at(slot + at + {{add (mul $o $.C4) $j}});
{{- end}}
            dst_put(img * {{$.Out.Image}} + at + {{add (mul $o $.C4) $j}}, v);
        }
{{- end}}
    }
{{- end}}
}
