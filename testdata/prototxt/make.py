"""What google.protobuf's text_format reads from .prototxt files, for the tests of compute/format/prototxt.

    python3 make.py                           writes syntax.json: short texts, whether they are accepted, what they hold
    python3 make.py CAFFE.PROTO [DATA FOLDER] also nets.json: the networks here and, with the folder, the published ones

protobuf 7.36.2, grpcio-tools 1.85.1 (its protoc compiles CAFFE.PROTO, which is src/caffe/proto/caffe.proto of BVLC/caffe at
9b891540183ddc834a02b2bd81b31afae71b2153, MD5 de57349901513ae8524a86069a037a48, not stored here), torch 2.15 (the shapes:
each layer runs on the meta device). Nothing of the program is used.
"""
import importlib, json, math, pathlib, subprocess, sys, tempfile
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

here = pathlib.Path(__file__).parent
F = descriptor_pb2.FieldDescriptorProto


def schema():
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t", syntax="proto2")
    e = file.enum_type.add(name="E")
    for i, n in enumerate(["ZERO", "ONE", "t", "inf_"]):
        e.value.add(name=n, number=i)
    m = file.message_type.add(name="T")
    for i, (n, k, tn) in enumerate([("s", F.TYPE_BYTES, ""), ("i", F.TYPE_INT64, ""), ("f", F.TYPE_DOUBLE, ""), ("b", F.TYPE_BOOL, ""),
                                    ("w", F.TYPE_ENUM, ".t.E"), ("m", F.TYPE_MESSAGE, ".t.T")]):
        m.field.add(name=n, number=i + 1, label=F.LABEL_REPEATED, type=k, type_name=tn or None)
    m.extension_range.add(start=100, end=200)
    file.extension.add(name="ext", number=100, label=F.LABEL_REPEATED, type=F.TYPE_INT64, extendee=".t.T")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.T"))


def tree(m):
    out = {}
    for d, values in m.ListFields():
        if d.type == F.TYPE_MESSAGE:
            values = [tree(v) for v in values]
        elif d.type == F.TYPE_BYTES:
            values = [v.hex() for v in values]
        elif d.type == F.TYPE_ENUM:
            values = [d.enum_type.values_by_number[v].name for v in values]
        elif d.type == F.TYPE_DOUBLE:
            values = [repr(float(v)) for v in values]
        else:
            values = list(values)
        out["[" + d.full_name + "]" if d.is_extension else d.name] = values
    return out


SYNTAX = r'''
i:1
i: 1 i: -2 i :3, i:4; i: - 5
i: 0x1F i: -0xff i: 017 i: 0 i: -0 i: 9223372036854775807 i: -9223372036854775808 i: 0XaB
i: 9223372036854775808
i: 08
i: 1.0
i: 1e3
i: [1, 2, 3] i: [] i: [4]
i [1]
i: [1, 2,]
i: [1 2]
i: [1, 2
i: 1i: 2
i: 1 ; i: 2 ,
i: 1 ;; i: 2
, i: 1
i 1
i:
i
f: 1 f: -1.5 f: .5 f: 5. f: 1e3 f: 1E-3 f: 1.5e+2 f: 2f f: 2.5F f: -3f f: 1e400 f: -1e400 f: 1e-400
f: inf f: -inf f: INF f: Infinity f: -infinity f: 4 f: 0
f: 1e
f: 1e+
f: .
f: 1.2.3
f: 1_000
f: --1
f: +1
f: -ZERO
b: true b: false b: True b: False b: t b: f b: 1 b: 0
b: yes
b: 2
b: "true"
w: ZERO w: ONE w: 1 w: t w: inf_
w: "ZERO"
w: TWO
s: "a" s: 'b' s: "it's" s: 'say "x"' s: ""
s: "one" "two" 'three' s: "x"
s: "\a\b\f\n\r\t\v\\\'\""
s: "\?"
s: "\0\7\101\1011\377\x41\x4a1\xFfz"
s: "\u00e9\U0001F600é"
s: "\u12"
s: "\q"
s: "\x"
s: "\ud800"
s: "\U00110000"
s: "unclosed
s: 'mixed"
s: a
s: 1
s: ["a", 'b' "c"]
s: "a # no comment"
s: "a\
m { i: 1 } m: { i: 2 } m < i: 3 > m: < i: 4 > m {} m: <>
m { m { m { i: 7 } i: 6 } i: 5 }
m: [{ i: 1 }, < i: 2 >, {}] m [{ i: 3 }]
m { i: 1
m { i: 1 >
m < i: 1 }
m { i: 1 }}
m: 1
m { i: 1 }, m { i: 2 };
m
}
[t.ext]: 5 i: 1 [t.ext]: [6, 7] [ t . ext ]: 8
[t.ext: 5
[]: 5
i: 1 # comment { "
# only a comment
i:#c
"i": 1
1: 2
é: 1
i: 1 é
s: "é"
'''


