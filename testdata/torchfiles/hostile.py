"""Writes hostile.json: damaged and malicious PyTorch files, as hex, and in what way each is. Standard library
only; nothing here is ever loaded by torch. Python 3.11. Run: python3 hostile.py"""
import io, json, pickle, struct, zipfile

MAGIC = 0x1950a86a20f9469cfc6c


class G:
    """A name; a call when given arguments."""
    def __init__(self, module, name, *args): self.module, self.name, self.args = module, name, args


def enc(v):
    """A small pickler that writes names and calls of things that do not exist here."""
    if isinstance(v, G):
        g = b"c" + v.module.encode() + b"\n" + v.name.encode() + b"\n"
        return g + b"(" + b"".join(map(enc, v.args)) + b"tR" if v.args else g
    if isinstance(v, Name): return b"c" + v.module.encode() + b"\n" + v.name.encode() + b"\n"
    if isinstance(v, Pid): return enc(v.id) + b"Q"
    if isinstance(v, Raw): return v.b
    if isinstance(v, tuple): return b"(" + b"".join(map(enc, v)) + b"t"
    if isinstance(v, list): return b"](" + b"".join(map(enc, v)) + b"e"
    if isinstance(v, dict): return b"}(" + b"".join(enc(k) + enc(x) for k, x in v.items()) + b"u"
    return pickle.dumps(v, 2)[2:-1]


class Name:
    def __init__(self, module, name): self.module, self.name = module, name


class Pid:
    def __init__(self, id): self.id = id


class Raw:
    def __init__(self, b): self.b = b


def dumps(v): return b"\x80\x02" + enc(v) + b"."


def storage(key="0", n=4, cls="FloatStorage", module="torch", **k): return Pid(("storage", Name(module, cls), key, "cpu", n))


def tensor(st=None, off=0, size=(4,), stride=(1,), name="_rebuild_tensor_v2"):
    return G("torch._utils", name, st or storage(), off, size, stride, False, None)


DATA = struct.pack("<4f", 1, 2, 3, 4)


def zipped(tree, data=None, method=zipfile.ZIP_STORED, extra=(), raw=None):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", method) as z:
        z.writestr(zipfile.ZipInfo("a/data.pkl"), dumps(tree) if raw is None else raw, compress_type=method)
        for k, d in (data if data is not None else {"0": DATA}).items():
            z.writestr(zipfile.ZipInfo("a/data/" + k), d, compress_type=method)
        for k, d in extra: z.writestr(zipfile.ZipInfo("a/" + k), d)
    return b.getvalue()


def legacy(tree, keys=None, data=None, proto=1001, magic=MAGIC, raw=None):
    if keys is None:
        keys = ("0",) if b"storage" in (raw or dumps(tree)) else ()
    data = (struct.pack("<q", 4) + DATA) * len(keys) if data is None else data
    return b"".join([dumps(magic), dumps(proto), dumps({"little_endian": True}), dumps(tree) if raw is None else raw, dumps(list(keys)), data])


def patch(b, old, new):
    assert b.count(old) >= 1 and len(old) == len(new)
    return b.replace(old, new)


