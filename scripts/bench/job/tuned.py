"""Torch-Pruning's group norm over all layers, to a share of the MACs, and fine-tuning, on vgg-small and noise; prints
{ms, cpuMs, kept}. usage: tuned.py KEEP EPOCHS SAMPLES_AN_EPOCH"""
import copy
import json
import sys
import time

import torch
import torch.nn as nn
import torch_pruning as tp

keep, epochs, samples = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
side, classes, batch = 28, 10, 128
torch.manual_seed(0)


def convolution(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


net = nn.Sequential(
    *convolution(1, 32), nn.MaxPool2d(2), *convolution(32, 32), *convolution(32, 64), nn.MaxPool2d(2),
    *convolution(64, 64), *convolution(64, 128), nn.MaxPool2d(2), *convolution(128, 128),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, classes),
).eval()  # fmt: skip
images = torch.randn(samples, 1, side, side)
labels = torch.randint(0, classes, (samples,))
example = images[:1]


def pruned(ratio):
    smaller = copy.deepcopy(net)
    tp.pruner.BasePruner(
        smaller,
        example,
        importance=tp.importance.GroupMagnitudeImportance(p=2),
        global_pruning=True,
        pruning_ratio=ratio,
        ignored_layers=[smaller[-1]],
    ).step()
    return smaller, tp.utils.count_ops_and_params(smaller, example)[0]


started, cpu = time.perf_counter(), time.process_time()
whole = tp.utils.count_ops_and_params(net, example)[0]
# The smallest ratio that is within the budget, as whoever has no ratio looks for it.
low, high = 0.0, 0.95
for _ in range(9):
    middle = (low + high) / 2
    if pruned(middle)[1] <= keep * whole:
        high = middle
    else:
        low = middle
smaller, left = pruned(high)
smaller.train()
steps = epochs * ((samples + batch - 1) // batch)
optimiser = torch.optim.SGD(smaller.parameters(), lr=0.02, momentum=0.9, weight_decay=5e-4)
falling = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)
for _ in range(epochs):
    for some in torch.randperm(samples).split(batch):
        optimiser.zero_grad()
        nn.functional.cross_entropy(smaller(images[some]), labels[some]).backward()
        optimiser.step()
        falling.step()
print(
    json.dumps(
        {
            "ms": 1000 * (time.perf_counter() - started),
            "cpuMs": 1000 * (time.process_time() - cpu),
            "kept": left / whole,
        }
    )
)
