"""Expected numbers for structural similarity, errors, distances and two-way identification, in measures.json.

Origin: scikit-image 0.26 (structural_similarity, rgb2gray, float64), torchmetrics 1.9 in float64 and in float32 as the
lab's cookbook runs it, NumPy 2.4, bdpy 0.26, Pillow 13. brain-diffuser's column-wise SSIM is what scikit-image
0.17.2 makes of multichannel=True: channel_axis=-1 of a grey picture today. torchmetrics before 1.4.2 crops the border;
here by return_full_image. Pictures are drawn by picture(), which the Go test repeats; `real` are pictures of
reference_runs, of which only the numbers stand here.

    python testdata/eval/measures.py [FOLDER of reference_runs]
"""
import json
import pathlib
import sys

import numpy as np
import torch
from bdpy.evals.metrics import pairwise_identification
from PIL import Image
from skimage.color import rgb2gray
from skimage.metrics import structural_similarity
from torchmetrics.functional.image import structural_similarity_index_measure


def picture(seed, w, h, smooth):
    """Bytes of a linear congruential generator, summed over `smooth` pixels along both sides; alpha-less."""
    n = (w + smooth) * (h + smooth) * 3
    out, s = np.empty(n, np.int64), seed
    for i in range(n):
        s = (s * 1664525 + 1013904223) % 2**32
        out[i] = s >> 24
    v = out.reshape(h + smooth, w + smooth, 3)
    v = sum(v[dy:dy + h, dx:dx + w] for dy in range(smooth) for dx in range(smooth)) // smooth**2
    return v.astype(np.uint8)


def measure(a, b):
    x, y = a / 255.0, b / 255.0
    kw = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0)
    out = dict(
        grey=structural_similarity(rgb2gray(x), rgb2gray(y), **kw),
        columns=structural_similarity(rgb2gray(x), rgb2gray(y), channel_axis=-1, **kw),
        rgb=structural_similarity(x, y, channel_axis=-1, **kw),
    )
    for name, kind in (('torch64', torch.float64), ('torch32', torch.float32)):
        p, t = (torch.tensor(v).permute(2, 0, 1)[None].to(kind) / 255.0 for v in (a, b))
        mean, full = structural_similarity_index_measure(p, t, data_range=1.0, reduction='none', return_full_image=True)
        out[name] = mean.item()
        out[name + '_cropped'] = full[..., 5:-5, 5:-5].mean().item()
    d = a.astype(np.float64) - b
    return dict({k: float(v) for k, v in out.items()}, rmse=float(np.sqrt(np.mean(d * d))),
                pixcorr=float(np.corrcoef(x.reshape(1, -1), y.reshape(1, -1))[0, 1]))


def two_way(truth, made):
    """brain-diffuser's two-way identification, per prediction."""
    n = len(truth)
    r = np.corrcoef(truth, made)[:n, n:]
    return ((r < np.diag(r)).sum(axis=0) / (n - 1)).tolist()


drawn = []
for a, b in [((1, 40, 30, 1), (2, 40, 30, 1)), ((3, 64, 64, 4), (4, 64, 64, 4)), ((3, 64, 64, 4), (3, 64, 64, 4)),
             ((5, 11, 11, 2), (6, 11, 11, 2)), ((7, 11, 30, 3), (8, 11, 30, 2)), ((9, 57, 12, 6), (10, 57, 12, 6))]:
    drawn.append(dict(a=a, b=b, **measure(picture(*a), picture(*b))))

rng = np.random.default_rng(7)
truth = np.round(rng.normal(size=(12, 20)), 3)
made = np.round(truth + 3 * rng.normal(size=(12, 20)), 3)
features = dict(truth=truth.tolist(), made=made.tolist(), two_way=two_way(truth, made),
                euclidean=pairwise_identification(made, truth, metric='euclidean').tolist())

# The paper's tasks are bdpy's identification among the pictures that may stand against each other, group by group.
shapes, colours = ['square', 'smallframe', 'largeframe', 'plus', 'cross'], ['red', 'green', 'blue', 'cyan', 'magenta', 'yellow', 'white', 'black']
names = [(s, c) for s in shapes for c in colours]
originals = np.round(rng.normal(size=(40, 12)), 1)
copies = np.round(originals + 1.5 * rng.normal(size=(40, 12)), 1)


def within(groups):
    out = [None] * 40
    for g in groups:
        for i, a in zip(g, pairwise_identification(copies[g], originals[g])):
            out[i] = float(a)
    return out


def where(test):
    return [i for i, n in enumerate(names) if test(n)]


tasks = dict(names=names, truth=originals.tolist(), made=copies.tolist(), scores=dict(
    all=within([where(lambda n: True)]), shape=within([where(lambda n: n[1] == c) for c in colours]),
    colour=within([where(lambda n: n[0] == s) for s in shapes]),
    colour6=within([where(lambda n: n[0] == s and n[1] not in ('white', 'black')) for s in shapes])))

real = []
if len(sys.argv) > 1:
    folder = pathlib.Path(sys.argv[1])
    for a, b in [('cat_224_bicubic.png', 'orig_224_bicubic.png'), ('orig_224_lanczos.png', 'orig_224_bilinear.png'),
                 ('icnn_gd_display_pct4.png', 'orig_224_bicubic.png'), ('icnn_gd_display_noclip.png', 'icnn_gd_display_pct4.png')]:
        real.append(dict(a=a, b=b, **measure(np.array(Image.open(folder / a)), np.array(Image.open(folder / b)))))

(pathlib.Path(__file__).parent / 'measures.json').write_text(json.dumps(dict(drawn=drawn, features=features, tasks=tasks, real=real)) + '\n')