def main():
    ok = {"w": tensor()}
    z = zipped(ok)
    system = G("os", "system", "touch HOSTILE_RAN")
    out = {}
    for c, f in (("zip", zipped), ("legacy", legacy)):
        out.update({
            c + ": os.system": (f(system), "os.system"),
            c + ": posix.system in a list": (f({"w": tensor(), "x": [system, G("posix", "system", "touch HOSTILE_RAN")]}), "os.system"),
            c + ": eval by STACK_GLOBAL": (f(None, raw=b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R."), "builtins.eval"),
            c + ": subprocess by INST": (f(None, raw=b"(S'touch HOSTILE_RAN'\nisubprocess\nPopen\n."), "subprocess.Popen"),
            c + ": unknown calls only": (f(G("some.package", "Trainer", 1)), "no tensors but objects of some.package.Trainer"),
            c + ": no tensors": (f({"a": 1}), "no tensors"),
            c + ": unknown opcode": (f(None, raw=b"\x80\x02\xfe."), "unknown opcode 0xfe"),
            c + ": pickle cut off": (f(None, raw=b"\x80\x02}X\x05"), "wanted|unknown opcode|stack|cut off"),
            c + ": string of 2^63": (f(None, raw=b"\x80\x04\x8d" + struct.pack("<Q", 2**63) + b"."), "9223372036854775808 bytes are wanted"),
            c + ": self reference": (f(None, raw=b"\x80\x02}q\0X\x01\0\0\0ah\0s."), "no tensors"),
            c + ": list in itself": (f(None, raw=b"\x80\x02]q\0h\0a."), "no tensors"),
            c + ": parameter of itself": (f(None, raw=b"\x80\x02ctorch._utils\n_rebuild_parameter\n]q\0K\0\x86Rq\1h\0h\1a."), "no tensor"),
            c + ": deep": (f(None, raw=b"\x80\x02" + b"]" * 3000 + b"a" * 2999 + b"."), "deep in each other"),
            c + ": sharing bomb": (f(None, raw=b"\x80\x02]q\0" + b"".join(b"]q" + bytes([i]) + b"(h" + bytes([i - 1]) * 1 + b"h" + bytes([i - 1]) + b"e" for i in range(1, 60)) + b"."), "look through"),
            c + ": storage index out of range": (f({"w": tensor(storage("7"))}), "\"7\" is missing|\"0\" at offset 181 belongs to no tensor"),
            c + ": storage shorter than claimed": (f({"w": tensor(storage(n=5))}), "5"),
            c + ": storage of 2^62": (f({"w": tensor(storage(n=2**62))}), "more than the file's"),
            c + ": storage of 2^64": (f({"w": tensor(storage(n=2**64))}), "elements is 18446744073709551616"),
            c + ": negative storage": (f({"w": tensor(storage(n=-1))}), "elements is -1"),
            c + ": storage class unknown": (f({"w": tensor(storage(cls="EvilStorage"))}), "EvilStorage"),
            c + ": storage class of a foreign module": (f({"w": tensor(storage(module="evil"))}), "evil.FloatStorage"),
            c + ": storage in two sizes": (f({"w": tensor(), "v": tensor(storage(n=3), size=(3,))}), "in another"),
            c + ": key with a slash": (f({"w": tensor(storage("../0"))}), "no plain text"),
            c + ": strides beyond the storage": (f({"w": tensor(size=(2, 2), stride=(2, 2))}), "beyond the storage's 4"),
            c + ": offset beyond the storage": (f({"w": tensor(off=1)}), "beyond the storage's 4"),
            c + ": negative offset": (f({"w": tensor(off=-1)}), "offset -1"),
            c + ": negative stride": (f({"w": tensor(stride=(-1,))}), "stride -1"),
            c + ": negative size": (f({"w": tensor(size=(-4,))}), "dimension -4"),
            c + ": stride of 2^62": (f({"w": tensor(size=(5, 2), stride=(2**62, 1))}), "beyond"),
            c + ": size product overflow": (f({"w": tensor(size=(2**36,) * 4, stride=(0,) * 4)}), "beyond any memory"),
            c + ": expansion bomb": (f({"w": tensor(size=(2**36,), stride=(0,))}), "in a file of"),
            c + ": 65 dimensions": (f({"w": tensor(size=(1,) * 65, stride=(1,) * 65)}), "no lists of one length"),
            c + ": sizes without strides": (f({"w": tensor(stride=())}), "no lists of one length"),
            c + ": sizes are texts": (f({"w": tensor(size=("a",))}), "no lists of one length"),
            c + ": tensor without storage": (f({"w": G("torch._utils", "_rebuild_tensor", 1, 0, (1,), (1,))}), "without a storage"),
            c + ": tensor of one argument": (f({"w": G("torch._utils", "_rebuild_tensor", 1)}), "fewer than four"),
            c + ": persistent id of text": (f(None, raw=b"\x80\x02X\x01\0\0\0aQ."), "persistent id"),
            c + ": persistent id unknown": (f({"w": Pid(("socket", 1))}), "persistent id"),
            c + ": long name": (f({"a" * 1100: {"w": tensor()}}), "more than 1024 bytes"),
            c + ": parameter in parameters": (f({"w": (lambda t: [t := G("torch._utils", "_rebuild_parameter", t, False, None) for _ in range(12)][-1])(tensor())}), "wrapped in itself|no tensor"),
        })
    bomb = zipped(ok, {"0": bytes(1 << 20)}, zipfile.ZIP_DEFLATED)
    out.update({
        "zip: compressed": (zipped(ok, method=zipfile.ZIP_DEFLATED), "is compressed"),
        "zip: deflate bomb": (bomb, "is compressed"),
        "zip: directory cut off": (z[:-30], "zip directory"),
        "zip: no data.pkl": (patch(z, b"data.pkl", b"data.abc"), "without data.pkl"),
        "zip: member twice": (patch(zipped(ok, {"0": DATA, "1": DATA}), b"a/data/1", b"a/data/0"), "comes twice"),
        "zip: byteorder middle": (zipped(ok, extra=[("byteorder", b"middle")]), "neither little nor big"),
        "zip: members share bytes": (None, "members claim more"),
        "zip: member beyond the file": (None, "claim more|beyond the file"),
        "legacy: tar": (bytes(257) + b"ustar" + bytes(300), "tar container"),
        "legacy: no magic number": (legacy(ok, magic=5), "magic number"),
        "legacy: protocol 1002": (legacy(ok, proto=1002), "protocol 1002"),
        "legacy: count differs": (legacy(ok, data=struct.pack("<q", 5) + DATA), "claims 5 elements"),
        "legacy: count of 2^63": (legacy(ok, data=struct.pack("<Q", 2**63) + DATA), "claims 9223372036854775808"),
        "legacy: data cut off": (legacy(ok)[:-1], "15 are left"),
        "legacy: count cut off": (legacy(ok)[:-20], "cut off"),
        "legacy: keys no list": (legacy(ok)[:-24 - len(dumps(["0"]))] + dumps(5), "no list"),
        "legacy: key twice": (legacy(ok, keys=("0", "0")), "comes twice"),
        "legacy: key unknown": (legacy(ok, keys=("9",), data=b""), "belongs to no tensor"),
        "legacy: storage not listed": (legacy(ok, keys=(), data=b""), "not in the file"),
        "legacy: view outside": (legacy({"w": tensor(Pid(("storage", Name("torch", "FloatStorage"), "0", "cpu", 4, ("v", 3, 2))))}), "outside its 4"),
        "empty": (b"", "is empty"),
        "text": (b"hello, this is no model at all", "no PyTorch file"),
        "html": (b"<!DOCTYPE html><html>404</html>", "no PyTorch file"),
        "plain pickle": (pickle.dumps({"a": 1}, 4), "magic number"),
    })
    # the directory of a zip file, rewritten
    eocd = z.rfind(b"PK\5\6"); n, size, at = struct.unpack("<HII", z[eocd + 10:eocd + 20])
    entries, p = [], at
    while p < eocd:
        a, b, c = struct.unpack("<HHH", z[p + 28:p + 34]); entries.append(z[p:p + 46 + a + b + c]); p += 46 + a + b + c


    def directory(entries): return z[:at] + b"".join(entries) + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), sum(map(len, entries)), at, 0)


    last = entries[-1]
    many = [last[:46] + b"a/data/" + struct.pack("B", 65 + i) + last[54:] for i in range(26)]
    many = [m[:20] + struct.pack("<II", 200, 200) + m[28:] for m in many]
    out["zip: members share bytes"] = (directory([entries[0]] + many), out["zip: members share bytes"][1])
    far = last[:20] + struct.pack("<II", 2**31, 2**31) + last[28:]
    out["zip: member beyond the file"] = (directory([entries[0], far]), out["zip: member beyond the file"][1])
    shifted = last[:20] + struct.pack("<II", 300, 300) + last[28:]
    out["zip: member runs past the end"] = (directory([entries[0], shifted]), "beyond the file|claim more")
    json.dump([{"name": k, "hex": b.hex(), "want": w} for k, (b, w) in out.items()], open("hostile.json", "w"), indent=0)
    print(len(out), "files")


if __name__ == "__main__":
    main()
