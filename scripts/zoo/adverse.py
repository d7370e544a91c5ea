"""A sixth zoo for export.py (`--set adverse`): detectors, segmenters, generators and decoders as authors write them, and the blocks of adverse_blocks."""
import torch
from torch import nn
from torch.nn import functional as F

from adverse_tasks import tasks
from adverse_blocks import BATCH, ZOO as BLOCKS, Residual, RMSNorm, conv, head, ids, image

silu = lambda i, o, k=3, s=1, g=1: conv(i, o, k, s, g, nn.SiLU)
up = lambda x: F.interpolate(x, scale_factor=2, mode="nearest")


class C3(nn.Module):
    """YOLOv5."""
    def __init__(self, i, o, n=1):
        super().__init__()
        c = o // 2
        self.a, self.b, self.c, self.m = silu(i, c, 1), silu(i, c, 1), silu(2 * c, o, 1), nn.Sequential(*[Residual(silu(c, c, 1), silu(c, c)) for _ in range(n)])

    def forward(self, x):
        return self.c(torch.cat((self.m(self.a(x)), self.b(x)), 1))


class C2f(nn.Module):
    """YOLOv8; `split` as its export writes it."""
    def __init__(self, i, o, n=2, split=False):
        super().__init__()
        self.c, self.split = o // 2, split
        self.a, self.b, self.m = silu(i, o, 1), silu((2 + n) * self.c, o, 1), nn.ModuleList(Residual(silu(self.c, self.c), silu(self.c, self.c)) for _ in range(n))

    def forward(self, x):
        y = list(self.a(x).split((self.c, self.c), 1)) if self.split else list(self.a(x).chunk(2, 1))
        y.extend(m(y[-1]) for m in self.m)
        return self.b(torch.cat(y, 1))


