"""Small model files by the libraries that write the field's, for the tests of compute/weights.

    python3 make.py          writes the files beside this script and expect.json
    python3 make.py full FOLDER  writes bdpy's own generators at full size as torch saves them (2 × 224 MB and 80 MB, and bdpy's
                             generators from other layers), seeded, with full.json: digests of the values. Not committed.
    python3 make.py DATA     writes real.json: what NumPy and SciPy read from published bounds, means and statistics

torch 2.15, safetensors 0.8.0, protobuf 7.36.2, NumPy 2.4. The generators have the layers of bdpy's AlexNetGenerator and
AlexNetPool5Generator (bdpy 0.26, bdpy.dl.torch.models) with 1/32 of the channels: attributes and Sequentials share tensors, so that a
state dict has every tensor twice. expect.json has the SHA-256 of each tensor as little-endian float32, and what torch
computes with the layers for one input. Values are seeded normal numbers. The Caffe models are written by
google.protobuf, with the messages declared from the field numbers in ../caffe/make.py's way.
"""
import hashlib, json, pathlib, sys
import numpy as np, safetensors.torch, torch
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from torch import nn

here = pathlib.Path(__file__).parent
D = 32


class Generator(nn.Module):
    def __init__(self, pool5):
        super().__init__()
        fc = [("defc7", nn.Linear(20, 24)), ("defc6", nn.Linear(24, 24)), ("defc5", nn.Linear(24, 256 // D * 16))]
        rc = [("Rconv6", nn.Conv2d(256 // D, 512 // D, 3, 1, 1)), ("Rconv7", nn.Conv2d(512 // D, 512 // D, 3, 1, 1)), ("Rconv8", nn.Conv2d(512 // D, 512 // D, 3, 1, 0))]
        up = [("deconv5", 512 if pool5 else 256, 256), ("conv5_1", 256, 512), ("deconv4", 512, 256), ("conv4_1", 256, 256), ("deconv3", 256, 128),
              ("conv3_1", 128, 128), ("deconv2", 128, 64), ("deconv1", 64, 32), ("deconv0", 32, 3)]
        self.pool5 = pool5
        for head, layers in (("rconv" if pool5 else "defc", rc if pool5 else fc),
                             ("deconv", [(n, nn.ConvTranspose2d(i // D, o // D if o > 3 else 3, 4 if n[0] == "d" else 3, 2 if n[0] == "d" else 1, 1)) for n, i, o in up])):
            seq = []
            for n, l in layers:
                setattr(self, n, l)
                seq += [l, nn.LeakyReLU(0.3)]
            setattr(self, head, nn.Sequential(*(seq[:-1] if head == "deconv" else seq)))
        g = torch.Generator().manual_seed(5 + pool5)
        with torch.no_grad():
            for p in self.parameters():
                p.copy_(torch.randn(p.shape, generator=g) * (0.1 if p.dim() == 1 else (1 / p[0].numel()) ** 0.5))

    def forward(self, z):
        return self.deconv(self.rconv(z) if self.pool5 else self.defc(z).view(-1, 256 // D, 4, 4))


def digest(t):
    return hashlib.sha256(t.detach().numpy().astype("<f4").tobytes()).hexdigest()


F = descriptor_pb2.FieldDescriptorProto


def net_class():
    file = descriptor_pb2.FileDescriptorProto(name="m.proto", package="m", syntax="proto2")

    def declare(name, *fields):
        m = file.message_type.add(name=name)
        for n, number, kind, repeated in fields:
            f = m.field.add(name=n, number=number, label=F.LABEL_REPEATED if repeated else F.LABEL_OPTIONAL)
            if isinstance(kind, str):
                f.type, f.type_name = F.TYPE_MESSAGE, ".m." + kind
            else:
                f.type = kind
                f.options.packed = bool(repeated and kind in (F.TYPE_FLOAT, F.TYPE_INT64))
    declare("Shape", ("dim", 1, F.TYPE_INT64, True))
    declare("Blob", ("num", 1, F.TYPE_INT32, False), ("channels", 2, F.TYPE_INT32, False), ("height", 3, F.TYPE_INT32, False), ("width", 4, F.TYPE_INT32, False),
            ("data", 5, F.TYPE_FLOAT, True), ("shape", 7, "Shape", False))
    declare("Augmentation", ("x", 1, F.TYPE_INT32, False))
    declare("Layer", ("name", 1, F.TYPE_STRING, False), ("type", 2, F.TYPE_STRING, False), ("bottom", 3, F.TYPE_STRING, True), ("top", 4, F.TYPE_STRING, True),
            ("blobs", 7, "Blob", True), ("augmentation", 1000, "Augmentation", False))
    declare("Old", ("bottom", 2, F.TYPE_STRING, True), ("top", 3, F.TYPE_STRING, True), ("name", 4, F.TYPE_STRING, False), ("type", 5, F.TYPE_INT32, False), ("blobs", 6, "Blob", True))
    declare("Net", ("name", 1, F.TYPE_STRING, False), ("layers", 2, "Old", True), ("layer", 100, "Layer", True))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("m.Net"))


Net = net_class()
OLD = {"Convolution": 4, "InnerProduct": 14, "LRN": 15, "Pooling": 17, "ReLU": 18}


def caffe(path, name, layers, old=False):
    """layers: (name, type, tensors)"""
    net = Net(name=name)
    for n, kind, tensors in layers:
        l = (net.layers if old else net.layer).add(name=n, bottom=["x"], top=[n])
        l.type = OLD[kind] if old else kind
        if not old and n == "Data":
            l.augmentation.x = 1  # a field of the generators' fork of Caffe
        for t in tensors:
            v = t.detach().numpy().astype("f")
            b = l.blobs.add()
            b.data.extend(v.reshape(-1).tolist())
            if old:
                b.num, b.channels, b.height, b.width = (1,) * (4 - v.ndim) + v.shape
            else:
                b.shape.dim.extend(v.shape)
    (here / path).write_bytes(net.SerializeToString())


KIND = {nn.Linear: "InnerProduct", nn.Conv2d: "Convolution", nn.ConvTranspose2d: "Deconvolution"}


def generators():
    out = {}
    for pool5, key in ((False, "relu"), (True, "pool5")):
        g = Generator(pool5)
        state = g.state_dict()
        names = [n for n, m in g.named_children() if type(m) in KIND]
        z = torch.randn((1, 8, 6, 6) if pool5 else (1, 20), generator=torch.Generator().manual_seed(1))
        y = g(z)
        once = {k: v for k, v in state.items() if not k.split(".")[0] in ("defc", "rconv", "deconv")}
        out[key] = {"tensors": {k: {"shape": list(v.shape), "sha256": digest(v)} for k, v in once.items()},
                    "output": list(y.shape), "z": z.flatten().tolist(), "y": [y.flatten()[i].item() for i in range(0, y.numel(), 9973)], "step": 9973}
        layers = [(n, KIND[type(getattr(g, n))], [getattr(g, n).weight, getattr(g, n).bias]) for n in names]
        data = [("Data", "Data", [])]
        if pool5:
            torch.save(state, here / "generator_pool5.pt")
            caffe("pool5.caffemodel", "DeePSiM", data + layers)
        else:
            torch.save(state, here / "generator_relu7.pt")
            torch.save(state, here / "generator_relu6_legacy.pt", _use_new_zipfile_serialization=False)
            caffe("generator.caffemodel", "", data + layers)
            np.savez(here / "generator.npz", **{k: v.numpy() for k, v in state.items()})  # every tensor twice, as copies
            safetensors.torch.save_model(g, str(here / "relu7.safetensors"))  # leaves one name of each
    return out


def vgg():
    state = torch.load(here / "../torchfiles/t2_vgg_narrow.pt")
    names = [f"conv{g + 1}_{i + 1}" for g, n in enumerate([2, 2, 4, 4, 4]) for i in range(n)] + ["fc6", "fc7", "fc8"]
    keys = list(dict.fromkeys(k.rsplit(".", 1)[0] for k in state))
    half = {k: v.half() for k, v in state.items()}
    safetensors.torch.save_file(half, str(here / "vgg_half.safetensors"))
    caffe("vgg_v1.caffemodel", "VGG_ILSVRC_19_layers", [(n, "Convolution" if n[0] == "c" else "InnerProduct", [state[k + ".weight"].half().float(), state[k + ".bias"].half().float()])
                                                        for n, k in zip(names, keys)], old=True)
    return {n: [digest(half[k + ".weight"].float()), digest(half[k + ".bias"].float())] for n, k in zip(names, keys)}


def alexnets():
    g = torch.Generator().manual_seed(3)
    shapes = [("conv1", (4, 3, 11, 11)), ("conv2", (4, 2, 5, 5)), ("conv3", (4, 4, 3, 3)), ("conv4", (4, 2, 3, 3)), ("conv5", (4, 2, 3, 3)), ("fc6", (5, 144)), ("fc7", (5, 5)), ("fc8", (3, 5))]
    p = {n: [torch.randn(s, generator=g), torch.randn(s[0], generator=g)] for n, s in shapes}
    kind = lambda n: "Convolution" if n[0] == "c" else "InnerProduct"
    first, rest = [("conv1", "Convolution", p["conv1"])], [(n, kind(n), p[n]) for n, _ in shapes[1:]]
    pool, norm = ("pool1", "Pooling", []), ("norm1", "LRN", [])
    caffe("caffenet_v1.caffemodel", "CaffeNet", first + [pool, norm] + rest, old=True)
    caffe("alexnet.caffemodel", "AlexNet", first + [norm, pool] + rest)
    torch.save({f"{'features' if n[0] == 'c' else 'classifier'}.{i}.{w}": t for (n, _), i in zip(shapes, [0, 4, 8, 10, 12, 1, 4, 6]) for w, t in zip(("weight", "bias"), p[n])}, here / "reference_net.pt")


def real(data):
    import scipy.io
    bounds = {}
    for p in sorted((data / "icnn/examples/data/act_range").rglob("*.txt")):
        v = np.array(p.read_text().split(), float)
        bounds[str(p.relative_to(data))] = [len(v), v.sum(), v.min(), v.max(), float(v @ np.arange(len(v)))]
    npy = np.load(data / "caffe/python/caffe/imagenet/ilsvrc_2012_mean.npy")
    mat = scipy.io.loadmat(data / "synthesizing/ilsvrc_2012_mean.mat")["image_mean"]
    std = scipy.io.loadmat(data / "InterIndividualDeepImageReconstruction/image_reconstruction/data/estimated_vgg19_cnn_feat_std.mat")
    return {"bounds": bounds, "mean_npy": npy.mean((1, 2)).tolist(), "mean_mat": mat.mean((0, 1), dtype=float).tolist(),
            "std": {k: v.astype(float).ravel().tolist() for k, v in std.items() if not k.startswith("__")}}


def full(folder):
    from bdpy.dl.torch import models
    out = {}
    for name in ("AlexNetGenerator", "AlexNetPool5Generator", "AlexNetRelu4Generator", "AlexNetRelu3Generator", "AlexNetNorm2Generator", "AlexNetNorm1Generator"):
        torch.manual_seed(7)
        state = getattr(models, name)().state_dict()
        torch.save(state, folder / (name + ".pt"))
        out[name + ".pt"] = {k: digest(v) for k, v in state.items()}
        if name == "AlexNetGenerator":
            torch.save(state, folder / "generator_relu6.pt", _use_new_zipfile_serialization=False)
            out["generator_relu6.pt"] = out[name + ".pt"]
    (folder / "full.json").write_text(json.dumps(out))


def main():
    if sys.argv[1:2] == ["full"]:
        return full(pathlib.Path(sys.argv[2]))
    if len(sys.argv) > 1:
        (here / "real.json").write_text(json.dumps(real(pathlib.Path(sys.argv[1])), indent=0) + "\n")
        return
    expect = {"generators": generators(), "vgg_half": vgg()}
    alexnets()
    (here / "expect.json").write_text(json.dumps(expect, indent=0) + "\n")
    for p in here.iterdir():
        p.chmod(0o644)


main()
