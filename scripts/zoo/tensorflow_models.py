"""Trains Keras networks as people write them, briefly and on small real data, and saves them in every form that
TensorFlow's world has: .keras and .h5, ONNX by Keras' own export and by tf2onnx, TensorFlow.js where its converter is there.

usage: python tensorflow_models.py OUT_DIR [--keras 3|2] [--only NAME,...] [--forms keras,h5,export,tf2onnx,tfjs]
needs: tensorflow and scikit-learn, tf2onnx for ONNX, tf_keras for --keras 2 (with TF_USE_LEGACY_KERAS=1), tensorflowjs for
tfjs of --keras 2 (empty modules do for jax and tensorflow_decision_forests, which it imports and does not use here); Debian's
dataset-fashion-mnist, and the texts of vaderSentiment's source package (VADER, a folder). Nothing is downloaded.

Beside each network lie its data (NAME.npz, as `espalier --data` reads them) and what Keras answers to the first of its
test samples (NAME.expected.npz).
"""

import argparse
import gzip
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
parser = argparse.ArgumentParser()
parser.add_argument("out", type=pathlib.Path)
parser.add_argument("--keras", default="3")
parser.add_argument("--only", default="")
parser.add_argument("--forms", default="keras,h5,export,tf2onnx,tfjs")
options = parser.parse_args()
older = options.keras == "2"

import numpy as np
import tensorflow as tf

if older:
    import tf_keras as keras
else:
    import keras
import tensorflow_networks as networks

FASHION = pathlib.Path(os.environ.get("FASHION", "/usr/share/datasets/fashion-mnist"))
VADER = pathlib.Path(os.environ.get("VADER", "vader"))


def idx(name, offset):
    return np.frombuffer(gzip.decompress((FASHION / name).read_bytes()), np.uint8, offset=offset)


def split(x, y, train=768, test=256):
    x = x if isinstance(x, dict) else {"": x}
    part = lambda a, b: {key: value[a:b] for key, value in x.items()}
    return part(0, train), y[:train], part(train, train + test), y[train : train + test]


