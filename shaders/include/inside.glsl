{{- /* Where input quad i of a fully connected layer lies within an image. */ -}}
{{define "inside" -}}
int inside(int i) {
{{- if .Flat}}
    return i;
{{- else}}
    int c = i / {{mul .InW .InH}}, r = i - c * {{mul .InW .InH}}, y = r / {{.InW}};
    return {{.In.Origin}} + c * {{.In.Plane}} + y * {{.In.Row}} + r - y * {{.InW}};
{{- end}}
}
{{end}}
