"""Pictures for training the built-in pair: composites of cut-outs on photographs and on drawn grounds.

    python3 data.py DEBS WORK

DEBS is a folder into which the packages that README.md lists were unpacked (dpkg -x), WORK holds grounds.u8
(see scenes/main.go) and receives composites.u8, labels.u8, held.u8, held_labels.u8 and photographs.u8: raw RGB
pictures of 128 × 128. Cut-outs of held.u8, and the photographs behind them, are in no other file.
"""
import io
import pathlib
import random
import subprocess
import sys

import numpy as np
from PIL import Image, ImageEnhance

SIZE = 128
TRAIN, HELD, PHOTOGRAPHS = 36000, 2000, 3000

# class: folders of the stamps; all below them are meant, but for folders that another class names.
CLASSES = {
    "bird": ["animals/birds"], "insect": ["animals/insects"], "sea animal": ["animals/fish", "animals/shellfish", "animals/mammals/aquatic"],
    "hoofed animal": ["animals/mammals/bovines", "animals/mammals/equines", "animals/mammals/deer", "animals/mammals/camel"],
    "mammal": ["animals/mammals", "animals/marsupials"], "fruit": ["food/fruit"], "vegetable": ["food/vegetables", "food/nuts", "plants/mushrooms"],
    "dish of food": ["food", "food/dessert"], "flower": ["plants/flowers"], "tree": ["plants", "plants/trees"], "hat": ["clothes/hats"],
    "clothes": ["clothes"], "tool": ["household/tools", "household/arttools"], "household": ["household"],
    "dishes": ["household/dishes"], "electronics": ["household/electronics"], "instrument": ["hobbies"],
    "house": ["town/houses", "town", "town/cartoon"], "monument": ["town/monuments"], "road sign": ["town/roadsigns"],
    "car": ["vehicles", "military/vehicles"], "train": ["vehicles/locomotive", "vehicles/masstransit"],
    "ship or plane": ["vehicles/ship", "vehicles/flight"], "space": ["space"], "christmas": ["seasonal/christmas", "seasonal/winter"],
    "halloween": ["seasonal/halloween"], "celebration": ["seasonal/hanukkah", "seasonal/easter", "seasonal/newyears", "seasonal"],
    "sport": ["sports"], "person": ["people"], "coin": ["symbols/money"],
}


def class_of(folder):
    """The class whose folder is the longest beginning of this one."""
    best = None
    for number, (_, folders) in enumerate(CLASSES.items()):
        for f in folders:
            if (folder == f or folder.startswith(f + "/")) and (best is None or len(f) > best[0]):
                best = (len(f), number)
    return None if best is None else best[1]


def stamp(path):
    """A cut-out with its transparency, at most 256 pixels wide and high, without empty borders."""
    if path.suffix == ".svg":
        raw = subprocess.run(["rsvg-convert", "-w", "256", "-h", "256", "-a", str(path)], capture_output=True)
        if raw.returncode:
            return None
        img = Image.open(io.BytesIO(raw.stdout)).convert("RGBA")
    else:
        img = Image.open(path).convert("RGBA")
        img.thumbnail((256, 256), Image.LANCZOS)
    box = img.getchannel("A").point(lambda a: 255 * (a > 24)).getbbox()
    if box is None or min(box[2] - box[0], box[3] - box[1]) < 12:
        return None
    return img.crop(box)


def photographs(root):
    out = []
    for p in sorted(root.rglob("*")):
        if p.suffix not in (".jpg", ".png", ".webp") or "stamps" in p.parts or p.name.startswith("screenshot") or p.stat().st_size < 40000:
            continue
        try:
            img = Image.open(p).convert("RGB")
        except OSError:
            continue
        if min(img.size) < 400:
            continue
        img.thumbnail((900, 900), Image.LANCZOS)
        out.append(img)
    return out


def piece(rng, img):
    """A square crop at the final size, at times mirrored."""
    side = int(min(img.size) * rng.uniform(0.3, 1))
    x, y = rng.randint(0, img.width - side), rng.randint(0, img.height - side)
    out = img.resize((SIZE, SIZE), Image.BILINEAR, (x, y, x + side, y + side))
    return out.transpose(Image.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else out


def put(rng, canvas, cut, low, high):
    size = rng.uniform(low, high) * SIZE
    k = size / max(cut.size)
    cut = cut.resize((max(8, round(cut.width * k)), max(8, round(cut.height * k))), Image.BILINEAR)
    if rng.random() < 0.5:
        cut = cut.transpose(Image.FLIP_LEFT_RIGHT)
    if rng.random() < 0.6:
        cut = cut.rotate(rng.uniform(-20, 20), Image.BILINEAR, expand=True)
    rgb, alpha = cut.convert("RGB"), cut.getchannel("A")
    for enhance, width in ((ImageEnhance.Color, 0.4), (ImageEnhance.Brightness, 0.25)):
        rgb = enhance(rgb).enhance(rng.uniform(1 - width, 1 + width))
    free = [SIZE - cut.width, SIZE - cut.height]
    at = [rng.randint(min(0, f) - 4, max(0, f) + 4) for f in free]
    canvas.paste(rgb, tuple(at), alpha)


def composite(rng, main, others, grounds, photos):
    if rng.random() < 0.5:
        canvas = Image.fromarray(grounds[rng.randrange(len(grounds))])
    else:
        canvas = piece(rng, rng.choice(photos))
    if rng.random() < 0.3:
        put(rng, canvas, rng.choice(others), 0.15, 0.35)
    put(rng, canvas, main, 0.45, 0.95)
    return np.asarray(canvas)


def main():
    debs, work = map(pathlib.Path, sys.argv[1:3])
    root = debs / "usr/share/tuxpaint/stamps"
    rng = random.Random(2026)
    train, held = [[] for _ in CLASSES], [[] for _ in CLASSES]
    for path in sorted(root.rglob("*")):
        if path.suffix not in (".png", ".svg") or "_mirror" in path.stem or "_flip" in path.stem:
            continue
        c = class_of(str(path.parent.relative_to(root)))
        cut = stamp(path) if c is not None else None
        if cut is not None:
            (held if rng.random() < 0.2 else train)[c].append(cut)
    for name, a, b in zip(CLASSES, train, held):
        print(f"{name}: {len(a)} cut-outs to train, {len(b)} held out")
    grounds = np.memmap(work / "grounds.u8", np.uint8, "r").reshape(-1, SIZE, SIZE, 3)
    photos = photographs(debs)
    rng.shuffle(photos)
    cut = len(photos) // 5
    print(f"{len(photos) - cut} photographs to train, {cut} held out, {len(grounds)} grounds")

    def write(name, n, cuts, photos, grounds, rng):
        every = [c for k in cuts for c in k]
        labels = np.zeros(n, np.uint8)
        with open(work / f"{name}.u8", "wb") as f:
            for i in range(n):
                labels[i] = rng.choice([k for k, c in enumerate(cuts) if c])
                f.write(composite(rng, rng.choice(cuts[labels[i]]), every, grounds, photos).tobytes())
        labels.tofile(work / f"{name}_labels.u8")

    held_grounds = len(grounds) // 5
    write("held", HELD, held, photos[:cut], grounds[:held_grounds], random.Random(1))
    with open(work / "photographs.u8", "wb") as f:
        for _ in range(PHOTOGRAPHS):
            f.write(np.asarray(piece(rng, rng.choice(photos[cut:]))).tobytes())
    write("composites", TRAIN, train, photos[cut:], grounds[held_grounds:], random.Random(2))


if __name__ == "__main__":
    main()