def syntax():
    T, out = schema(), []
    lines = [l for l in SYNTAX.split("\n") if l]
    lines += ["", " \t\r\n", "i: 1\r\ni: 2\r\n", "i:\n\n 1", "i\n:\n-\n1", "s: 'a'\n\n'b' # c\n \"c\"", "m\n{\ni:1\n}\n", "i: 1 # c\ni: 2", "i: [\n1,\n#x\n2\n]", "s: \"a\nb\"",
              "m {" * 99 + "}" * 99, "i:1\v\fi:2"]
    for text in lines:
        try:
            out.append({"text": text, "tree": tree(text_format.Parse(text, T()))})
        except (text_format.ParseError, UnicodeError) as e:
            out.append({"text": text, "error": str(e)})
    (here / "syntax.json").write_text(json.dumps(out, indent=0, ensure_ascii=True) + "\n")


def pb2(proto):
    with tempfile.TemporaryDirectory() as d:
        (pathlib.Path(d) / "caffe.proto").write_bytes(pathlib.Path(proto).read_bytes())
        subprocess.check_call([sys.executable, "-m", "grpc_tools.protoc", "-I" + d, "--python_out=" + d, "caffe.proto"])
        sys.path.insert(0, d)
        return importlib.import_module("caffe_pb2")


def pair(p, base, name, default):
    v = list(getattr(p, name)) if not isinstance(getattr(p, name), int) else ([getattr(p, name)] if p.HasField(name) else [])
    v = (v * 2)[:2] if v else [default, default]
    for i, end in enumerate("hw"):
        if base and p.HasField(base + "_" + end):
            v[i] = getattr(p, base + "_" + end)
    return v


def enum(m, field):
    return m.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number[getattr(m, field)].name


# Types of the older generation whose newer word is not the same letters: UpgradeV1LayerType in upgrade_proto.cpp.
CAMEL = {"LRN": "LRN", "RELU": "ReLU", "SOFTMAX_LOSS": "SoftmaxWithLoss", "HDF5_DATA": "HDF5Data", "HDF5_OUTPUT": "HDF5Output", "BNLL": "BNLL",
         "MVN": "MVN", "TANH": "TanH", "ABSVAL": "AbsVal", "ARGMAX": "ArgMax"}


def camel(word):
    return CAMEL.get(word, "".join(w.capitalize() for w in word.split("_")))


def params(l, kind):
    if kind in ("Convolution", "Deconvolution"):
        p = l.convolution_param
        return {"Outputs": p.num_output, "Bias": p.bias_term, "Group": p.group, "Kernel": pair(p, "kernel", "kernel_size", 0), "Stride": pair(p, "stride", "stride", 1),
                "Pad": pair(p, "pad", "pad", 0), "Dilation": pair(p, "", "dilation", 1)}
    if kind == "Pooling":
        p = l.pooling_param
        return {"Method": enum(p, "pool"), "Kernel": pair(p, "kernel", "kernel_size", 0), "Stride": pair(p, "stride", "stride", 1), "Pad": pair(p, "pad", "pad", 0),
                "Global": p.global_pooling, "Floor": enum(p, "round_mode") == "FLOOR"}
    if kind == "ReLU":
        return {"NegativeSlope": float(repr_float(l.relu_param.negative_slope))}
    if kind == "InnerProduct":
        p = l.inner_product_param
        return {"Outputs": p.num_output, "Bias": p.bias_term, "Axis": p.axis, "Transpose": p.transpose}
    if kind == "Reshape":
        p = l.reshape_param
        return {"Shape": list(p.shape.dim), "Axis": p.axis, "NumAxes": p.num_axes}
    if kind == "Dropout":
        return {"Ratio": float(repr_float(l.dropout_param.dropout_ratio))}
    if kind == "LRN":
        p = l.lrn_param
        return {"Size": p.local_size, "Alpha": float(repr_float(p.alpha)), "Beta": float(repr_float(p.beta)), "K": float(repr_float(p.k)),
                "WithinChannel": enum(p, "norm_region") == "WITHIN_CHANNEL"}
    if kind == "Crop":
        return {"Axis": l.crop_param.axis, "Offset": list(l.crop_param.offset) or None}
    return None


