"""Pictures for training the built-in pair: cut-outs of Debian's tuxpaint-stamps on crops of wallpapers and on
procedural grounds, and plain crops. README.md lists packages and licences.

    python3 data.py GROUNDS.u8 OUT.npz N    # writes N training and N/10 held-out compositions

Every sixth stamp of each class and a tenth of the wallpapers are in held-out compositions only.
"""
import glob
import io
import os
import subprocess
import sys
import zlib

import numpy as np
from PIL import Image

SIZE = 128
STAMPS = "/usr/share/tuxpaint/stamps/"
WALLPAPERS = ["/usr/share/backgrounds/**/*.jpg", "/usr/share/backgrounds/**/*.png", "/usr/share/backgrounds/**/*.webp",
              "/usr/share/wallpapers/*/contents/images*/*.jpg", "/usr/share/wallpapers/*/contents/images*/*.png"]
SAMPLES = ["astronaut", "coffee", "gravel", "brick", "grass", "hubble_deep_field", "moon", "retina", "ihc", "rocket",
           "chelsea", "motorcycle_left", "coins", "camera"]

# Classes by the stamps' folders; the first that fits holds. Alphabets, digits, mathematical signs and shapes are
# left out: the demo's letters and artificial shapes test what was never trained.
CLASSES = [
    ("bird", ["animals/birds"]), ("fish", ["animals/fish", "animals/shellfish", "animals/mammals/aquatic"]),
    ("insect", ["animals/insects"]),
    ("hoofed", ["animals/mammals/bovines", "animals/mammals/camel", "animals/mammals/deer", "animals/mammals/equines"]),
    ("mammal", ["animals/mammals", "animals/marsupials"]), ("hat", ["clothes/hats"]), ("clothes", ["clothes"]),
    ("fruit", ["food/fruit"]), ("vegetable", ["food/vegetables", "food/nuts", "food/spices"]),
    ("instrument", ["hobbies/music"]), ("electronics", ["household/electronics"]), ("dish", ["household/dishes"]),
    ("tool", ["household/tools", "household/arttools"]), ("household", ["household"]), ("flower", ["plants/flowers"]),
    ("plant", ["plants"]), ("christmas", ["seasonal/christmas"]), ("easter", ["seasonal/easter"]),
    ("halloween", ["seasonal/halloween"]), ("planet", ["space"]), ("ball", ["sports"]), ("hand", ["symbols/alphabets/asl"]),
    ("money", ["symbols/money"]), ("chess", ["symbols/chess"]), ("note", ["symbols/music"]), ("house", ["town/houses"]),
    ("monument", ["town/monuments"]), ("roadsign", ["town/roadsigns"]), ("person", ["people"]),
    ("car", ["vehicles/auto", "vehicles/construction", "vehicles/emergency", "vehicles/farming", "vehicles/masstransit", "vehicles/race"]),
    ("vehicle", ["vehicles", "military/vehicles"]),
]
SKIP = ["symbols/alphabets/english", "symbols/alphabets/german", "symbols/alphabets/spanish", "symbols/math", "symbols/shapes"]
KINDS = ["field, red to yellow-green", "field, green to blue", "field, blue to red",
         "land, red to yellow-green", "land, green to blue", "land, blue to red"]


def class_names():
    return [c for c, _ in CLASSES] + ["scene: " + k for k in KINDS]


def held(name):
    """A tenth of all names, by their checksum."""
    return zlib.crc32(name.encode()) % 10 == 0


def class_of(path):
    if any(path.startswith(s) for s in SKIP):
        return None
    for i, (_, folders) in enumerate(CLASSES):
        if any(path.startswith(f + "/") for f in folders):
            return i
    return None


def load_stamps():
    """Gives [(class, held out, RGBA picture of at most 160 pixels)], trimmed to what is opaque."""
    found, seen, number = [], set(), {}
    for path in sorted(glob.glob(STAMPS + "**/*.png", recursive=True) + glob.glob(STAMPS + "**/*.svg", recursive=True)):
        name = os.path.relpath(path, STAMPS)
        stem = os.path.splitext(name)[0]
        c = class_of(name)
        if c is None or stem in seen or stem.endswith(("_mirror", "_flip")):
            continue
        try:
            if path.endswith(".svg"):
                png = subprocess.run(["rsvg-convert", "-w", "200", "-h", "200", "-a", path], capture_output=True, check=True).stdout
                img = Image.open(io.BytesIO(png)).convert("RGBA")
            else:
                img = Image.open(path).convert("RGBA")
        except (OSError, subprocess.CalledProcessError) as e:
            print("skipped", name, e)
            continue
        box = img.getchannel("A").point(lambda v: 255 * (v > 40)).getbbox()
        if box is None:
            continue
        img = img.crop(box)
        img.thumbnail((160, 160), Image.LANCZOS)
        if min(img.size) < 12:
            continue
        seen.add(stem)
        number[c] = number.get(c, -1) + 1
        found.append((c, number[c] % 6 == 3, img))
    return found


