"""Writes cases.json.gz: pickles of every protocol and what Python's own unpickler makes of them, names and
calls kept as descriptions. Python 3.11, standard library only. Run: python3 make.py [FOLDER OF REAL FILES]"""
import collections, glob, gzip, hashlib, io, json, pickle, pickletools, struct, sys


class Name(type):
    pass


def make_name(module, name):
    """A class that records calls, to be returned by find_class."""
    class R(metaclass=Name):
        pass

    def new(cls, *a, **k):
        o = object.__new__(cls)
        o.args, o.kw, o.items, o.pairs, o.state, o.new = list(a), k, [], {}, None, True
        return o
    R.__new__ = staticmethod(new)
    R.__init__ = lambda self, *a, **k: setattr(self, "new", False)
    R.append = lambda self, v: self.items.append(v)
    R.extend = lambda self, v: self.items.extend(v)
    R.add = lambda self, v: self.items.append(v)
    R.__setitem__ = lambda self, k, v: self.pairs.__setitem__(k, v)
    R.__setstate__ = lambda self, s: setattr(self, "state", (s,))
    R.__call__ = lambda self, *a, **k: make_name("", "(" + dump(self) + ")")(*a, **k)
    R.label = module + "." + name if module else name
    return R


class U(pickle._Unpickler):  # the Python one: it keeps to the letter of the format
    def find_class(self, module, name): return make_name(module, name)
    def persistent_load(self, pid): return ("PID", pid)


def dump(v, path=()):
    if id(v) in path and isinstance(v, (list, dict, set)) or id(v) in path and isinstance(type(v), Name):
        return "<loop>"
    path = path + (id(v),)
    d = lambda x: dump(x, path)
    if v is None: return "None"
    if isinstance(v, Name): return "global(%s)" % v.label
    if isinstance(v, bool): return str(v)
    if isinstance(v, int): return str(v)
    if isinstance(v, float): return "f" + struct.pack(">d", v).hex()
    if isinstance(v, str): return "u" + v.encode("utf-8", "surrogatepass").hex()
    if isinstance(v, (bytes, bytearray)): return "b" + bytes(v).hex()
    if isinstance(v, tuple) and len(v) == 2 and v[0] == "PID": return "pid(%s)" % d(v[1])
    if isinstance(v, tuple): return "(" + ",".join(map(d, v)) + ")"
    if isinstance(v, list): return "[" + ",".join(map(d, v)) + "]"
    if isinstance(v, (set, frozenset)): return "set" + str(len(v)) + "(" + ",".join(sorted(map(d, v))) + ")"
    if isinstance(v, dict): return "{" + ",".join(d(k) + ":" + d(x) for k, x in v.items()) + "}"
    if isinstance(type(v), Name):
        s = ("new " if v.new else "call ") + type(v).label + "(" + ",".join(map(d, v.args)) + ")"
        if v.kw: s += "kw" + d(v.kw)
        if v.items: s += "[" + ",".join(map(d, v.items)) + "]"
        if v.pairs: s += d(v.pairs)
        if v.state is not None: s += "state " + d(v.state[0])
        return s
    raise TypeError(type(v))


class Point:
    def __init__(self): self.x, self.y = 1, "two"


class Ex:
    def __getnewargs_ex__(self): return ((1, 2), {"k": 3})


class L(list):
    pass


def real(folder):
    """Digests of the trees of the real pickles under a folder."""
    out = {}
    for p in sorted(glob.glob(folder + "/**/*.pkl*", recursive=True)):
        b = open(p, "rb").read()
        if b[:2] == b"\x1f\x8b": b = gzip.decompress(b)
        text = dump(U(io.BytesIO(b), encoding="bytes").load())
        out[p[len(folder) + 1:]] = hashlib.sha256(text.encode()).hexdigest()
    json.dump(out, open("real.json", "w"), indent=1)
    print(len(out), "real files")


