"""Writes layouts/: the layouts that HDF5 files come in, by h5py itself, with values that a formula gives.

usage: python layouts.py            (h5py 3.16.0, HDF5 2.0.0)

Array i of `arrays/` holds (k * 7 + i) % 101 - 50 at place k.
"""
import os

import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
out = os.path.join(here, "layouts")

SHAPE = (7, 5, 3)
KINDS = {
    "contiguous": {},
    "big_endian": {"dtype": ">f4"},
    "double": {"dtype": "<f8"},
    "half": {"dtype": "<f2"},
    "int8": {"dtype": "<i1"},
    "int16": {"dtype": "<i2"},
    "int64": {"dtype": "<i8"},
    "chunked": {"chunks": (4, 5, 2)},
    "gzip": {"chunks": (4, 4, 2), "compression": "gzip"},
    "shuffled": {"chunks": (5, 3, 3), "compression": "gzip", "shuffle": True},
    "checked": {"chunks": (5, 3, 3), "compression": "gzip", "shuffle": True, "fletcher32": True},
    "one_chunk": {"chunks": SHAPE, "compression": "gzip"},
    "single_elements": {"chunks": (1, 1, 1)},
}


def write(name, libver):
    with h5py.File(os.path.join(out, name), "w", libver=libver) as f:
        arrays = f.create_group("arrays")
        for i, (kind, options) in enumerate(KINDS.items()):
            options = dict(options)
            values = ((np.arange(np.prod(SHAPE)) * 7 + i) % 101 - 50).reshape(SHAPE)
            dtype = options.pop("dtype", "<f4")
            arrays.create_dataset(kind, data=values.astype(dtype), **options)
        f.create_dataset("single", data=np.float32(2.5))
        f.create_dataset("empty", data=np.zeros((0, 3), "float32"))
        f.create_dataset("switch", data=np.array([True, False, True]))
        f.create_dataset("growing", data=np.arange(6, dtype="float32"), maxshape=(None,))
        f.create_dataset("packed", data=np.zeros(64, "float32"), chunks=(64,), compression="lzf")
        f.create_dataset("complex", data=np.zeros(2, "complex64"))
        many = f.create_group("many")
        for i in range(100):
            many.create_group(f"layer_{i:03d}")
        f["soft"] = h5py.SoftLink("/arrays")
        about = f.create_group("about")
        about.attrs["text"] = "ein Satz für alle"
        about.attrs["fixed"] = np.bytes_("short")
        about.attrs["texts"] = ["a/kernel:0", "", "b/bias:0"]
        about.attrs["names"] = np.array([b"kernel", b"bias"])
        about.attrs["long"] = "word " * 3000
        about.attrs["number"] = 3
        about.attrs["none"] = h5py.Empty("S1")
        for i in range(40):
            about.attrs[f"more_{i}"] = np.bytes_("x" * i) if i > 0 else np.bytes_("first")
        if libver == "latest":
            about.attrs["large"] = np.bytes_("y" * 5000)
            # More chunks than a page of their index holds.
            f.create_dataset("pages", data=np.arange(1100, dtype="int8"), chunks=(1,))


def copy_latest(source, target):
    """The same network in the newer layout, its weights in packed chunks."""

    def into(group, copied):
        for key, value in group.attrs.items():
            copied.attrs[key] = value
        for key, item in group.items():
            if isinstance(item, h5py.Group):
                into(item, copied.create_group(key))
            elif item.size > 1:
                copied.create_dataset(key, data=item[()], compression="gzip", shuffle=True, chunks=True)
            else:
                copied.create_dataset(key, data=item[()])

    with h5py.File(source) as f, h5py.File(target, "w", libver="latest") as g:
        into(f, g)


os.makedirs(out, exist_ok=True)
write("earliest.h5", "earliest")
write("latest.h5", "latest")
for network in ("cnn.v3", "recurrent.v2"):
    copy_latest(os.path.join(here, f"{network}.h5"), os.path.join(out, f"{network}.latest.h5"))
