"""Caffe models written and read by google.protobuf, for the tests of compute/format/caffe.

    python3 make.py [FOLDER OF THIRD-PARTY DATA]     writes *.caffemodel, mean.binaryproto, expect.json, real.json
    python3 make.py --full FILE                      a V1 model of VGG19's size with seeded values (548 MiB, not committed)

The messages are declared here from the field numbers of caffe.proto; nothing of the program is used.
"""
import hashlib, json, pathlib, sys
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

F = descriptor_pb2.FieldDescriptorProto
KINDS = {"i32": F.TYPE_INT32, "i64": F.TYPE_INT64, "f": F.TYPE_FLOAT, "d": F.TYPE_DOUBLE, "s": F.TYPE_STRING}


def declare(file, name, fields, syntax_packed=True):
    m = file.message_type.add(name=name)
    for number, (fname, kind, repeated, packed) in fields.items():
        f = m.field.add(name=fname, number=number, label=F.LABEL_REPEATED if repeated else F.LABEL_OPTIONAL)
        if kind in KINDS:
            f.type = KINDS[kind]
            if repeated and packed:
                f.options.packed = True
        else:
            f.type, f.type_name = F.TYPE_MESSAGE, f".c.{kind}"


def schema(packed):
    file = descriptor_pb2.FileDescriptorProto(name=f"c{packed}.proto", package="c", syntax="proto2")
    declare(file, "Shape", {1: ("dim", "i64", True, packed)})
    declare(file, "Blob", {1: ("num", "i32", False, 0), 2: ("channels", "i32", False, 0), 3: ("height", "i32", False, 0),
                           4: ("width", "i32", False, 0), 5: ("data", "f", True, packed), 6: ("diff", "f", True, packed),
                           7: ("shape", "Shape", False, 0), 8: ("double_data", "d", True, packed)})
    declare(file, "Conv", {1: ("num_output", "i32", False, 0), 2: ("bias_term", "i32", False, 0)})
    declare(file, "New", {1: ("name", "s", False, 0), 2: ("type", "s", False, 0), 3: ("bottom", "s", True, 0),
                          4: ("top", "s", True, 0), 7: ("blobs", "Blob", True, 0), 106: ("convolution", "Conv", False, 0)})
    declare(file, "Old", {2: ("bottom", "s", True, 0), 3: ("top", "s", True, 0), 4: ("name", "s", False, 0),
                          5: ("type", "i32", False, 0), 6: ("blobs", "Blob", True, 0), 7: ("blobs_lr", "f", True, packed),
                          10: ("convolution", "Conv", False, 0)})
    declare(file, "Net", {1: ("name", "s", False, 0), 2: ("layers", "Old", True, 0), 3: ("input", "s", True, 0),
                          4: ("input_dim", "i32", True, packed), 100: ("layer", "New", True, 0)})
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {n: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"c.{n}")) for n in ("Net", "Blob")}


TYPES = {4: "Convolution", 14: "InnerProduct", 18: "ReLU"}


def fill(blob, values, legacy, double):
    (blob.double_data if double else blob.data).extend(values.reshape(-1).tolist())
    if legacy:
        n, c, h, w = (1,) * (4 - values.ndim) + values.shape
        blob.num, blob.channels, blob.height, blob.width = n, c, h, w
    else:
        blob.shape.dim.extend(values.shape)


def model(old, packed, double, rng):
    net = schema(packed)["Net"](name="a small net")
    net.input.append("data")
    net.input_dim.extend([1, 3, 8, 8])
    for name, kind, shape in (("conv1", 4, (4, 3, 3, 3)), ("relu1", 18, None), ("fc2", 14, (5, 64))):
        l = (net.layers if old else net.layer).add(name=name, bottom=["x"], top=[name])
        l.type = kind if old else TYPES[kind]
        if shape:
            fill(l.blobs.add(), rng.standard_normal(shape).astype("f"), old, double)
            fill(l.blobs.add(), rng.standard_normal(shape[:1]).astype("f"), old, double)
            l.convolution.num_output = shape[0]
    return net


