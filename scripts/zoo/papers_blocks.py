"""Attention, activations and layers of papers as their authors write them down; part of `--set papers`."""
import torch
from torch import nn
from torch.nn import functional as F

from adverse_blocks import Residual, conv, head, image


class CoordinateAttention(nn.Module):
    def __init__(self, c, r=4):
        super().__init__()
        self.a, self.bn, self.h, self.w = nn.Conv2d(c, c // r, 1), nn.BatchNorm2d(c // r), nn.Conv2d(c // r, c, 1), nn.Conv2d(c // r, c, 1)

    def forward(self, x):
        h, w = x.shape[2:]
        y = torch.cat([F.adaptive_avg_pool2d(x, (h, 1)), F.adaptive_avg_pool2d(x, (1, w)).permute(0, 1, 3, 2)], 2)
        a, b = F.hardswish(self.bn(self.a(y))).split([h, w], 2)
        return x * self.h(a).sigmoid() * self.w(b.permute(0, 1, 3, 2)).sigmoid()


class TripletAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.gates = nn.ModuleList(nn.Conv2d(2, 1, 3, padding=1) for _ in range(3))

    def gate(self, x, i):
        return x * self.gates[i](torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1)).sigmoid()

    def forward(self, x):
        a = self.gate(x.permute(0, 2, 1, 3), 0).permute(0, 2, 1, 3)
        b = self.gate(x.permute(0, 3, 2, 1), 1).permute(0, 3, 2, 1)
        return (a + b + self.gate(x, 2)) / 3


class SimAM(nn.Module):
    def forward(self, x):
        d = (x - x.mean((2, 3), keepdim=True)).pow(2)
        return x * (d / (4 * (d.sum((2, 3), keepdim=True) / (x.shape[2] * x.shape[3] - 1) + 1e-4)) + 0.5).sigmoid()


