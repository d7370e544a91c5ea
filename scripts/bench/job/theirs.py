"""The specification's algorithm as a prototype in PyTorch, for a chain of 3x3 convolutions (BatchNorm folded, ReLU, some
with a maximum over 2x2), a global average and a dense layer, on noise; prints {ms, cpuMs}. usage: theirs.py SAMPLES KEEP"""
import json
import sys
import time

import torch
import torch.nn.functional as F

samples, keep = int(sys.argv[1]), float(sys.argv[2])
widths, pooled = [32, 32, 64, 64, 128, 128], [True, False, True, False, True, False]
side, classes, batch, drawn = 28, 10, 128, 24
random = torch.Generator().manual_seed(0)
normal = lambda *shape: torch.randn(*shape, generator=random)
images = normal(samples, 1, side, side)
fan_in = lambda i: 9 * ([1] + widths)[i]
weights = [normal(w, ([1] + widths)[i], 3, 3) * (2 / fan_in(i)) ** 0.5 for i, w in enumerate(widths)]
biases = [torch.zeros(w) for w in widths]
dense = [normal(classes, widths[-1]) * (1 / widths[-1]) ** 0.5, torch.zeros(classes)]


def run(net, x, until=None, keep_gradients=False):
    """Logits, and (input, output) of every operator on the way."""
    seen = []
    ws, bs, (wd, bd) = net
    for i, (w, b) in enumerate(zip(ws, bs)):
        y = F.conv2d(x, w, b, padding=1)
        if keep_gradients:
            y.requires_grad_() if not y.requires_grad else None
            y.retain_grad()
        seen.append((x, y))
        if i == until:
            return None, seen
        x = F.relu(y)
        if pooled[i]:
            x = F.max_pool2d(x, 2)
    features = x.mean((2, 3))
    seen.append((features, None))
    return features @ wd.T + bd, seen


def rows(x, y=None):
    """Patches at drawn positions with a constant behind, and the outputs there."""
    if x.dim() == 2:
        return torch.cat([x, torch.ones(len(x), 1)], 1), y
    patches = F.unfold(x, 3, padding=1)
    places = torch.randperm(patches.shape[2], generator=random)[:drawn]
    z = patches[:, :, places].permute(0, 2, 1).flatten(0, 1)
    at = None if y is None else y.flatten(2)[:, :, places].permute(0, 2, 1).flatten(0, 1)
    return torch.cat([z, torch.ones(len(z), 1)], 1), at


def ridged(a, ridge):
    a = a.clone()
    a.diagonal()[:-1] += ridge * a.diagonal()[:-1].mean()
    a[-1, -1] += 1e-6
    return a


def cost(n):
    total, before, extent = 0, 1, side
    for i, width in enumerate(n):
        total += 9 * before * width * extent * extent
        before, extent = width, extent // 2 if pooled[i] else extent
    return total + before * classes


began, cpu = time.perf_counter(), time.process_time()
net = (weights, biases, dense)
count = len(widths)

# Observe and propagate: second moments A and sensitivities G of every operator that reads removable channels.
A, G, n = [0] * (count + 1), [0] * (count + 1), [0] * (count + 1)
for at in range(0, samples, batch):
    logits, seen = run(net, images[at : at + batch], keep_gradients=True)
    v = normal(*logits.shape)
    (logits * (v - v.mean(1, keepdim=True))).sum().backward()
    for i in range(1, count + 1):
        z, _ = rows(seen[i][0].detach())
        A[i], n[i] = A[i] + (z.T @ z).double(), n[i] + len(z)
        if i < count:
            g = seen[i][1].grad.permute(0, 2, 3, 1).flatten(0, 2)
            G[i] = G[i] + (g.T @ g).double() / samples
A = [a / max(1, m) for a, m in zip(A, n)]
G[count] = (torch.eye(classes) - 1 / classes).double()

# Decide: the unit with the least price per cost saved goes; its readers take over its work.
P = [None] + [torch.linalg.inv(ridged(a, 1e-3)) for a in A[1:]]
W = [w.flatten(1).double() for w in weights] + [dense[0].double()]
taps = [9] * count + [1]
alive = [torch.ones(w, dtype=torch.bool) for w in widths]


def prices(i):
    """Of the channels that convolution i makes, at the operator behind it."""
    q, c, r = taps[i + 1], widths[i], i + 1
    own = torch.arange(c * q).reshape(c, q)
    blocks = P[r][own[:, :, None], own[:, None, :]]
    blocks[~alive[i]] = torch.eye(q).double()
    w = W[r] if r == count else W[r] * alive[r][:, None]
    w, gw = w.reshape(-1, c, q), (G[r] @ w).reshape(-1, c, q)
    price = (torch.einsum("ocp,ocq->cpq", w, gw) * torch.linalg.inv(blocks)).sum((1, 2)).clamp_min(0) / 2
    price[~alive[i]] = float("inf")
    return price


known, left = [prices(i) for i in range(count)], list(widths)
goal = keep * cost(widths)
while cost(left) > goal:
    best = None
    for i in range(count):
        if left[i] <= 2:
            continue
        price, unit = known[i].min(0)
        ratio = float(price) / (cost(left) - cost([m - (j == i) for j, m in enumerate(left)]))
        if best is None or ratio < best[0]:
            best = (ratio, i, int(unit))
    _, i, unit = best
    r, q = i + 1, taps[i + 1]
    own = torch.arange(unit * q, (unit + 1) * q)
    columns, inverse = P[r][:, own].clone(), torch.linalg.inv(P[r][own][:, own])
    W[r] = W[r] - W[r][:, own] @ inverse @ columns[:-1].T
    P[r] = P[r] - columns @ inverse @ columns.T
    P[r][own], P[r][:, own], W[r][:, own] = 0, 0, 0
    alive[i][unit] = False
    left[i] -= 1
    known[i] = prices(i)
    if i > 0:
        known[i - 1] = prices(i - 1)
kept = [a.nonzero()[:, 0] for a in alive]

# Refit in order, from the smaller network's rows to the original's outputs.
small = (
    [w[k] if i == 0 else w[k][:, kept[i - 1]] for i, (w, k) in enumerate(zip(weights, kept))],
    [b[k] for b, k in zip(biases, kept)],
    [dense[0][:, kept[-1]], dense[1]],
)
with torch.no_grad():
    for i in range(count + 1):
        a = b = m = 0
        for at in range(0, samples, batch):
            x = images[at : at + batch]
            logits, whole = run(net, x, until=i)
            _, cut = run(small, x, until=i)
            target = logits if i == count else whole[i][1][:, kept[i]]
            z, y = rows(cut[i][0], target)
            a, b, m = a + (z.T @ z).double(), b + (z.T @ y).double(), m + len(z)
        old = (small[0][i].flatten(1), small[1][i]) if i < count else small[2]
        r = 1e-2 * (a.diagonal()[:-1] / m).mean()
        towards = torch.cat([old[0], old[1][:, None]], 1).double().T
        new = torch.linalg.solve(a / m + r * torch.eye(len(a)).double(), b / m + r * towards).T.float()
        if i < count:
            small[0][i], small[1][i] = new[:, :-1].reshape(small[0][i].shape).contiguous(), new[:, -1].contiguous()
        else:
            small[2][0], small[2][1] = new[:, :-1], new[:, -1]
print(json.dumps({"ms": 1000 * (time.perf_counter() - began), "cpuMs": 1000 * (time.process_time() - cpu)}))
