"""Writes small PyTorch files in both containers and, in a .json beside each, what torch.load gives for them:
names, types, shapes and the SHA-256 of the values as little-endian float32 in C order.

Made with torch 1.13 (files t1_*) and torch 2.15 (files t2_*): run it with both. With a folder as argument it also
writes real.json: the same for the real files of other people under that folder.

    python3 make.py t1|t2 [FOLDER]
"""
import collections, hashlib, io, json, os, pickle, struct, sys, zipfile
import numpy as np
import torch

TAG = sys.argv[1]
assert torch.__version__.startswith({"t1": "1.13", "t2": "2."}[TAG])
# The legacy container keeps the source text of a model's classes and where it lay; no machine's paths here.
torch.serialization.get_source_lines_and_file = lambda obj, *a: (["source text\n"], 1, "make.py")
LOAD = dict(map_location="cpu") if TAG == "t1" else dict(map_location="cpu", weights_only=False)


def describe(tensors):
    out = []
    for name, t in tensors:
        f = t.detach().to(torch.float32).contiguous()
        out.append({"name": name, "dtype": str(t.dtype)[6:], "shape": list(t.shape), "sha256": hashlib.sha256(f.numpy().astype("<f4").tobytes()).hexdigest()})
    return out


def seeded(zipped):
    torch.manual_seed(3)
    b = torch.randn(6, 10, 4)
    big = torch.randn(40, 50)
    s = collections.OrderedDict()
    s["plain"] = torch.randn(5, 3)
    s["transposed"] = torch.randn(7, 4).t()
    s["big transposed"] = big.t()
    s["permuted"] = b.permute(2, 0, 1)
    s["slice"] = b[1:4, ::3, 1]
    s["offset"] = b[5]
    s["expanded"] = torch.randn(3, 1).expand(3, 8)
    s["overlapping"] = torch.arange(40.0).as_strided((6, 5), (2, 3))
    s["diagonal"] = big.diagonal()
    s["shared a"], s["shared b"] = b, b
    s["view of shared"] = b.view(60, 4)
    s["half"] = torch.randn(9, 3).half()
    s["half strided"] = torch.randn(30, 90).half().t()[::7]
    s["bfloat16"] = torch.randn(9, 3).bfloat16()
    s["double"] = torch.randn(4).double()
    for d in (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.bool):
        s[str(d)] = torch.randint(0, 2, (3, 3)).to(d)
    if TAG == "t2" and zipped:  # torch itself cannot read these back from the legacy container
        for d in (torch.uint16, torch.uint32, torch.uint64):
            s[str(d)] = torch.randint(0, 200, (3, 3)).to(d)
    s["scalar"] = torch.tensor(7.5)
    s["empty"] = torch.zeros(0, 4)
    s["parameter"] = torch.nn.Parameter(torch.randn(2, 2))
    return s


class Net(torch.nn.Module):
    """Layers under two names, as the generators of bdpy have them."""
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = torch.nn.Linear(4, 3), torch.nn.Linear(3, 2)
        self.fc = torch.nn.Sequential(self.fc1, torch.nn.ReLU(), self.fc2)
        self.net = torch.nn.Linear(2, 2)  # a name that programs also wrap weights in
        self.register_buffer("mean", torch.tensor([1.0, 2.0]))


class Sub(torch.Tensor):
    pass


def write(name, obj, tensors, zipped, **more):
    path = TAG + "_" + name + ".pt"
    torch.save(obj, path, _use_new_zipfile_serialization=zipped)
    back = torch.load(path, **LOAD)
    assert type(back) is type(obj)
    json.dump({"torch": torch.__version__, "container": "zip" if zipped else "legacy", "tensors": describe(tensors), **more}, open(path + ".json", "w"), indent=0)
    return path


for zipped in (True, False):
    c = "zip" if zipped else "legacy"
    s = seeded(zipped)
    path = write(c, s, s.items(), zipped, same={"shared b": "shared a"})
    back = torch.load(path, **LOAD)
    for k in s: assert torch.equal(back[k].float(), s[k].float()), k
    torch.manual_seed(4)
    net = Net()
    sd = net.state_dict()
    same = {"fc.0.weight": "fc1.weight", "fc.0.bias": "fc1.bias", "fc.2.weight": "fc2.weight", "fc.2.bias": "fc2.bias"}
    write(c + "_generator", sd, sd.items(), zipped, same=same)
    opt = torch.optim.Adam(net.parameters())
    net.fc(torch.ones(1, 4)).sum().backward()
    opt.step()
    state = opt.state_dict()["state"]
    tensors = list(sd.items())
    extra = [("optimizer.state.%d.%s" % (i, k), v) for i, d in state.items() for k, v in d.items() if torch.is_tensor(v)]
    write(c + "_checkpoint", {"epoch": 3, "state_dict": collections.OrderedDict(("module." + k, v) for k, v in sd.items())},
          tensors, zipped)
    write(c + "_training", {"epoch": 3, "model": sd, "optimizer": opt.state_dict(), "note": "text"}, tensors + extra, zipped)
    write(c + "_whole", net, [(k, v) for k, v in [(k, sd[k]) for k in sd]], zipped, anyorder=True)
    write(c + "_tensor", torch.arange(6.0).view(2, 3), [("tensor", torch.arange(6.0).view(2, 3))], zipped)
    write(c + "_list", [torch.ones(2), {"a": torch.zeros(3)}], [("0", torch.ones(2)), ("1.a", torch.zeros(3))], zipped)
    sub = torch.arange(4.0).as_subclass(Sub)
    sub.extra = 1
    write(c + "_subclass", {"a": sub}, [("a", torch.arange(4.0))], zipped)

