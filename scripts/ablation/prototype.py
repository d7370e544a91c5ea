"""Ablations of the decision and the refit on chains of Conv-BN-ReLU(-MaxPool) with a pooled Gemm, in PyTorch.

usage: python prototype.py REFERENCE MODEL DATA TEST [--seed 0] [--keep 0.15,0.07,0.3]
REFERENCE: folder of result_oriented.py, the prototype this project started from; MODEL: the chain as ONNX; DATA: the .npz it was
trained on, whose first 2,048 training images calibrate; TEST: an .npz with x_test, y_test. Prints one JSON line a variant and budget.
needs: torch, onnx, numpy.
"""
import argparse
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

arguments = argparse.ArgumentParser()
for name in ("reference", "model", "data", "test"):
    arguments.add_argument(name)
arguments.add_argument("--seed", type=int, default=0)
arguments.add_argument("--keep", default="0.15,0.07,0.3")
arguments = arguments.parse_args()
sys.path.insert(0, arguments.reference)
import result_oriented as R  # noqa: E402


@torch.no_grad()
def logits(net, x):
    return torch.cat([net.forward(x[i : i + 500]) for i in range(0, len(x), 500)])


def divergence(original, result):
    p, q = original.log_softmax(1), result.log_softmax(1)
    return float((p.exp() * (p - q)).sum(1).mean())


class Greedy:
    """Step 3 on a chain; `weight[l]` multiplies the prices of the units of convolution l."""

    def __init__(self, net, A, G, size, weight=None, ridge=1e-3, least=2):
        self.net, self.G, self.size, self.least = net, G, size, least
        self.layers, self.widths = len(net.w), net.widths()
        self.keep = [list(range(c)) for c in self.widths]
        self.alive = [torch.ones(c, dtype=torch.bool) for c in self.widths]
        self.W = [w.flatten(1).double() for w in net.w[1:]] + [net.wf.double()]
        self.b = [b.double() for b in net.b[1:]] + [net.bf.double()]
        self.taps = [9] * (self.layers - 1) + [1]
        self.weight = weight or [1.0] * self.layers
        self.predicted = [0.0] * self.layers
        self.P = []
        for l in range(self.layers):
            a = A[l + 1].clone()
            a.diagonal()[:-1].add_(ridge * a.diagonal()[:-1].mean())
            a.diagonal()[-1].add_(1e-6)
            self.P.append(torch.linalg.inv(a))
        self.cost = [self.price(l) for l in range(self.layers)]

    def price(self, l):
        c, q = self.widths[l], self.taps[l]
        i = torch.arange(c)
        D = self.P[l][: c * q, : c * q].reshape(c, q, c, q)[i, :, i, :]
        D = torch.where(self.alive[l][:, None, None], D, torch.eye(q).double())
        w = self.W[l] * (self.alive[l + 1][:, None] if l + 1 < self.layers else 1)
        B = torch.einsum("ocp,ocq->cpq", w.reshape(-1, c, q), (self.G[l + 1] @ w).reshape(-1, c, q))
        e = 0.5 * (B * torch.linalg.inv(D)).sum((1, 2)).clamp_min(0)
        e[~self.alive[l]] = float("inf")
        return e

    def remove(self, l, c):
        q = self.taps[l]
        i = torch.arange(c * q, (c + 1) * q)
        column = self.P[l][:, i].clone()
        inverse = torch.linalg.inv(self.P[l][i][:, i])
        change = (self.W[l][:, i] @ inverse) @ column.T
        self.W[l], self.b[l] = self.W[l] - change[:, :-1], self.b[l] - change[:, -1]
        self.P[l] = self.P[l] - column @ inverse @ column.T
        self.P[l][i, :] = self.P[l][:, i] = 0
        self.W[l][:, i] = 0
        self.predicted[l] += float(self.cost[l][c])
        self.alive[l][c] = False
        self.keep[l].remove(c)
        self.cost[l] = self.price(l)
        if l > 0:
            self.cost[l - 1] = self.price(l - 1)

    def run(self, goal):
        while True:
            n = [len(k) for k in self.keep]
            now = R.macs(self.net, n, self.size)
            if now <= goal:
                return [torch.tensor(k) for k in self.keep]
            best = None
            for l in range(self.layers):
                if n[l] <= self.least:
                    continue
                saved = now - R.macs(self.net, [c - (j == l) for j, c in enumerate(n)], self.size)
                price, c = self.cost[l].min(0)
                ratio = float(price) * self.weight[l] / saved
                if best is None or ratio < best[0]:
                    best = (ratio, l, int(c))
            self.remove(*best[1:])

    def network(self):
        """All widths, with the weights the decision left."""
        w = [w.float().reshape(old.shape) for w, old in zip(self.W, self.net.w[1:])]
        b = [b.float() for b in self.b]
        return R.Chain([self.net.w[0], *w], [self.net.b[0], *b[:-1]], self.net.pool, self.W[-1].float(), b[-1])


def rates(net, A, G, size, x, part):
    """Measured KL over summed price when `part` of one group alone is gone."""
    before, result = logits(net, x), []
    for l in range(len(net.w)):
        alone = Greedy(net, A, G, size)
        while len(alone.keep[l]) > (1 - part) * alone.widths[l]:
            alone.remove(l, int(alone.cost[l].argmin()))
        result.append(divergence(before, logits(alone.network(), x)) / alone.predicted[l])
    return result


