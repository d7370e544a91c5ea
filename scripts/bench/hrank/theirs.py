"""Feature maps of a VGG on 32x32 images, and their ranks as HRank's code takes them. usage: theirs.py FOLDER SAMPLES"""
import json
import pathlib
import sys
import time

import torch
from torch import nn

folder, samples = pathlib.Path(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(1)
torch.manual_seed(0)
plan = [64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool", 512, 512, 512]
x = nn.functional.interpolate(torch.randn(samples, 3, 8, 8), scale_factor=4, mode="bicubic")
width, layers = 3, []
torch.linalg.matrix_rank(torch.randn(4, 4))
with torch.no_grad():
    for step in plan:
        if step == "pool":
            x = nn.functional.max_pool2d(x, 2)
            continue
        conv, norm = nn.Conv2d(width, step, 3, padding=1, bias=False), nn.BatchNorm2d(step)
        x = torch.relu(norm(conv(x)))
        width = step
        name = f"layer{len(layers)}"
        x.numpy().tofile(folder / f"{name}.maps")
        start = time.perf_counter()
        ranks = torch.tensor([torch.linalg.matrix_rank(x[i, j]).item() for i in range(x.shape[0]) for j in range(x.shape[1])])
        ms = 1000 * (time.perf_counter() - start)
        start = time.perf_counter()
        torch.linalg.matrix_rank(x)
        batched = 1000 * (time.perf_counter() - start)
        ranks.to(torch.int32).numpy().tofile(folder / f"{name}.theirs")
        layers.append({"name": name, "ms": ms, "batchedMs": batched})
print(json.dumps({"layers": layers}))
