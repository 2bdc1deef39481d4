{{- /* The rectifier y = max(x,0) + slope·min(x,0) and its derivative; slope 0 is ReLU. The derivative at 0 is the slope. */ -}}
{{define "rect" -}}
{{- if .Rectify}}
vec4 rect(vec4 v) { return {{if eq .Slope 0.0}}max(v, vec4(0.0)){{else}}mix(v * {{f .Slope}}, v, greaterThan(v, vec4(0.0))){{end}}; }
{{- end}}
{{end}}

{{define "rect_back" -}}
vec4 rect_back(vec4 g, vec4 z) { return mix(g * {{f .Slope}}, g, greaterThan(z, vec4(0.0))); }
{{end}}
