"""Writes kinds.safetensors (every type) and kinds.json (its values as float32 by torch), and bad.json: damaged
and hostile files with what the library itself says of them. torch 2.15, safetensors 0.8.0. Run: python3 make.py"""
import json, struct
import numpy as np, torch
import safetensors, safetensors.torch as st

g = torch.Generator().manual_seed(5)
base = torch.randn(3, 5, generator=g)
base[0, 0], base[0, 1], base[0, 2], base[0, 3] = float("inf"), -0.0, 6e-8, float("nan")
T = {"f64": base.double(), "f32": base, "f16": base.half(), "bf16": base.bfloat16(), "bool": base > 0, "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 7)}
for n, d in dict(i8=torch.int8, u8=torch.uint8, i16=torch.int16, i32=torch.int32, i64=torch.int64, u16=torch.uint16, u32=torch.uint32, u64=torch.uint64).items():
    x = torch.randint(0, 120, (4, 2, 3), generator=g)
    if n[0] == "i": x = x - 60
    T[n] = x.to(d)
T["f8"] = base[1:].to(torch.float8_e4m3fn)
T["halves"] = torch.arange(65536, dtype=torch.int32).to(torch.int16).view(torch.float16)
st.save_file(T, "kinds.safetensors", metadata={"format": "pt", "é": "ü"})
want = {n: {"shape": list(t.shape), "float32": t.float().numpy().astype("<f4").tobytes().hex()} for n, t in T.items() if n != "halves"}
import hashlib
h = T["halves"].float().numpy(); h[np.isnan(h)] = 0
want["halves"] = {"shape": [65536], "sha256": hashlib.sha256(h.astype("<f4").tobytes()).hexdigest()}
json.dump(want, open("kinds.json", "w"))


def f(header, data=b"", n=None):
    h = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(h) if n is None else n) + h + data


def t(name="a", dtype="F32", shape="[2]", off="[0,8]"): return '"%s":{"dtype":"%s","shape":%s,"data_offsets":%s}' % (name, dtype, shape, off)


bad = {
    "empty": b"", "seven bytes": b"\2\0\0\0\0\0\0", "header 2^63": f("{}", n=2**63), "header 2^64-1": f("{}", n=2**64 - 1),
    "header beyond the file": f("{}", n=3), "no brace": f(" {}"), "not json": f('{"a":'), "not utf8": f(b'{"\xff":1}'), "list": f("[]"),
    "header of 1": f("{"), "rest behind": f("{}x"), "overlap": f("{" + t() + "," + t("b", off="[4,12]") + "}", bytes(12)), "hole": f("{" + t() + "," + t("b", off="[12,20]") + "}", bytes(20)),
    "starts late": f("{" + t(off="[4,12]") + "}", bytes(12)), "rest of data": f("{" + t() + "}", bytes(9)), "data cut": f("{" + t() + "}", bytes(7)),
    "offsets turned": f("{" + t(off="[8,0]") + "}", bytes(8)), "size differs": f("{" + t(shape="[3]") + "}", bytes(8)), "shape overflow": f("{" + t(shape="[4611686018427387904,4611686018427387904]") + "}", bytes(8)),
    "shape 2^64": f("{" + t(shape="[18446744073709551616]") + "}", bytes(8)), "negative shape": f("{" + t(shape="[-2]") + "}", bytes(8)), "fraction": f("{" + t(shape="[2.5]") + "}", bytes(8)),
    "offset 2^63": f("{" + t(off="[0,9223372036854775808]") + "}", bytes(8)), "unknown type": f("{" + t(dtype="F31") + "}", bytes(8)), "no type": f('{"a":{"shape":[2],"data_offsets":[0,8]}}', bytes(8)),
    "three offsets": f("{" + t(off="[0,8,8]") + "}", bytes(8)), "metadata number": f('{"__metadata__":{"a":1}}'),
    "same tensor twice": f("{" + t() + "," + t() + "}", bytes(8)), "same range": f("{" + t() + "," + t("b") + "}", bytes(8)),
    "key in tensor twice": f('{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', bytes(8)),
    "deep": f('{"a":' + "[" * 140 + "}", b""), "deep skipped": f('{"a":{"x":' + "[" * 140 + "}}", b""),
}
out = []
for n, b in bad.items():
    try:
        safetensors.deserialize(b); verdict = ""
    except Exception as e:
        verdict = str(e)[:200] or "error"
    out.append({"name": n, "hex": b.hex() if len(b) < 500 else "", "library": verdict})
    if not verdict: print("the library accepts:", n)
json.dump(out, open("bad.json", "w"), indent=1)
