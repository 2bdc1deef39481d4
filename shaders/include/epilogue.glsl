{{- /* What becomes of a finished sum of four output channels before it is stored.
  raw   nothing
  bias  forward: plus the bias of the row quad; the destination is the pre-activation
  back  backward: through the rectifier of the destination's layer and plus the
        gradient of that layer's own loss, 2λ(z − t). The destination holds z
        until then: each value is read by the invocation that overwrites it.
Bindings: 2 destination, 3 bias or z, 4 targets, 5 table of (slot, 2λ) per image. */ -}}
{{define "epilogue" -}}
{{write 2 "dst"}}
{{- if eq .Epi.Kind "bias"}}
{{read 3 "bias"}}
{{- end}}
{{- if eq .Epi.Kind "back"}}
{{- if or .Epi.Act .Epi.Inject}}
{{readown 3 "own"}}
{{- end}}
{{- if .Epi.Inject}}
{{read 4 "target"}}
{{read 5 "table"}}
{{- end}}
{{- end}}
{{- if .Epi.Act}}
{{template "rect_back" .Epi}}
{{- end}}
// at is the place of the value in the bound images, inside its place within image img.
void finish(int m, int img, int inside, vec4 v) {
    int at = img * {{.Epi.Image}} + inside;
{{- if eq .Epi.Kind "bias"}}
    v += bias_at(m);
{{- end}}
{{- if eq .Epi.Kind "back"}}
{{- if or .Epi.Act .Epi.Inject}}
    vec4 z = own_at(at);
{{- end}}
{{- if .Epi.Act}}
    v = rect_back(v, z);
{{- end}}
{{- if .Epi.Inject}}
    vec4 tab = table_at(IMG0 + img);
    v += tab.y * (z - target_at((int(tab.x) - SLOT0) * {{.Epi.Image}} + inside));
{{- end}}
{{- end}}
    dst_put(at, v);
}
{{end}}