class SPPF(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a, self.b, self.m = silu(c, c // 2, 1), silu(2 * c, c, 1), nn.MaxPool2d(5, 1, 2)

    def forward(self, x):
        y = [self.a(x)]
        y.extend(self.m(y[-1]) for _ in range(3))
        return self.b(torch.cat(y, 1))


class PSA(nn.Module):
    """Attention of YOLOv10 and 11: keys are half as wide as values; positions from a depthwise convolution."""
    def __init__(self, c, heads=2):
        super().__init__()
        self.h, self.d = heads, c // heads
        self.k = self.d // 2
        self.qkv, self.pe, self.proj = nn.Sequential(nn.Conv2d(c, heads * (2 * self.k + self.d), 1, bias=False), nn.BatchNorm2d(heads * (2 * self.k + self.d))), nn.Sequential(nn.Conv2d(c, c, 3, 1, 1, groups=c, bias=False), nn.BatchNorm2d(c)), nn.Conv2d(c, c, 1)

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = self.qkv(x).view(b, self.h, 2 * self.k + self.d, h * w).split([self.k, self.k, self.d], 2)
        y = v @ ((q.transpose(-2, -1) @ k) * self.k ** -0.5).softmax(-1).transpose(-2, -1)
        return x + self.proj(y.view(b, c, h, w) + self.pe(v.reshape(b, c, h, w)))


class Yolo8(nn.Module):
    """Anchor-free heads with distributions (DFL) over distances, boxes decoded with anchors of the grid."""
    def __init__(self, block=C2f, psa=False, classes=4, bins=8):
        super().__init__()
        self.nc, self.bins, self.no = classes, bins, classes + 4 * bins
        self.a, self.b, self.c = nn.Sequential(silu(3, 16, 3, 2), silu(16, 32, 3, 2), block(32, 32)), nn.Sequential(silu(32, 48, 3, 2), block(48, 48)), nn.Sequential(silu(48, 64, 3, 2), block(64, 64), SPPF(64), PSA(64) if psa else nn.Identity())
        self.d, self.e, self.down, self.f = block(112, 48), block(80, 32), silu(32, 32, 3, 2), block(80, 48)
        self.boxes = nn.ModuleList(nn.Sequential(silu(c, 32), nn.Conv2d(32, 4 * bins, 1)) for c in (32, 48))
        self.kinds = nn.ModuleList(nn.Sequential(silu(c, c, 3, g=c) if psa else silu(c, c), nn.Conv2d(c, classes, 1)) for c in (32, 48))
        self.dfl = nn.Conv2d(bins, 1, 1, bias=False)
        self.dfl.weight.data[:] = torch.arange(bins, dtype=torch.float).view(1, bins, 1, 1)
        self.dfl.weight.requires_grad = False

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        c = self.c(b)
        d = self.d(torch.cat((up(c), b), 1))
        e = self.e(torch.cat((up(d), a), 1))
        f = self.f(torch.cat((self.down(e), d), 1))
        outs = [torch.cat((box(y), kind(y)), 1) for y, box, kind in zip((e, f), self.boxes, self.kinds)]
        sizes = [o.shape[2:] for o in outs]
        boxes, kinds = torch.cat([o.view(o.shape[0], self.no, -1) for o in outs], 2).split((4 * self.bins, self.nc), 1)
        n, _, l = boxes.shape
        distances = self.dfl(boxes.view(n, 4, self.bins, l).transpose(2, 1).softmax(1)).view(n, 4, l)
        anchors = torch.cat([torch.stack(torch.meshgrid(torch.arange(w) + 0.5, torch.arange(h) + 0.5, indexing="xy")).flatten(1) for h, w in sizes], 1)
        lt, rb = distances.chunk(2, 1)
        p, q = anchors - lt, anchors + rb
        return torch.cat((torch.cat(((p + q) / 2, q - p), 1), kinds.sigmoid()), 1)


class Yolo5(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.no = classes + 5
        self.a, self.b, self.c = nn.Sequential(nn.Sequential(nn.Conv2d(3, 16, 6, 2, 2, bias=False), nn.BatchNorm2d(16), nn.SiLU()), silu(16, 32, 3, 2), C3(32, 32)), nn.Sequential(silu(32, 48, 3, 2), C3(48, 48, 2)), nn.Sequential(silu(48, 64, 3, 2), C3(64, 64), SPPF(64))
        self.lat, self.d, self.heads = silu(64, 32, 1), C3(80, 48), nn.ModuleList([nn.Conv2d(48, 3 * self.no, 1), nn.Conv2d(64, 3 * self.no, 1)])
        self.anchors = torch.rand(2, 1, 3, 1, 1, 2) * 32

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        c = self.c(b)
        d = self.d(torch.cat((up(self.lat(c)), b), 1))
        z = []
        for i, (y, out) in enumerate(zip((d, c), self.heads)):
            y = out(y)
            n, _, h, w = y.shape
            y = y.view(n, 3, self.no, h, w).permute(0, 1, 3, 4, 2).contiguous().sigmoid()
            grid = torch.stack(torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")[::-1], 2).expand(1, 3, h, w, 2)
            xy, wh, rest = y.split((2, 2, self.no - 4), 4)
            z.append(torch.cat(((xy * 2 + grid) * 8, (wh * 2) ** 2 * self.anchors[i], rest), 4).view(n, -1, self.no))
        return torch.cat(z, 1)


class BiFPN(nn.Module):
    """EfficientDet: scales added with normalised weights, separable convolutions, shared heads with norms of their own."""
    def __init__(self, c=24):
        super().__init__()
        self.stem = nn.ModuleList([conv(3, 16, 3, 2), conv(16, 24, 3, 2), conv(24, 32, 3, 2)])
        self.lat = nn.ModuleList(nn.Conv2d(i, c, 1) for i in (16, 24, 32))
        sep = lambda: nn.Sequential(nn.Conv2d(c, c, 3, 1, 1, groups=c, bias=False), nn.Conv2d(c, c, 1), nn.BatchNorm2d(c), nn.SiLU())
        self.t1, self.t0, self.b1, self.b2 = sep(), sep(), sep(), sep()
        self.w, self.w3 = nn.Parameter(torch.ones(3, 2)), nn.Parameter(torch.ones(3))
        self.head, self.bns, self.out = nn.Conv2d(c, c, 3, padding=1, groups=c), nn.ModuleList(nn.BatchNorm2d(c) for _ in range(3)), nn.Conv2d(c, 12, 1)

    def forward(self, x):
        f = []
        for stem, lat in zip(self.stem, self.lat):
            x = stem(x)
            f.append(lat(x))
        w, w3 = F.relu(self.w), F.relu(self.w3)
        w, w3 = w / (w.sum(1, keepdim=True) + 1e-4), w3 / (w3.sum() + 1e-4)
        t1 = self.t1(w[0, 0] * f[1] + w[0, 1] * up(f[2]))
        t0 = self.t0(w[1, 0] * f[0] + w[1, 1] * up(t1))
        b1 = self.b1(torch.stack([f[1] * w3[0], t1 * w3[1], F.max_pool2d(t0, 3, 2, 1) * w3[2]], -1).sum(-1))
        b2 = self.b2(w[2, 0] * f[2] + w[2, 1] * F.max_pool2d(b1, 3, 2, 1))
        return torch.cat([self.out(F.silu(bn(self.head(y)))).permute(0, 2, 3, 1).reshape(x.shape[0], -1, 4) for y, bn in zip((t0, b1, b2), self.bns)], 1)


class ASPP(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = conv(3, 16, 3, 2), conv(16, 32, 3, 2)
        self.branches = nn.ModuleList([conv(32, 24, 1)] + [nn.Sequential(nn.Conv2d(32, 24, 3, padding=d, dilation=d, bias=False), nn.BatchNorm2d(24), nn.ReLU()) for d in (2, 4)])
        self.pool, self.join, self.low, self.out = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(32, 24, 1), nn.ReLU()), nn.Sequential(conv(96, 32, 1), nn.Dropout(0.5)), conv(16, 8, 1), nn.Sequential(conv(40, 24), nn.Conv2d(24, 6, 1))

    def forward(self, x):
        low = self.a(x)
        y = self.b(low)
        pool = F.interpolate(self.pool(y), size=y.shape[2:], mode="bilinear", align_corners=False)
        y = self.join(torch.cat([b(y) for b in self.branches] + [pool], 1))
        y = F.interpolate(y, size=low.shape[-2:], mode="bilinear", align_corners=True)
        return {"out": F.interpolate(self.out(torch.cat([y, self.low(low)], 1)), size=x.shape[-2:], mode="bicubic"), "aux": y.mean(1)}


class HRNet(nn.Module):
    def __init__(self):
        super().__init__()
        block = lambda c: nn.Sequential(Residual(conv(c, c), conv(c, c)), nn.ReLU())
        self.stem, self.t1, self.t2 = conv(3, 16, 3, 2), conv(16, 16), conv(16, 32, 3, 2)
        self.a1, self.a2, self.f12, self.f21, self.t3 = block(16), block(32), conv(16, 32, 3, 2), nn.Conv2d(32, 16, 1), conv(32, 48, 3, 2)
        self.b, self.down = nn.ModuleList(block(c) for c in (16, 32, 48)), nn.ModuleList([conv(16, 32, 3, 2), conv(32, 48, 3, 2)])
        self.out = nn.Conv2d(96, 5, 1)

    def forward(self, x):
        x = self.stem(x)
        a, b = self.a1(self.t1(x)), self.a2(self.t2(x))
        a, b = F.relu(a + F.interpolate(self.f21(b), size=a.shape[2:], mode="nearest")), F.relu(b + self.f12(a))
        ys = [m(y) for m, y in zip(self.b, (a, b, self.t3(b)))]
        return self.out(torch.cat([ys[0]] + [F.interpolate(y, size=ys[0].shape[2:], mode="bilinear") for y in ys[1:]], 1))


class UNetAttention(nn.Module):
    """The network of a diffusion model: time added to blocks with GroupNorm, attention over pixels, concatenated shortcuts."""
    def __init__(self, c=32):
        super().__init__()
        class Res(nn.Module):
            def __init__(self, i, o):
                super().__init__()
                self.n1, self.a, self.t, self.n2, self.b, self.s = nn.GroupNorm(8, i), nn.Conv2d(i, o, 3, padding=1), nn.Linear(64, o), nn.GroupNorm(8, o), nn.Conv2d(o, o, 3, padding=1), nn.Conv2d(i, o, 1) if i != o else nn.Identity()

            def forward(self, x, t):
                y = self.a(F.silu(self.n1(x))) + self.t(F.silu(t))[:, :, None, None]
                return self.s(x) + self.b(F.silu(self.n2(y)))

        class Attend(nn.Module):
            def __init__(self, c, heads):
                super().__init__()
                self.n, self.qkv, self.proj, self.h = nn.GroupNorm(8, c), nn.Conv1d(c, 3 * c, 1), nn.Conv1d(c, c, 1), heads

            def forward(self, x):
                b, c, h, w = x.shape
                y = self.qkv(self.n(x.view(b, c, -1))).view(b * self.h, 3 * c // self.h, h * w)
                q, k, v = y.chunk(3, 1)
                y = torch.einsum("bts,bcs->bct", torch.einsum("bct,bcs->bts", q, k).softmax(-1), v).reshape(b, c, -1)
                return x + self.proj(y).view(b, c, h, w)
        self.time = nn.Sequential(nn.Linear(16, 64), nn.SiLU(), nn.Linear(64, 64))
        self.i, self.d1, self.down, self.d2, self.at, self.m, self.u1, self.u2, self.o = nn.Conv2d(3, c, 3, padding=1), Res(c, c), nn.Conv2d(c, c, 3, 2, 1), Res(c, 2 * c), Attend(2 * c, 4), Res(2 * c, 2 * c), Res(3 * c, c), Res(2 * c, c), nn.Sequential(nn.GroupNorm(8, c), nn.SiLU(), nn.Conv2d(c, 3, 3, padding=1))
        self.upc = nn.Conv2d(c, c, 3, padding=1)

    def forward(self, x, t):
        f = t[:, None].float() * torch.exp(torch.arange(8) * -0.7)
        t = self.time(torch.cat([f.sin(), f.cos()], -1))
        a = self.i(x)
        b = self.d1(a, t)
        d = self.down(b)
        m = self.m(self.at(self.d2(d, t)), t)
        u = self.upc(up(self.u1(torch.cat([m, d], 1), t)))
        return self.o(self.u2(torch.cat([u, b], 1), t))


class SEBottleneck(nn.Module):
    """SE-ResNeXt with an average-pooled shortcut, LayerScale and what is left of stochastic depth."""
    def __init__(self, i, o, s=1):
        super().__init__()
        import torchvision
        m = o // 2
        self.a, self.b, self.c = conv(i, m, 1), conv(m, m, 3, s, 8), nn.Sequential(nn.Conv2d(m, o, 1, bias=False), nn.BatchNorm2d(o))
        self.se, self.drop = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(o, o // 4, 1), nn.ReLU(True), nn.Conv2d(o // 4, o, 1), nn.Sigmoid()), torchvision.ops.StochasticDepth(0.2, "row")
        self.short = nn.Sequential(nn.AvgPool2d(s, s, ceil_mode=True, count_include_pad=False) if s > 1 else nn.Identity(), nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o)) if i != o else nn.Identity()
        self.gamma = nn.Parameter(torch.ones(o, 1, 1) * 0.5)

    def forward(self, x):
        y = self.c(self.b(self.a(x)))
        return F.relu(self.drop(self.gamma * (y * self.se(y))) + self.short(x))


class GatedConv(nn.Module):
    """Mamba-like: a wide projection split into value and gate, a causal depthwise convolution between."""
    def __init__(self, c=32, e=48):
        super().__init__()
        self.n, self.i, self.c, self.o, self.e = RMSNorm(c), nn.Linear(c, 2 * e, bias=False), nn.Conv1d(e, e, 4, padding=3, groups=e), nn.Linear(e, c, bias=False), e

    def forward(self, x):
        y, z = self.i(self.n(x)).split(self.e, -1)
        y = F.silu(self.c(y.transpose(1, 2))[..., : x.shape[1]].transpose(1, 2))
        return x + self.o(y * F.silu(z))


class Rotary(nn.Module):
    """A decoder block from scratch: rotated grouped queries (halves or pairs), SwiGLU in one matrix."""
    def __init__(self, pairs, c=48, heads=4, kv=2):
        super().__init__()
        self.pairs, self.h, self.kv, self.d = pairs, heads, kv, c // heads
        self.n1, self.qkv, self.o = RMSNorm(c), nn.Linear(c, (heads + 2 * kv) * self.d, bias=False), nn.Linear(c, c, bias=False)
        self.n2, self.w, self.w2, self.qn, self.kn = RMSNorm(c), nn.Linear(c, 192, bias=False), nn.Linear(96, c, bias=False), RMSNorm(self.d), RMSNorm(self.d)
        angle = torch.arange(12)[:, None] / 100 ** (torch.arange(self.d // 2) / (self.d // 2))
        self.register_buffer("cos", angle.cos()), self.register_buffer("sin", angle.sin())

    def turn(self, x):
        if self.pairs:
            a, b = x[..., ::2], x[..., 1::2]
            return torch.stack([a * self.cos - b * self.sin, a * self.sin + b * self.cos], -1).flatten(-2)
        a, b = x.chunk(2, -1)
        return x * torch.cat([self.cos, self.cos], -1) + torch.cat([-b, a], -1) * torch.cat([self.sin, self.sin], -1)

    def forward(self, x):
        n, l, c = x.shape
        q, k, v = self.qkv(self.n1(x)).split([self.h * self.d, self.kv * self.d, self.kv * self.d], -1)
        q, k, v = (self.qn(q.view(n, l, self.h, self.d)).transpose(1, 2), self.kn(k.view(n, l, self.kv, self.d)).transpose(1, 2), v.view(n, l, self.kv, self.d).transpose(1, 2))
        q, k = self.turn(q), self.turn(k)
        k, v = (y[:, :, None].expand(n, self.kv, self.h // self.kv, l, self.d).reshape(n, self.h, l, self.d) if self.pairs else y.repeat_interleave(self.h // self.kv, 1) for y in (k, v))
        y = (q @ k.transpose(-1, -2) / self.d ** 0.5 + torch.full((l, l), -1e9).triu(1)).softmax(-1) @ v
        x = x + self.o(y.transpose(1, 2).reshape(n, l, c))
        gate, value = self.w(self.n2(x)).chunk(2, -1)
        return x + self.w2(F.silu(gate) * value)


class Multi(nn.Module):
    """Two images and a vector in, three results out; one trunk for both images."""
    def __init__(self):
        super().__init__()
        self.trunk, self.side, self.fc, self.a, self.b = nn.Sequential(conv(3, 16, 3, 2), conv(16, 32, 3, 2), nn.AdaptiveAvgPool2d((2, 2)), nn.Flatten()), nn.Sequential(nn.Linear(7, 24), nn.Tanh()), nn.Linear(280, 48), nn.Linear(48, 4), nn.Linear(48, 2)

    def forward(self, x, y, z):
        p, q, z = self.trunk(x), self.trunk(y), self.side(z)
        h = F.relu(self.fc(torch.cat([p, q, z], 1)))
        return self.a(h), self.b(h).softmax(-1), F.cosine_similarity(p, q)


class Adaptive(nn.Module):
    """Pools whose windows differ, a flatten that mixes channels and pixels, dense layers, and back to an image."""
    def __init__(self):
        super().__init__()
        self.a, self.fc, self.back, self.out = nn.Sequential(conv(3, 16), nn.MaxPool2d(3, 2, ceil_mode=True), conv(16, 24), nn.AdaptiveAvgPool2d((3, 5))), nn.Sequential(nn.Flatten(), nn.Linear(360, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 160)), conv(10, 16), nn.ConvTranspose2d(16, 3, 4, 4)

    def forward(self, x):
        y = self.fc(self.a(x))
        return self.out(self.back(y.reshape(-1, 10, 4, 4)))


class Involution(nn.Module):
    """Kernels computed for each position, applied to unfolded patches."""
    def __init__(self, c=32, g=4):
        super().__init__()
        self.g, self.a, self.k, self.b, self.fc = g, conv(3, c, 3, 2), nn.Sequential(conv(c, 8, 1), nn.Conv2d(8, 9 * g, 1)), conv(c, c, 1), head(c)

    def forward(self, x):
        x = self.a(x)
        n, c, h, w = x.shape
        kernel = self.k(x).view(n, self.g, 1, 9, h, w)
        patches = F.unfold(x, 3, padding=1).view(n, self.g, c // self.g, 9, h, w)
        return self.fc(self.b((kernel * patches).sum(3).view(n, c, h, w)))


class Fire(nn.Module):
    """Dense growth with bottlenecks, a maxout, channels-last blocks, a learnt skip weight, interpolation by a computed size."""
    def __init__(self):
        super().__init__()
        self.i, self.d = conv(3, 16), nn.ModuleList(nn.Sequential(nn.BatchNorm2d(16 + 12 * k), nn.ReLU(), nn.Conv2d(16 + 12 * k, 24, 1, bias=False), nn.BatchNorm2d(24), nn.ReLU(), nn.Conv2d(24, 12, 3, padding=1, bias=False)) for k in range(3))
        self.m, self.w, self.r, self.fc = nn.Conv2d(52, 64, 1), nn.Parameter(torch.tensor(0.3)), conv(32, 32), head(64)

    def forward(self, x):
        y = [self.i(x)]
        for d in self.d:
            y.append(d(torch.cat(y, 1)))
        y = self.m(torch.cat(y, 1))
        y = y.view(y.shape[0], 2, 32, *y.shape[2:]).max(1)[0]
        z = self.w * y + (1 - self.w) * self.r(y)
        return self.fc(torch.cat([F.interpolate(F.avg_pool2d(z, 2), z.shape[-2:]), z.roll(1, 2)], 1))


class Experts(nn.Module):
    """A soft mixture of experts: one einsum over stacked weights."""
    def __init__(self, c=32, e=4):
        super().__init__()
        self.i, self.gate, self.a, self.b, self.o = nn.Linear(10, c), nn.Linear(c, e), nn.Parameter(torch.randn(e, c, 48) * 0.1), nn.Parameter(torch.randn(e, 48, c) * 0.1), nn.Linear(c, 3)

    def forward(self, x):
        x = self.i(x)
        g = self.gate(x).softmax(-1)
        y = torch.einsum("blef,efc->blec", F.gelu(torch.einsum("blc,ecf->blef", x, self.a)), self.b)
        return self.o(x + torch.einsum("ble,blec->blc", g, y))


decoder = lambda block: nn.Sequential(nn.Embedding(60, 48), block(), block(), RMSNorm(48), nn.Linear(48, 60, bias=False))
ZOO = {
    **BLOCKS, **tasks,
    "yolo5": image(Yolo5, 3, 64, 64), "yolo8_chunk": image(Yolo8, 3, 64, 64), "yolo8_split": image(lambda: Yolo8(lambda i, o: C2f(i, o, 1, True)), 3, 64, 64, **BATCH), "yolo11": image(lambda: Yolo8(C3, True), 3, 64, 64),
    "bifpn_weighted": image(BiFPN, 3, 32, 32), "aspp": image(ASPP, 3, 32, 32), "hrnet": image(HRNet, 3, 32, 32), "unet_diffusion": lambda: (UNetAttention(), (torch.randn(1, 3, 16, 16), torch.tensor([3]))),
    "se_resnext": image(lambda: nn.Sequential(conv(3, 32, 3, 2), SEBottleneck(32, 64), SEBottleneck(64, 64), SEBottleneck(64, 96, 2), head(96)), 3, 33, 33),
    "gated_conv": ids(lambda: nn.Sequential(nn.Embedding(60, 32), GatedConv(), GatedConv(), RMSNorm(32), nn.Linear(32, 60))),
    "rotary_pairs": ids(lambda: decoder(lambda: Rotary(True))), "rotary_halves": ids(lambda: decoder(lambda: Rotary(False))), "rotary_batch": ids(lambda: decoder(lambda: Rotary(False)), **BATCH),
    "multi": lambda: (Multi(), (torch.randn(1, 3, 16, 16), torch.randn(1, 3, 16, 16), torch.randn(1, 7))),
    "adaptive": image(Adaptive, 3, 31, 41), "involution": image(Involution, 3, 16, 16), "fire": image(Fire, 3, 16, 16), "experts": image(Experts, 6, 10),
    "prelu": image(lambda: nn.Sequential(nn.Conv2d(3, 24, 3), nn.PReLU(24), nn.Conv2d(24, 24, 3), nn.RReLU(), Residual(nn.Conv2d(24, 24, 1), nn.PReLU(), nn.LogSigmoid()), nn.Flatten(1), nn.Linear(24 * 144, 32), nn.PReLU(32), nn.Linear(32, 4)), 3, 16, 16),
    "lists": image(lambda: Lists(), 3, 16, 16),
}


class Lists(nn.Module):
    """A nested list as result, a buffer that is added, channels picked by an index, halves swapped."""
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = conv(3, 32), conv(32, 32), nn.Conv2d(16, 4, 1)
        self.register_buffer("order", torch.randperm(32))
        self.register_buffer("shift", torch.randn(1, 32, 1, 1))

    def forward(self, x):
        y = self.a(x)[:, self.order] + self.shift
        left, right = self.b(y).tensor_split(2, 1)
        z = torch.where(left > right, left, right * 2).flip(1)
        return [self.c(z), [z.flatten(2).mean(-1), self.c(left.clamp(0, 6))]]
