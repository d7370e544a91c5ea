"""Loads every .keras file of a folder in Keras and writes what it answers beside it, for write.test.ts."""

import json
import pathlib
import sys

import keras
import numpy as np

for path in sorted(pathlib.Path(sys.argv[1]).glob("*.keras")):
    model = keras.saving.load_model(path)
    feeds = []
    for given, wanted in zip(json.loads(path.with_suffix(".json").read_text()), model.inputs):
        x = np.array(given["data"]).reshape(given["dims"])
        feeds.append(np.moveaxis(x, 1, -1) if x.ndim > 3 and list(wanted.shape[1:]) != list(x.shape[1:]) else x)
    answers = model.predict(feeds[0] if len(feeds) == 1 else feeds, verbose=0)
    answers = answers if isinstance(answers, list) else [answers]
    result = [{"dims": list(a.shape), "data": a.ravel().tolist()} for a in answers]
    path.with_suffix(".out").write_text(json.dumps(result))