class ShuffleAttention(nn.Module):
    """SA-Net: groups of channels, half of each gated by its mean, half by its group norm, then shuffled."""
    def __init__(self, c, g=4):
        super().__init__()
        self.g = g
        self.cw, self.cb, self.sw, self.sb = (nn.Parameter(torch.rand(1, c // (2 * g), 1, 1)) for _ in range(4))
        self.gn = nn.GroupNorm(c // (2 * g), c // (2 * g))

    def forward(self, x):
        b, c, h, w = x.shape
        p, q = x.view(b * self.g, -1, h, w).chunk(2, 1)
        p = p * (self.cw * p.mean((2, 3), keepdim=True) + self.cb).sigmoid()
        q = q * (self.sw * self.gn(q) + self.sb).sigmoid()
        y = torch.cat([p, q], 1).view(b, -1, h, w)
        return y.view(b, 2, -1, h, w).permute(0, 2, 1, 3, 4).reshape(b, -1, h, w)


class DoubleAttention(nn.Module):
    """A2-Nets: gather by one softmax, distribute by another."""
    def __init__(self, c, m=16, n=8):
        super().__init__()
        self.a, self.b, self.v, self.out, self.m, self.n = nn.Conv2d(c, m, 1), nn.Conv2d(c, n, 1), nn.Conv2d(c, n, 1), nn.Conv2d(m, c, 1), m, n

    def forward(self, x):
        b, c, h, w = x.shape
        a, s, v = self.a(x).view(b, self.m, h * w), self.b(x).view(b, self.n, h * w).softmax(-1), self.v(x).view(b, self.n, h * w).softmax(1)
        return x + self.out(torch.bmm(torch.bmm(a, s.permute(0, 2, 1)), v).view(b, self.m, h, w))


class GlobalContext(nn.Module):
    """GCNet: pooled by a learnt softmax, a bottleneck with LayerNorm over [c, 1, 1]."""
    def __init__(self, c):
        super().__init__()
        self.mask, self.add = nn.Conv2d(c, 1, 1), nn.Sequential(nn.Conv2d(c, c // 4, 1), nn.LayerNorm([c // 4, 1, 1]), nn.ReLU(), nn.Conv2d(c // 4, c, 1))

    def forward(self, x):
        b, c, h, w = x.shape
        y = torch.matmul(x.view(b, c, h * w).unsqueeze(1), self.mask(x).view(b, 1, h * w).softmax(2).unsqueeze(-1)).view(b, c, 1, 1)
        return x + self.add(y)


class DynamicReLU(nn.Module):
    """DyReLU-B: two slopes and offsets a channel, computed from the image; the larger line wins."""
    def __init__(self, c):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(c, c // 4), nn.Linear(c // 4, 4 * c), c

    def forward(self, x):
        theta = 2 * self.b(F.relu(self.a(x.mean((2, 3))))).sigmoid() - 1
        k = theta.view(-1, self.c, 4) * torch.tensor([1.0, 1.0, 0.5, 0.5]) + torch.tensor([1.0, 0.0, 0.0, 0.0])
        y = x.permute(2, 3, 0, 1).unsqueeze(-1) * k[:, :, :2] + k[:, :, 2:]
        return y.max(-1)[0].permute(2, 3, 0, 1)


class FReLU(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.f = nn.Sequential(nn.Conv2d(c, c, 3, padding=1, groups=c), nn.BatchNorm2d(c))

    def forward(self, x):
        return torch.max(x, self.f(x))


class Acon(nn.Module):
    """Activations with parameters of their own a channel: Acon-C, Snake, Swish with a beta."""
    def __init__(self, c):
        super().__init__()
        self.p, self.q, self.beta, self.alpha = (nn.Parameter(torch.rand(1, c, 1, 1) + 0.1) for _ in range(4))

    def forward(self, x):
        d = (self.p - self.q) * x
        x = d * (self.beta * d).sigmoid() + self.q * x
        x = x + (self.alpha + 1e-9).reciprocal() * torch.sin(self.alpha * x).pow(2)
        return x * torch.sigmoid(self.beta * x)


attentions = lambda: nn.Sequential(conv(3, 32), CoordinateAttention(32), conv(32, 32), TripletAttention(), conv(32, 32), SimAM(), conv(32, 32), ShuffleAttention(32), conv(32, 32), DoubleAttention(32), GlobalContext(32), conv(32, 32), head(32))
activations = lambda: nn.Sequential(conv(3, 24), DynamicReLU(24), conv(24, 24), FReLU(24), conv(24, 32), Acon(32), nn.Conv2d(32, 32, 3, padding=1), nn.Mish(), nn.Conv2d(32, 32, 3, padding=1), nn.Hardtanh(-2, 2), nn.Conv2d(32, 32, 1), nn.Softplus(), nn.LogSigmoid(), head(32))


class Maxout(nn.Module):
    def __init__(self, i, o, k=2):
        super().__init__()
        self.k, self.conv = k, nn.Conv2d(i, o * k, 3, padding=1)

    def forward(self, x):
        y = self.conv(x)
        n, c, h, w = y.shape
        return y.view(n, c // self.k, self.k, h, w).max(2)[0]


class MFM(nn.Module):
    """LightCNN: the larger of two halves."""
    def __init__(self, i, o):
        super().__init__()
        self.conv = nn.Conv2d(i, 2 * o, 3, padding=1)

    def forward(self, x):
        p, q = torch.split(self.conv(x), self.conv.out_channels // 2, 1)
        return torch.max(p, q)


class CReLU(nn.Module):
    def forward(self, x):
        return F.relu(torch.cat([x, -x], 1))


class Octave(nn.Module):
    """Two resolutions, four paths."""
    def __init__(self, i, o):
        super().__init__()
        self.hh, self.hl, self.lh, self.ll = (nn.Conv2d(i, o, 3, padding=1) for _ in range(4))

    def forward(self, x):
        h, l = x
        return F.relu(self.hh(h) + F.interpolate(self.lh(l), scale_factor=2)), F.relu(self.ll(l) + self.hl(F.avg_pool2d(h, 2)))


class OctaveNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.h, self.l, self.a, self.b, self.end = conv(3, 16), conv(3, 16, 3, 2), Octave(16, 24), Octave(24, 24), nn.Linear(48, 5)

    def forward(self, x):
        h, l = self.b(self.a((self.h(x), self.l(x))))
        return self.end(torch.cat([h.mean((2, 3)), l.mean((2, 3))], 1))


class CoordConv(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = conv(5, 24), conv(27, 32)
        self.end = head(32)

    def forward(self, x):
        n, _, h, w = x.shape
        ys = torch.linspace(-1, 1, h).view(1, 1, h, 1).expand(n, 1, h, w)
        xs = torch.linspace(-1, 1, w).view(1, 1, 1, w).expand(n, 1, h, w)
        y = self.a(torch.cat([x, xs, ys], 1))
        return self.end(self.b(torch.cat([y, xs, ys, (xs ** 2 + ys ** 2).sqrt()], 1)))


class Capsules(nn.Module):
    """CapsNet: primary capsules, squashed, two rounds of routing."""
    def __init__(self, kinds=8, d=8, out=5, e=12):
        super().__init__()
        self.stem, self.primary = conv(1, 32, 5, 2), nn.Conv2d(32, kinds * d, 5, 2, 2)
        self.w, self.d = nn.Parameter(torch.randn(1, kinds * 25, out, e, d) * 0.1), d

    def squash(self, s):
        n = (s ** 2).sum(-1, keepdim=True)
        return n / (1 + n) * s / (n.sqrt() + 1e-8)

    def forward(self, x):
        y = self.primary(self.stem(x))
        u = self.squash(y.view(y.shape[0], -1, self.d, y.shape[2] * y.shape[3]).permute(0, 1, 3, 2).reshape(y.shape[0], -1, self.d))
        votes = (self.w @ u[:, :, None, :, None]).squeeze(-1)
        b = torch.zeros(votes.shape[:3])
        for _ in range(2):
            v = self.squash((b.softmax(2)[..., None] * votes).sum(1))
            b = b + (votes * v[:, None]).sum(-1)
        return v.norm(dim=-1)


BLOCKS = {
    "attentions": image(attentions, 3, 16, 16), "activations": image(activations, 3, 16, 16),
    "maxout": image(lambda: nn.Sequential(Maxout(3, 16), nn.MaxPool2d(2), Maxout(16, 24, 3), MFM(24, 24), nn.Conv2d(24, 16, 3), CReLU(), nn.Conv2d(32, 24, 3), head(24)), 3, 16, 16),
    "octave": image(OctaveNet, 3, 16, 16), "coord_conv": image(CoordConv, 3, 12, 12), "capsules": image(Capsules, 1, 20, 20),
}