@torch.no_grad()
def refit(net, keep, x, gen, rectified, ridge=1e-2, positions=24, batch=256):
    """Step 4; `rectified` repetitions towards what the ReLU lets through."""
    small = net.cut(keep)
    teacher = student = x
    pooled = lambda y, pool: F.max_pool2d(F.relu(y), 2) if pool else F.relu(y)
    convolve = lambda v, w, b: [F.conv2d(v[i : i + batch], w, b, padding=1) for i in range(0, len(v), batch)]
    for l, pool in enumerate(net.pool):
        wanted = convolve(teacher, net.w[l], net.b[l])
        if l > 0:
            Z, Y = [], []
            for i, y in enumerate(wanted):
                z, k = R.patches(student[i * batch : (i + 1) * batch], positions, gen)
                Z.append(z)
                Y.append(y[:, keep[l]].flatten(2)[:, :, k].permute(0, 2, 1).reshape(len(z), -1))
            Z, Y = torch.cat(Z), torch.cat(Y)
            A = (Z.T @ Z).double() / len(Z)
            r = ridge * A.diagonal()[:-1].mean()
            before = torch.cat([small.w[l].flatten(1), small.b[l][:, None]], 1).double().T
            factor = torch.linalg.cholesky(A + r * torch.eye(len(A)).double())
            solve = lambda y: torch.cholesky_solve((Z.T @ y).double() / len(Z) + r * before, factor)
            W = solve(Y)
            for _ in range(rectified):
                W = solve(torch.where(Y > 0, Y, (Z @ W.float()).clamp_max(0)))
            W = W.T.float()
            small.w[l], small.b[l] = W[:, :-1].reshape(small.w[l].shape).clone(), W[:, -1].clone()
        teacher = torch.cat([pooled(y, pool) for y in wanted])
        student = torch.cat([pooled(y, pool) for y in convolve(student, small.w[l], small.b[l])])
    fo, fp = teacher.mean((2, 3)), student.mean((2, 3))
    Z = torch.cat([fp, torch.ones(len(fp), 1)], 1)
    A = (Z.T @ Z).double() / len(Z)
    r = ridge * A.diagonal()[:-1].mean()
    before = torch.cat([small.wf, small.bf[:, None]], 1).double().T
    target = (Z.T @ (fo @ net.wf.T + net.bf)).double() / len(Z)
    W = torch.linalg.solve(A + r * torch.eye(len(A)).double(), target + r * before).T.float()
    small.wf, small.bf = W[:, :-1].clone(), W[:, -1].clone()
    return small


def observed_again(net, x, goal, size, seed, A, G, part):
    """Rounds: refit and observe anew whenever the cost has halved."""
    now, keep, turn = net, [torch.arange(c) for c in net.widths()], 0
    while True:
        if turn:
            A, G = R.observe(now, x, torch.Generator().manual_seed(seed + turn))
        weight = [v**0.5 for v in rates(now, A, G, size, x[:512], part)]
        aim = max(goal, 0.5 * R.macs(now, now.widths(), size))
        keep = [a[b] for a, b in zip(keep, Greedy(now, A, G, size, weight).run(aim))]
        if aim <= goal:
            return keep
        now, turn = refit(net, keep, x, torch.Generator().manual_seed(seed), 3), turn + 1


data, test = np.load(arguments.data), np.load(arguments.test)
mean, sd = (data[k].reshape(1, -1, 1, 1).astype(np.float32) for k in ("mean", "std"))
prepared = lambda v: torch.tensor((v.astype(np.float32) / 255 - mean) / sd)
x, xt = prepared(data["x_train"][:2048]), prepared(test["x_test"])
yt = torch.tensor(test["y_test"].astype(np.int64))
net = R.load(arguments.model)
size, before = x.shape[2], logits(net, xt)
full = R.macs(net, net.widths(), size)
A, G = R.observe(net, x, torch.Generator().manual_seed(arguments.seed))
quarter, half = (rates(net, A, G, size, x[:512], part) for part in (0.25, 0.5))
root = lambda values: [v**0.5 for v in values]
convolutions = len(net.w) - 1
variants = {
    "price": None,
    "kappa": [3.0] * convolutions + [1.0],
    "root of kappa": [3.0**0.5] * convolutions + [1.0],
    "measured": half,
    "root of measured, half": root(half),
    "root of measured, quarter": root(quarter),
}
for share in map(float, arguments.keep.split(",")):
    chosen = {name: Greedy(net, A, G, size, weight).run(share * full) for name, weight in variants.items()}
    chosen["observed again"] = observed_again(net, x, share * full, size, arguments.seed, A, G, 0.5)
    for name, keep in chosen.items():
        for rectified in (0, 3):
            small = refit(net, keep, x, torch.Generator().manual_seed(arguments.seed), rectified)
            result = logits(small, xt)
            accuracy = 100 * float(result.argmax(1).eq(yt).double().mean())
            line = {"keep": share, "selection": name, "rectified": rectified, "accuracy": round(accuracy, 2)}
            print(json.dumps({**line, "kl": round(divergence(before, result), 4), "widths": small.widths()}), flush=True)