if TAG == "t2":
    # a big-endian archive: torch's own swapped, accepted by torch.load as equal
    src = zipfile.ZipFile("t2_zip.pt")
    s = torch.load("t2_zip.pt", **LOAD)
    keys = {}  # bytes per element of each storage

    class U(pickle.Unpickler):
        def find_class(self, module, name):
            return (lambda *a: None) if "_rebuild" in name else super().find_class(module, name)

        def persistent_load(self, pid):
            keys[pid[2]] = 1 if pid[1] is torch.UntypedStorage else torch._utils._element_size(pid[1].dtype)
    U(io.BytesIO(src.read([n for n in src.namelist() if n.endswith("data.pkl")][0]))).load()
    with zipfile.ZipFile("t2_big.pt", "w") as z:
        for i in src.infolist():
            b = src.read(i)
            if i.filename.endswith("byteorder"): b = b"big"
            k = i.filename.split("/data/")[-1]
            if "/data/" in i.filename and keys.get(k, 1) > 1:
                b = np.frombuffer(b, "u1").reshape(-1, keys[k])[:, ::-1].tobytes()
            z.writestr(zipfile.ZipInfo(i.filename), b)
    back = torch.load("t2_big.pt", **LOAD)
    good = [(k, v) for k, v in back.items() if str(v.dtype)[6:] not in ("uint16", "uint32", "uint64")]
    for k, v in good: assert torch.equal(v.float(), s[k].float()), k
    json.dump({"torch": torch.__version__, "container": "zip", "tensors": describe(good), "skip": ["torch.uint16", "torch.uint32", "torch.uint64"], "same": {"shared b": "shared a"}}, open("t2_big.pt.json", "w"), indent=0)

    # what torch wrote long ago and still reads: storages that are part of another, the first tensor function,
    # storages of torch.cuda, a writer's machine that says it is big-endian (torch swaps when it writes)
    from hostile import DATA, Name, Pid, dumps, MAGIC, tensor, G
    part = Pid(("storage", Name("torch", "FloatStorage"), "0", "cpu", 4, ("v", 1, 2)))
    whole = Pid(("storage", Name("torch", "FloatStorage"), "0", "cpu", 4, None))
    old = {"part": tensor(part, 0, (2,), (1,)), "v1": tensor(whole, 0, (2, 2), (1, 2), "_rebuild_tensor"),
           "parameter": G("torch._utils", "_rebuild_parameter", tensor(whole), True, G("collections", "OrderedDict", []))}
    old["size"] = tensor(whole, 1, G("torch", "Size", (2,)), [1])
    old["v1"].args = old["v1"].args[:4]
    b = b"".join([dumps(MAGIC), dumps(1001), dumps({"little_endian": False, "protocol_version": 1001}), dumps(old), dumps(["0"]), struct.pack("<q", 4), DATA])
    open("t2_old.pt", "wb").write(b)
    back = torch.load("t2_old.pt", **LOAD)
    assert back["part"].tolist() == [2, 3] and back["v1"].tolist() == [[1, 3], [2, 4]]
    json.dump({"torch": torch.__version__, "container": "legacy", "tensors": describe(back.items())}, open("t2_old.pt.json", "w"), indent=0)

    ones, twos = torch.ones(2), torch.full((3,), 2.0)
    write("names", {"model": {"a.b": ones, "a": {"b": twos, 5: ones}}, "params": {"c": twos}, "best": 0.5},
          [("a.b", ones), ("a.b#2", twos), ("a.5", ones), ("params.c", twos)], True, same={"a.5": "a.b", "params.c": "a.b#2"})

    m = torch.jit.script(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 1)))
    m.save("t2_script.pt")
    src = zipfile.ZipFile(io.BytesIO(open("t2_script.pt", "rb").read()))
    with zipfile.ZipFile("t2_script.pt", "w") as z:
        for n in src.namelist():
            if not n.endswith(".debug_pkl"): z.writestr(zipfile.ZipInfo(n), src.read(n))  # they hold paths
    assert torch.equal(torch.jit.load("t2_script.pt").state_dict()["0.weight"], m.state_dict()["0.weight"])
    json.dump({"torch": torch.__version__, "container": "zip", "tensors": describe(m.state_dict().items()), "anyorder": True}, open("t2_script.pt.json", "w"), indent=0)
    torch.save({"a": torch.ones(2).to(torch.float8_e4m3fn), "c": torch.ones(2) * 1j, "n": torch.ones(2)}, "t2_unread.pt")

if len(sys.argv) > 2:
    real = {}
    for d, _, files in sorted(os.walk(sys.argv[2])):
        for n in sorted(files):
            if n.endswith((".pt", ".pth")):
                p = os.path.join(d, n)
                o = torch.load(p, **LOAD)
                real[os.path.relpath(p, sys.argv[2])] = describe(o.items())
    json.dump(real, open("real.json", "w"), indent=1)
    print(sorted(real))
