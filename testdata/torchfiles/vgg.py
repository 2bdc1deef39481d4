"""VGG19 state dicts by torch. torch 2.15, safetensors 0.8.0.

    python3 vgg.py              writes t2_vgg_narrow.pt (channels and fc divided by 64, 10 classes) with vgg.json:
                                the SHA-256 of each layer as little-endian float32, weights then biases, and a
                                convolution of a small picture normalised as torchvision does, in float64
    python3 vgg.py full FOLDER  writes VGG19 at full size (575 MB each, seeded normal numbers) as vgg19_zip.pth,
                                vgg19_legacy.pth, vgg19.safetensors, and vgg19.sha256: the digest of all values,
                                layer after layer, weights before biases. Not committed. Also prints torch.load's time.
"""
import collections, hashlib, json, sys, time
import torch

CONV = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
NAMES = ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3", "conv3_4", "conv4_1", "conv4_2", "conv4_3", "conv4_4",
         "conv5_1", "conv5_2", "conv5_3", "conv5_4", "fc6", "fc7", "fc8"]


def state(div, classes):
    g = torch.Generator().manual_seed(19)
    width = [c // div for c in [64] * 2 + [128] * 2 + [256] * 4 + [512] * 8]
    s, i = collections.OrderedDict(), 3
    for at, o in zip(CONV, width):
        s["features.%d.weight" % at] = torch.randn(o, i, 3, 3, generator=g) * (2 / (9 * i)) ** 0.5
        s["features.%d.bias" % at] = torch.randn(o, generator=g) * 0.1
        i = o
    for at, o, n in zip([0, 3, 6], [4096 // div, 4096 // div, classes], [49 * i, 4096 // div, 4096 // div]):
        s["classifier.%d.weight" % at] = torch.randn(o, n, generator=g) * (2 / n) ** 0.5
        s["classifier.%d.bias" % at] = torch.randn(o, generator=g) * 0.1
    return s


def raw(t): return t.numpy().astype("<f4").tobytes()


if len(sys.argv) > 2:
    import safetensors.torch
    d = sys.argv[2]
    s = state(1, 1000)
    h = hashlib.sha256()
    for t in s.values(): h.update(raw(t))
    open(d + "/vgg19.sha256", "w").write(h.hexdigest())
    torch.save(s, d + "/vgg19_zip.pth")
    torch.save(s, d + "/vgg19_legacy.pth", _use_new_zipfile_serialization=False)
    safetensors.torch.save_file(s, d + "/vgg19.safetensors")
    del s
    for n in ("vgg19_zip.pth", "vgg19_legacy.pth"):
        for _ in range(2):
            a = time.time(); open(d + "/" + n, "rb").read(); b = time.time(); torch.load(d + "/" + n, weights_only=True); c = time.time()
        print("%s: plain read %.3f s, torch.load %.3f s" % (n, b - a, c - b))
else:
    s = state(64, 10)
    torch.save(s, "t2_vgg_narrow.pt")
    layers = {n: hashlib.sha256(raw(s[k + ".weight"]) + raw(s[k + ".bias"])).hexdigest()
              for n, k in zip(NAMES, ["features.%d" % i for i in CONV] + ["classifier.%d" % i for i in (0, 3, 6)])}
    g = torch.Generator().manual_seed(2)
    x = torch.randint(0, 256, (3, 6, 5), generator=g)
    w, b = torch.randn(2, 3, 3, 3, generator=g), torch.randn(2, generator=g)
    m, sd = [torch.tensor(v, dtype=torch.float64).view(3, 1, 1) for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
    y = torch.nn.functional.conv2d((x.double() / 255 - m)[None] / sd, w.double(), b.double(), padding=1)
    json.dump({"layers": layers, "rgb": x.flatten().tolist(), "w": w.flatten().tolist(), "b": b.tolist(), "out": y.flatten().tolist()}, open("vgg.json", "w"))
