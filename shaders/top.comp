{{- /* The gradient at the highest layer: its own loss's, over the whole layout. */ -}}
{{template "head" .}}
{{template "epilogue" .}}
void main() {
    int col = COL0 + wgx() * {{.WX}} + lid();
    if (col >= COL1) return;
    int img = col / {{.Epi.Image}};
    finish(0, img, col - img * {{.Epi.Image}}, vec4(0.0));
}
