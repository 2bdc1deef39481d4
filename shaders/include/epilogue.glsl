{{- /* What becomes of a finished sum of four output channels before it is stored.
  raw   nothing
  bias  forward: plus the bias of the row quad; the destination is the pre-activation
  back  backward: through the rectifier of the destination's layer and plus the
        gradient of that layer's own loss. The destination holds z until then: each
        value is read by the invocation that overwrites it. The gradient of the loss
        of products (gram) needs all channels of a pixel, so it was made before.
Bindings: 2 destination, 3 bias or z, 4 targets or the gradient of the loss of
products, 5 table of (slot, factor) per image, 6 masks. */ -}}
{{define "epilogue" -}}
{{write 2 "dst"}}
{{- if eq .Epi.Kind "bias"}}
{{read 3 "bias"}}
{{- end}}
{{- if eq .Epi.Kind "back"}}
{{- if .Epi.Own}}
{{readown 3 "own"}}
{{- end}}
{{- if and .Epi.Inject (eq .Epi.Loss "gram")}}
{{read 4 "gram"}}
{{- else if .Epi.Inject}}
{{read 4 "target"}}
{{read 5 "table"}}
{{- if .Epi.Masked}}
{{read 6 "mask"}}
{{- end}}
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
{{- if .Epi.Own}}
    vec4 z = own_at(at);
{{- end}}
{{- if .Epi.Act}}
    v = rect_back(v, z);
{{- end}}
{{- if and .Epi.Inject (eq .Epi.Loss "gram")}}
    v += gram_at(at);
{{- else if .Epi.Inject}}
    vec4 tab = table_at(IMG0 + img);
    int aim = (int(tab.x) - SLOT0) * {{.Epi.Image}} + inside;
{{- if eq .Epi.Loss "l1"}}
    v += tab.y * {{if .Epi.Masked}}abs(mask_at(aim)) * {{end}}sign(z - target_at(aim));
{{- else}}
    v += tab.y * {{if .Epi.Masked}}mask_at(aim) * {{end}}{{if eq .Epi.Loss "inner"}}target_at(aim){{else}}(z - target_at(aim)){{end}};
{{- end}}
{{- end}}
{{- end}}
    dst_put(at, v);
}
{{end}}