def repr_float(v):
    """The shortest decimal of a float32."""
    import numpy as np
    return str(np.float32(v))


def run(l, kind, p, xs):
    """The shape of the output by torch."""
    import torch
    x = xs[0]
    if kind in ("Convolution", "Deconvolution"):
        K = torch.nn.Conv2d if kind == "Convolution" else torch.nn.ConvTranspose2d
        return K(x.shape[1], p["Outputs"], p["Kernel"], p["Stride"], p["Pad"], dilation=p["Dilation"], groups=p["Group"], device="meta")(x)
    if kind == "Pooling":
        if p["Global"]:
            return torch.nn.functional.adaptive_avg_pool2d(x, 1)
        return torch.nn.functional.max_pool2d(x, p["Kernel"], p["Stride"], p["Pad"], ceil_mode=not p["Floor"])
    if kind == "InnerProduct":
        y = x.flatten(p["Axis"])
        return torch.nn.functional.linear(y, torch.empty(p["Outputs"], y.shape[-1], device="meta"))
    if kind == "Reshape":
        a, n = p["Axis"], len(x.shape) if p["NumAxes"] < 0 else p["NumAxes"]
        return x.reshape(*x.shape[:a], *[x.shape[a + i] if d == 0 else d for i, d in enumerate(p["Shape"])], *x.shape[a + n:])
    if kind == "Crop":
        o = p["Offset"] or [0]
        o = o * (len(x.shape) - p["Axis"]) if len(o) == 1 else o
        for i, k in enumerate(o):
            x = x.narrow(p["Axis"] + i, k, xs[1].shape[p["Axis"] + i])
        return x
    if kind == "Flatten":
        return x.flatten(1)
    if kind in ("ReLU", "PReLU", "Dropout", "LRN", "Softmax", "Sigmoid", "TanH", "Eltwise"):
        return x
    return None


def net(pb, path):
    import torch
    n = text_format.Parse(path.read_text("utf-8"), pb.NetParameter())
    v1 = len(n.layers) > 0
    inputs, k = [], list(n.input_dim)
    for i, name in enumerate(n.input):
        inputs.append([name, k[4 * i:4 * i + 4] if k else list(n.input_shape[i].dim)])
    blobs, layers = {}, []
    for l in list(n.layers) if v1 else list(n.layer):
        kind = camel(enum(l, "type")) if v1 else l.type
        if kind == "Input":
            s = [list(s.dim) for s in l.input_param.shape]
            inputs += [[t, s[i] if len(s) > 1 else s[0]] for i, t in enumerate(l.top)]
        phase = [enum(r, "phase") for r in l.include if r.HasField("phase")]
        layers.append({"name": l.name, "type": kind, "bottom": list(l.bottom), "top": list(l.top), "phase": phase[-1] if phase else "", "params": params(l, kind)})
    for name, s in inputs:
        blobs[name] = torch.empty(s, device="meta")
    for l, raw in zip(layers, list(n.layers) if v1 else list(n.layer)):
        if l["bottom"] and all(b in blobs for b in l["bottom"]):
            y = run(raw, l["type"], l["params"], [blobs[b] for b in l["bottom"]])
            for t in l["top"] if y is not None else []:
                blobs[t] = y
    return {"name": n.name, "v1": v1, "inputs": inputs, "layers": layers, "shapes": {k: list(v.shape) for k, v in blobs.items()}}


def main():
    syntax()
    if len(sys.argv) > 1:
        pb = pb2(sys.argv[1])
        out = {p.name: net(pb, p) for p in sorted(here.glob("*.prototxt"))}
        if len(sys.argv) > 2:
            data = pathlib.Path(sys.argv[2])
            out |= {"data/" + str(p.relative_to(data)): net(pb, p) for p in sorted(data.rglob("*.prototxt"))}
        (here / "nets.json").write_text(json.dumps(out, separators=(",", ":")).replace('},{"name"', '},\n{"name"') + "\n")


main()