def expect(data):
    """What google.protobuf reads from a model's bytes."""
    net = schema(True)["Net"].FromString(data)
    out = []
    for l in list(net.layers) or list(net.layer):
        blobs = []
        for b in l.blobs:
            v = np.array(b.double_data if len(b.double_data) else b.data, "<f4")
            shape = list(b.shape.dim) if b.HasField("shape") else [b.num, b.channels, b.height, b.width]
            blobs.append({"shape": shape, "sha256": hashlib.sha256(v.tobytes()).hexdigest()})
        kind = l.type if isinstance(l.type, str) else TYPES[l.type]
        out.append({"name": l.name, "type": kind, "bottom": list(l.bottom), "top": list(l.top), "blobs": blobs})
    return {"name": net.name, "v1": len(net.layers) > 0, "layers": out}


def full(path):
    """VGG19 in the older generation, written layer by layer: the whole would not fit a message of protobuf (2 GiB in memory)."""
    rng, old = np.random.default_rng(19), schema(True)["Net"]
    channels, inner = [64] * 2 + [128] * 2 + [256] * 4 + [512] * 8, [4096, 4096, 1000]
    groups, names, before = [2, 2, 4, 4, 4], [], 3
    for g, n in enumerate(groups):
        names += [f"conv{g + 1}_{i + 1}" for i in range(n)]
    with open(path, "wb") as f:
        f.write(old(name="VGG_ILSVRC_19_layers").SerializeToString())
        width = 25088
        for name, out in zip(names + ["fc6", "fc7", "fc8"], channels + inner):
            net = old()
            conv = name.startswith("conv")
            l = net.layers.add(name=name, type=4 if conv else 14)
            shape = (out, before, 3, 3) if conv else (1, 1, out, width)
            fill(l.blobs.add(), (rng.standard_normal(shape, "f") * 0.01), True, False)
            fill(l.blobs.add(), rng.standard_normal(out, "f"), True, False)
            before, width = (out, width) if conv else (before, out)
            f.write(net.SerializeToString())  # messages written one after the other are merged


def main():
    here = pathlib.Path(__file__).parent
    if sys.argv[1:2] == ["--full"]:
        return full(sys.argv[2])
    files = {}
    for old in (True, False):
        for packed in (True, False):
            for double in (False, True):
                name = f"{'v1' if old else 'new'}_{'packed' if packed else 'loose'}_{'double' if double else 'float'}.caffemodel"
                data = model(old, packed, double, np.random.default_rng(len(files))).SerializeToString()
                (here / name).write_bytes(data)
                files[name] = expect(data)
    # a field that nobody knows, and a group, are skipped
    extra = b"\x82\x7d\x03abc" + b"\x8b\x7d\x08\x01\x8c\x7d" + (here / "new_packed_float.caffemodel").read_bytes()
    (here / "unknown.caffemodel").write_bytes(extra)
    files["unknown.caffemodel"] = files["new_packed_float.caffemodel"]
    mean = schema(True)["Blob"]()
    v = np.random.default_rng(1).random((3, 4, 5)).astype("f")
    fill(mean, v, True, False)
    (here / "mean.binaryproto").write_bytes(mean.SerializeToString())
    files["mean.binaryproto"] = {"shape": [1, 3, 4, 5], "sha256": hashlib.sha256(v.astype("<f4").tobytes()).hexdigest()}
    (here / "expect.json").write_text(json.dumps(files, indent=1) + "\n")
    if len(sys.argv) > 1:
        data = pathlib.Path(sys.argv[1])
        real = {str(p.relative_to(data)): expect(p.read_bytes()) for p in sorted(data.rglob("*.caffemodel"))}
        (here / "real.json").write_text(json.dumps(real, indent=1) + "\n")


main()