def main():
    loop = [1]; loop.append(loop)
    d = {"self": None}; d["self"] = d
    big = list(range(1000))
    objs = {
        "scalars": [None, True, False, 0, -1, 255, 256, 65535, 65536, -2**31, 2**31, 2**63 - 1, -2**63, 2**63, -2**63 - 1,
                    2**2040 + 7, -(2**2050), 1.5, -0.0, float("inf"), float("nan"), 1e-320],
        "text": ["", "a", "é\u20ac\U0001f600", "line\nfeed\\u0041 \\", "\ud800", "x" * 300, "y" * 70000],
        "bytes": [b"", b"abc", bytes(range(256)), b"z" * 70000],
        "containers": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [[]], {}, {"a": 1, (1, 2): 3, 4: 5.5}, {1, 2, 3}, frozenset("ab")],
        "manykeys": {i if i % 2 else "k%d" % i: i for i in range(100)},
        "list1000": big,
        "loop": loop,
        "dictloop": d,
        "ordered": collections.OrderedDict([("a", 1), ("b", 2)]),
        "point": Point(), "newobj_ex": Ex(), "sublist": L([1, 2]),
        "bytearray": bytearray(b"abc" * 10),
        "function": [len, collections.OrderedDict],
        "shared": (lambda t: [t, t, (t, t)])((1, 2)),
    }
    cases = []
    used = set()

    def case(name, raw):
        want = dump(U(io.BytesIO(raw), encoding="bytes").load())
        used.update(op.name for op, _, _ in pickletools.genops(raw))
        cases.append({"name": name, "hex": raw.hex(), "want": want})

    for n, o in objs.items():
        for p in range(6):
            case("%s/%d" % (n, p), pickle.dumps(o, p))
    # Python 2 and rare opcodes, by hand
    hand = {
        "py2str": b"S'a\\x00\\'\\n\\\\ \\101\\q'\np0\n.", "py2double": b'S"it\'s"\n.', "binstring": b"T\x03\0\0\0a\xff\n.", "short": b"U\x02\xe9a.",
        "int bools": b"(I00\nI01\nI-7\nI99999999999999999999\nL5L\nl.", "pop": b"K\x01K\x020.", "popmark": b"K\x01(K\x02K\x031.",
        "popmark0": b"K\x01(0.", "dup": b"K\x012\x86.", "inst": b"(K\x01imod\nCls\n.", "obj": b"(cmod\nCls\nK\x01o.",
        "persid": b"Pabc\n.", "binpersid": b"U\x01xQ.", "put far": b"]p4000000000\n0g4000000000\n.", "longput": b"]r\0\0\1\0j\0\0\1\0\x86.",
        "raw unicode": b"Va\\u20ac\\\\u0041\\U0001f600\xe9\n.", "dict proto0": b"(S'a'\nI1\nS'b'\nI2\nS'a'\nI3\nd.",
        "equal keys": b"}(K\x01U\x01a\x88U\x01bG\x3f\xf0\0\0\0\0\0\0U\x01cu.", "appends": b"](K\x01K\x02e.",
        "ordered py2": b"ccollections\nOrderedDict\n](](U\x01aK\x01ee\x85R.", "build": b"cm\nC\n)\x81}U\x01aK\x01sb.",
        "system": b"cos\nsystem\n(S'echo never'\ntR.", "long1 empty": b"\x8a\0.", "long4": b"\x8b\x09\0\0\0\0\0\0\0\0\0\0\0\x80.",
        "empty mark": b"(t.",
        "binbytes8": b"\x8e\x03\0\0\0\0\0\0\0abc.", "binunicode8": b"\x8d\x02\0\0\0\0\0\0\0\xc3\xa9.", "kwargs": b"cm\nC\n)}X\x01\0\0\0aK\x01s\x92." ,
        "selfref object": b"cm\nC\n)\x81q\0h\0b.",
    }
    for n, raw in hand.items():
        case("hand/" + n, raw)
    every = {op.name for op in pickletools.opcodes}
    print("opcodes without a case:", sorted(every - used))
    with open("cases.json.gz", "wb") as f:
        f.write(gzip.compress(json.dumps(cases, indent=0).encode(), mtime=0))
    print(len(cases), "cases")


main()
if len(sys.argv) > 1:
    real(sys.argv[1])