def load_wallpapers():
    """Gives [(held out, RGB picture whose shorter side is 300 pixels)], one size of each."""
    import skimage
    by_name = {}
    for pattern in WALLPAPERS:
        for path in sorted(glob.glob(pattern, recursive=True)):
            name = path.split("/contents/")[0] if "/contents/" in path else path
            if os.path.getsize(path) < 20000 or any(w in path for w in ("screenshot", "5640x3172", "Elephants_", "desktop-base")):
                continue
            if name not in by_name or 100000 < os.path.getsize(path) < os.path.getsize(by_name[name]):
                by_name[name] = path
    folder = os.path.join(os.path.dirname(skimage.__file__), "data")
    for s in SAMPLES:
        for ext in (".png", ".jpg"):
            if os.path.exists(os.path.join(folder, s + ext)):
                by_name["skimage/" + s] = os.path.join(folder, s + ext)
    found = []
    for name, path in sorted(by_name.items()):
        try:
            img = Image.open(path)
            img.draft("RGB", (900, 600))
            img = img.convert("RGB")
        except OSError as e:
            print("skipped", path, e)
            continue
        k = 300 / min(img.size)
        img = img.resize((max(300, round(img.width * k)), max(300, round(img.height * k))), Image.BOX if k < 0.5 else Image.BICUBIC)
        found.append((held(name), img))
    return found


class Composer:
    def __init__(self, grounds, stamps, papers, hold):
        self.grounds = grounds
        self.stamps = {}
        for c, h, img in stamps:
            if h == hold:
                self.stamps.setdefault(c, []).append(img)
        self.papers = [img for h, img in papers if h == hold]
        self.classes = sorted(self.stamps)

    def crop(self, r):
        img = self.papers[r.integers(len(self.papers))]
        side = int(r.uniform(110, 300))
        x, y = r.integers(img.width - side + 1), r.integers(img.height - side + 1)
        img = img.resize((SIZE, SIZE), Image.BOX if side > 200 else Image.BILINEAR, (x, y, x + side, y + side))
        return img.transpose(Image.FLIP_LEFT_RIGHT) if r.random() < 0.5 else img

    def ground(self, r):
        if r.random() < 0.45:
            return Image.fromarray(self.grounds[r.integers(len(self.grounds))])
        return self.crop(r)

    def compose(self, r):
        """Gives a picture and its class, −1 of a plain crop. Classes are drawn evenly up to the square root of their size."""
        if r.random() < 0.15:
            return np.asarray(self.crop(r)), -1
        weight = np.sqrt([len(self.stamps[c]) for c in self.classes])
        c = self.classes[r.choice(len(weight), p=weight / weight.sum())]
        stamp = self.stamps[c][r.integers(len(self.stamps[c]))]
        img = self.ground(r)
        side = r.uniform(56, 120)
        k = side / max(stamp.size)
        stamp = stamp.resize((max(8, round(stamp.width * k)), max(8, round(stamp.height * k))), Image.BICUBIC)
        if r.random() < 0.5:
            stamp = stamp.transpose(Image.FLIP_LEFT_RIGHT)
        if r.random() < 0.3:
            stamp = stamp.rotate(r.uniform(-25, 25), Image.BICUBIC, expand=True)
        x = int(r.uniform(-0.08, 1.08) * (SIZE - stamp.width)) if stamp.width < SIZE else 0
        y = int(r.uniform(-0.08, 1.08) * (SIZE - stamp.height)) if stamp.height < SIZE else 0
        img.paste(stamp, (x, y), stamp.getchannel("A"))
        a = np.asarray(img).astype(np.float32)
        a = a * r.uniform(0.85, 1.15) * r.uniform(0.93, 1.07, 3) + r.uniform(-12, 12)  # mild jitter of light and colour
        return np.clip(a, 0, 255).astype(np.uint8), c


def main():
    grounds, out, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
    g = np.memmap(grounds, np.uint8, "r").reshape(-1, SIZE, SIZE, 3)
    stamps, papers = load_stamps(), load_wallpapers()
    count = np.bincount([c for c, _, _ in stamps], minlength=len(CLASSES))
    out_of = np.bincount([c for c, h, _ in stamps if h], minlength=len(CLASSES))
    for (name, _), k, h in zip(CLASSES, count, out_of):
        print(f"{name}: {k} stamps, {h} held out")
    print(f"{len(stamps)} stamps, {len(papers)} backgrounds, {sum(h for h, _ in papers)} held out")
    parts = {}
    for part, hold, k, seed in (("train", False, n, 1), ("test", True, n // 10, 2)):
        r = np.random.default_rng(seed)
        # the last tenth of the grounds is for held-out compositions
        cut = len(g) * 9 // 10
        composer = Composer(g[cut:] if hold else g[:cut], stamps, papers, hold)
        x, y = np.empty((k, SIZE, SIZE, 3), np.uint8), np.empty(k, np.int16)
        for i in range(k):
            x[i], y[i] = composer.compose(r)
        parts["x_" + part], parts["y_" + part] = x, y
    np.savez(out, **parts)


if __name__ == "__main__":
    main()
