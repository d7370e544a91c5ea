"""The same in PyTorch, one layout; prints {forward, training}. usage: training.py PLAN(JSON) BATCH STEPS default|channels_last"""
import json
import sys
import time

import torch
from torch import nn

plan, batch, steps, layout = json.loads(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
torch.manual_seed(0)
layers, channels = [], 3
for width in plan:
    if width == "M":
        layers.append(nn.MaxPool2d(2, 2))
    else:
        layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        channels = width
model = nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(10))
x, y = torch.randn(batch, 3, 32, 32), torch.randint(0, 10, (batch,))
model(x)
if layout == "channels_last":
    model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)


def fastest(work):
    work()
    best = float("inf")
    for _ in range(steps):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return batch / best


def forward():
    with torch.inference_mode():
        model(x)


optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)


def step():
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    loss.item()


model.eval()
result = {"forward": fastest(forward)}
model.train()
result["training"] = fastest(step)
print(json.dumps(result))
