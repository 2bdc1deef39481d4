"""Reads with Pillow and ffprobe the movies that the tests of app/movie write.

REVERIE_MOVIE_OUT=FOLDER go test ./app/movie -run 'GIF|APNG|MP4' leaves a folder (it must be there); then, in this
folder, python3 check.py FOLDER → movie.json
"""
import hashlib
import json
import subprocess
import sys

import PIL
import PIL.Image

root = sys.argv[1]


def shown(name, digests):
    im = PIL.Image.open(f"{root}/{name}")
    assert im.is_animated and im.info.get("loop") == 0, im.info
    out = {"size": list(im.size), "durations": [], "sha256": []}
    for i in range(im.n_frames):
        im.seek(i)
        out["durations"].append(float(im.info["duration"]))
        if digests:
            out["sha256"].append(hashlib.sha256(im.convert("RGB").tobytes()).hexdigest())
    return out


probe = json.loads(subprocess.check_output(["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", f"{root}/mosaic.mp4"]))["streams"][0]
assert probe["pix_fmt"] == "yuv420p"
# A GIF's colours are chosen with floating-point numbers, which processors may round differently: no digests.
out = {
    "origin": f"check.py, Pillow {PIL.__version__}, ffprobe",
    "gif": shown("mosaic.gif", False),
    "apng": shown("alone.apng", True),
    "mp4": {"size": [probe["width"], probe["height"]], "frames": int(probe["nb_read_frames"]), "seconds": float(probe["duration"])},
}
with open("movie.json", "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