def pictures(size=28, channels=1, unit=True):
    x = idx("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1)[:1024]
    y = idx("train-labels-idx1-ubyte.gz", 8)[:1024].astype("int64")
    x = x.astype("float32") / (255 if unit else 1)
    if size != 28:
        x = tf.image.resize(x, (size, size)).numpy()
    return split(np.repeat(x, channels, -1), y)


def segments():
    """Which pixels are garment, and which of them light."""
    x, _, test, _ = pictures(32)
    kinds = lambda x: np.digitize(x[..., 0], [0.1, 0.6]).astype("int64")
    return x, kinds(x[""]), test, kinds(test[""])


def films():
    """Strips of a garment, from the left to the right."""
    x, y, test, y_test = pictures(28)
    cut = lambda x: np.stack([x[:, :, i : i + 14] for i in (0, 5, 9, 14)], 1)[:, :, ::2]
    return {"": cut(x[""])}, y, {"": cut(test[""])}, y_test


def texts(length=24, words=1500, names=("",)):
    import re

    lines = (VADER / "movieReviewSnippets_GroundTruth.txt").read_text(encoding="utf8", errors="replace").splitlines()
    rows = [line.split("\t") for line in lines]
    order = np.random.default_rng(0).permutation(len(rows))[:3000]
    found = [re.findall(r"[a-z']+", rows[i][2].lower())[:length] for i in order]
    count = {}
    for each in found:
        for word in each:
            count[word] = count.get(word, 0) + 1
    place = {word: i + 2 for i, (word, _) in enumerate(sorted(count.items(), key=lambda e: -e[1])[: words - 2])}
    ids = np.zeros((len(found), length), "int32")
    for row, each in zip(ids, found):
        row[: len(each)] = [place.get(word, 1) for word in each]
    y = np.array([int(float(rows[i][1]) > 0) for i in order], "int64")
    return split({name: ids for name in names}, y, 2400, 600)


def next_words():
    x, _, test, _ = texts(25, 800)
    return {"": x[""][:, :-1]}, x[""][:, 1:].astype("int64"), {"": test[""][:, :-1]}, test[""][:, 1:].astype("int64")


def digits():
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return split((x.reshape(-1, 8, 8) / 16).astype("float32"), y.astype("int64"), 1300, 400)


def unequal_digits():
    """Rows of digits, of which some lack their last ones."""
    x, y, test, y_test = digits()
    for part in (x[""], test[""]):
        for i, row in enumerate(part):
            row[8 - i % 4 :] = 0
    return x, y, test, y_test


def table(name="breast_cancer"):
    import sklearn.datasets

    data = getattr(sklearn.datasets, f"load_{name}")()
    order = np.random.default_rng(0).permutation(len(data.target))
    kind = "float32" if name == "diabetes" else "int64"
    y = data.target[order].astype(kind)
    return split(data.data[order].astype("float32"), y.reshape(-1, 1) if name == "diabetes" else y, len(order) * 3 // 4, len(order) // 4)


def mixed_table():
    """Numbers of breast cancers, and two of their columns as classes."""
    x, y, test, y_test = table()
    kinds = lambda x: {"numbers": x[:, 2:], "first": (x[:, :1] // 4).clip(0, 7).astype("int32"), "second": (x[:, 1:2] // 5).clip(0, 7).astype("int32")}
    return kinds(x[""]), y, kinds(test[""]), y_test


def pairs():
    """Whether two digits are the same."""
    x, y, test, y_test = digits()

    def pair(x, y):
        other = np.random.default_rng(1).permutation(len(y))
        same = [np.flatnonzero(y == each)[i % 50] for i, each in enumerate(y)]
        other[::2] = same[::2]
        return {"left": x, "right": x[other]}, (y == y[other]).astype("int64")

    return *pair(x[""], y), *pair(test[""], y_test)


def series(steps=24):
    """What comes next in the pixels of garments, read as one long series."""
    line = idx("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)[:80, ::4, :].reshape(-1).astype("float32") / 255
    x = np.stack([line[i : i + steps] for i in range(0, 12000, 8)])[..., None]
    y = np.stack([line[i + steps : i + steps + 1] for i in range(0, 12000, 8)])
    return split(x, y, 1000, 400)


def repeated():
    """Digits in, the same digits backwards out: rows one by one."""
    x, _, test, _ = digits()
    kinds = lambda x: (x[:, ::-1] > 0.5).sum(-1).clip(0, 7).astype("int64")
    return {"source": x[""], "target": np.roll(x[""][:, ::-1], 1, 1)}, kinds(x[""]), {"source": test[""], "target": np.roll(test[""][:, ::-1], 1, 1)}, kinds(test[""])


DATA = {each.__name__: each for each in (pictures, segments, films, texts, next_words, digits, unequal_digits, table, mixed_table, pairs, series, repeated)}


def loss_of(y):
    if y.dtype.kind == "f":
        return "mse"
    return "sparse_categorical_crossentropy"


def forms(model, name, inputs):
    out = options.out
    wanted = options.forms.split(",")
    tried = [("keras", lambda: model.save(out / f"{name}.keras")), ("h5", lambda: model.save(out / f"{name}.h5"))]
    if not older:
        tried.append(("export", lambda: model.export(out / f"{name}.export.onnx", format="onnx", verbose=False)))
    for opset in (13, 18):
        tried.append(("tf2onnx", lambda opset=opset: to_onnx(model, out / f"{name}.tf2onnx{opset}.onnx", opset)))
    tried.append(("tf2onnx", lambda: to_onnx(model, out / f"{name}.nchw.onnx", 17, True)))
    tried.append(("tfjs", lambda: to_tfjs(model, out, name)))
    for form, write in tried:
        if form not in wanted:
            continue
        try:
            write()
        except Exception as error:
            print(f"  {name}: no {form}: {type(error).__name__} {str(error)[:160]!r}", flush=True)


def to_onnx(model, path, opset, pictures_first=False):
    import tf2onnx

    names = [each.name.split(":")[0] for each in model.inputs]
    nchw = [n for n, each in zip(names, model.inputs) if len(each.shape) == 4]
    if pictures_first and not nchw:
        return
    signature = [tf.TensorSpec(each.shape, each.dtype, n) for n, each in zip(names, model.inputs)]
    call = tf.function(lambda *given: model(list(given) if len(given) > 1 else given[0], training=False), input_signature=signature)
    more = {"inputs_as_nchw": [f"{n}:0" for n in nchw]} if pictures_first else {}
    tf2onnx.convert.from_function(call, input_signature=signature, opset=opset, output_path=str(path), **more)


def to_tfjs(model, out, name):
    import tensorflowjs

    tensorflowjs.converters.save_keras_model(model, str(out / f"{name}.layers.tfjs"))
    folder = out / f"{name}.saved"
    model.export(str(folder)) if hasattr(model, "export") else tf.saved_model.save(model, str(folder))
    tensorflowjs.converters.convert_tf_saved_model(str(folder), str(out / f"{name}.graph.tfjs"))


def main():
    options.out.mkdir(parents=True, exist_ok=True)
    only = [each for each in options.only.split(",") if each]
    for name, (make, data, arguments, steps) in networks.zoo(keras, tf, older).items():
        if only and name not in only:
            continue
        keras.utils.set_random_seed(1)
        x, y, x_test, y_test = DATA[data](*arguments)
        label = f"{name}.v2" if older else name
        try:
            model = make(x)
        except Exception as error:
            print(f"{label}: not made: {type(error).__name__} {str(error)[:200]!r}", flush=True)
            continue
        ends = len(model.outputs)
        feed = lambda x: [x[key] for key in x] if len(x) > 1 else x[""]
        losses = loss_of(y) if y.ndim < 3 or y.dtype.kind != "f" else "mse"
        if model.output_shape[-1] == 1 and y.dtype.kind != "f" if ends == 1 else False:
            losses = "binary_crossentropy"
        model.compile(keras.optimizers.Adam(2e-3), [losses] * ends if ends > 1 else losses)
        size = 32
        count = min(len(y), steps * size)
        few = {key: value[:count] for key, value in x.items()}
        model.fit(feed(few), [y[:count]] * ends if ends > 1 else y[:count], batch_size=size, epochs=2, verbose=0)
        head = {key: value[:8] for key, value in x_test.items()}
        answers = model.predict(feed(head), verbose=0)
        answers = list(answers.values()) if isinstance(answers, dict) else answers if isinstance(answers, (list, tuple)) else [answers]
        np.savez(options.out / f"{label}.expected.npz", *answers)
        names = dict(zip(x, [each.name.split(":")[0] for each in model.inputs]))
        arrays = {}
        for kind, xs, ys in (("train", x, y), ("test", x_test, y_test)):
            for key, value in xs.items():
                arrays[f"x_{kind}.{names[key]}" if len(xs) > 1 else f"x_{kind}"] = value
            arrays[f"y_{kind}"] = ys
        np.savez(options.out / f"{label}.npz", **arrays)
        forms(model, label, names)
        print(label, model.count_params(), flush=True)
        keras.backend.clear_session()


main()
