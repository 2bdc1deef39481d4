"""Makes the small pictures that app/dataset/stimuli is tested with, and what Pillow and NumPy make of them.

python3 testdata/stimuli/make.py      (Pillow and NumPy; VERSIONS.txt says which were used)
"""
import json
import os

import numpy as np
import PIL
from PIL import Image

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(3)


def at(name):
    return os.path.join(here, name)


# A small picture with smooth parts, hard edges and noise, and its resizes.
y, x = np.mgrid[0:29, 0:37]
a = np.stack([127 + 120 * np.sin(x / 5), 8.7 * y, 127 + 120 * np.cos((x + y) / 3)], -1)
a[5:12, 8:20] = (255, 0, 40)
a[15:20, 2:30:2] = (0, 0, 0)
a[:, 30:] = rng.integers(0, 256, (29, 7, 3))
rgb = Image.fromarray(np.clip(a, 0, 255).astype(np.uint8), "RGB")
rgb.save(at("source.png"))
for w, h in ((16, 16), (64, 50), (37, 11), (9, 29)):
    rgb.resize((w, h), Image.BICUBIC).save(at(f"source_{w}x{h}.png"))
# Rows before columns, as every Pillow does that the lab has used; Pillow 13 alone turns the passes round here.
rgb.resize((50, 29), Image.BICUBIC).resize((50, 12), Image.BICUBIC).save(at("source_50x12.png"))

# One picture in every format, smooth so that lossy formats stay near: 24 x 16.
y, x = np.mgrid[0:16, 0:24]
smooth = Image.fromarray(np.stack([10 * x, 15 * y, 120 + 5 * x - 5 * y], -1).astype(np.uint8), "RGB")
smooth.save(at("smooth.png"))
smooth.save(at("smooth.bmp"))
smooth.save(at("smooth.tif"))
smooth.save(at("smooth.webp"), lossless=True)
smooth.save(at("smooth.jpg"), quality=95, subsampling=0)
smooth.convert("CMYK").save(at("smooth_cmyk.JPEG"), quality=95, subsampling=0)
smooth.convert("L").save(at("smooth_grey.jpg"), quality=95)
frames = [smooth.quantize(200), Image.new("RGB", (24, 16)).quantize(2)]
frames[0].save(at("smooth.gif"), save_all=True, append_images=frames[1:])
Image.open(at("smooth_cmyk.JPEG")).convert("RGB").save(at("smooth_cmyk_expected.png"))
Image.open(at("smooth.gif")).convert("RGB").save(at("smooth_gif_expected.png"))

# Transparency: the lab pastes on white.
rgba = smooth.convert("RGBA")
rgba.putalpha(Image.fromarray(np.clip(11 * x, 0, 255).astype(np.uint8), "L"))
rgba.save(at("alpha.png"))
white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
white.alpha_composite(rgba)
white.convert("RGB").save(at("alpha_expected.png"))

# The lab's percentile stretch (kamitani.md 4.1) of a float image.
v = rng.normal(120, 60, (6, 7, 3))
json.dump(v.ravel().tolist(), open(at("display.json"), "w"))
for pct in (4, 0):
    lo, hi = np.percentile(v, pct / 2), np.percentile(v, 100 - pct / 2)
    c = np.clip(v, lo, hi)
    Image.fromarray(np.uint8((c - c.min()) / (c.max() - c.min()) * 255)).save(at(f"display_{pct}.png"))

with open(at("VERSIONS.txt"), "w") as f:
    f.write(f"Pillow {PIL.__version__}\nnumpy {np.__version__}\n")
