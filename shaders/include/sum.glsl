{{- /* The sum of a matrix product: index k counts taps × input quads. */ -}}
{{define "range" -}}
{{- if .Parts}}
    int k0 = {{.K}} * wgz() / PARTS, k1 = {{.K}} * (wgz() + 1) / PARTS;
{{- else}}
    const int k0 = 0, k1 = {{.K}};
{{- end}}
{{- end}}

{{define "tap" -}}
{{- /* so: offset from the window's beginning; wo: the tap's weights at this quad. */ -}}
{{- if eq (mul .KH .KW) 1}}
        int so = k * {{.In.Plane}};
        int wo = {{if .Dot}}k{{else}}k * {{mul 4 .M4}}{{end}}{{if .Positions}} + {{.Slab}} * {{mul 4 .M4 .C4}}{{end}};
{{- else}}
        int t = k / {{.C4}}, c = k - t * {{.C4}}, ty = t / {{.KW}}, tx = t - ty * {{.KW}};
        int so = c * {{.In.Plane}} + ty * {{.In.Row}} + tx;
        int tap = {{.Tap0}}{{if .Parity}} - wgz() / 2 * {{.TapsPerRow}} - wgz() % 2{{end}} + ty * ({{.TapY}}) + tx * ({{.TapX}});
        int wo = {{if .Dot}}tap * {{mul 4 .M4 .C4}} + c{{else}}(tap * {{mul 4 .C4}} + 4 * c) * {{.M4}}{{end}};
{{- end}}
{{- end}}
