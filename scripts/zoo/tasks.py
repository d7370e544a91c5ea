"""A ninth zoo for export.py (`--set tasks`): what people train on tables, series, sound, points, graphs, text and pictures, with open batches and opsets 13 to 20."""
import itertools

import torch
import torch.nn.functional as F
from torch import nn

opsets = itertools.cycle([13, 14, 15, 16, 17, 18, 19, 20])


def mlp(*widths, act=nn.ReLU):
    return nn.Sequential(*[layer for i, o in zip(widths, widths[1:]) for layer in (nn.Linear(i, o), act())][:-1])


class Attention(nn.Module):
    def __init__(self, d, heads=4):
        super().__init__()
        self.h, self.qkv, self.out = heads, nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x, mask=None):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.h, d // self.h).permute(2, 0, 3, 1, 4)
        s = q @ k.transpose(-1, -2) * (d // self.h) ** -0.5
        s = s if mask is None else s.masked_fill(mask[:, None, None, :] == 0, -1e4)
        return self.out((s.softmax(-1) @ v).transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    def __init__(self, d, heads=4):
        super().__init__()
        self.a, self.f, self.n, self.m = Attention(d, heads), mlp(d, 2 * d, d, act=nn.GELU), nn.LayerNorm(d), nn.LayerNorm(d)

    def forward(self, x, mask=None):
        x = x + self.a(self.n(x), mask)
        return x + self.f(self.m(x))


class Saint(nn.Module):
    """Numbers embedded by a network each, attention over features."""
    def __init__(self, f=8, d=32):
        super().__init__()
        self.embed, self.cls, self.blocks, self.head = nn.ModuleList(mlp(1, 16, d) for _ in range(f)), nn.Parameter(torch.randn(1, 1, d)), nn.ModuleList([Block(d), Block(d)]), mlp(d, 32, 4)

    def forward(self, x):
        x = torch.stack([e(x[:, i:i + 1]) for i, e in enumerate(self.embed)], 1)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1)
        for block in self.blocks:
            x = block(x)
        return self.head(x[:, 0])


class Node(nn.Module):
    """Oblivious trees whose choices are soft, behind a dense layer."""
    def __init__(self, f=8, trees=6, depth=3):
        super().__init__()
        self.front, self.choice, self.cut, self.leaf = mlp(f, 32, 16, act=nn.Tanh), nn.Parameter(torch.randn(16, trees, depth)), nn.Parameter(torch.randn(trees, depth)), nn.Parameter(torch.randn(trees, 2 ** depth, 4))
        self.register_buffer("bits", torch.tensor([[(i >> k) & 1 for k in range(depth)] for i in range(2 ** depth)], dtype=torch.float32))

    def forward(self, x):
        v = torch.einsum("bi,itd->btd", self.front(x), self.choice.softmax(0)) - self.cut
        p = torch.sigmoid(v).unsqueeze(2)
        w = (p * self.bits + (1 - p) * (1 - self.bits)).prod(-1)
        return torch.einsum("btl,tlc->bc", w, self.leaf)


class Grn(nn.Module):
    """Gated residual units choose among features (as in the temporal fusion transformer)."""
    def __init__(self, f=8, d=24):
        super().__init__()
        self.embed, self.weigh, self.units, self.gate, self.norm, self.head = nn.Linear(1, d), mlp(f * d, 32, f, act=nn.ELU), mlp(d, d, d, act=nn.ELU), nn.Linear(d, 2 * d), nn.LayerNorm(d), nn.Linear(d, 4)

    def forward(self, x):
        e = self.embed(x.unsqueeze(-1))
        w = self.weigh(e.flatten(1)).softmax(-1)
        y = self.norm(e + F.glu(self.gate(self.units(e)), -1))
        return self.head((w.unsqueeze(-1) * y).sum(1))


class Periodic(nn.Module):
    """Numbers as sines and cosines (PLR), then a residual network with BatchNorm."""
    def __init__(self, f=8, k=6):
        super().__init__()
        self.c, self.lin, self.a, self.b, self.n, self.head = nn.Parameter(torch.randn(f, k)), nn.Linear(2 * k, 8), nn.Linear(f * 8, 64), nn.Linear(64, 64), nn.BatchNorm1d(64), nn.Linear(64, 4)

    def forward(self, x):
        v = 6.2832 * self.c * x.unsqueeze(-1)
        x = self.a(F.relu(self.lin(torch.cat([v.sin(), v.cos()], -1))).flatten(1))
        return self.head(x + self.b(F.relu(self.n(x))))


class Tide(nn.Module):
    def __init__(self, t=24, h=4, d=32):
        super().__init__()
        self.enc, self.dec, self.skip, self.lin, self.norm = mlp(t * 3, 64, d), mlp(d, 64, h), nn.Linear(t * 3, d), nn.Linear(t, h), nn.LayerNorm(d)

    def forward(self, x):
        y = x.flatten(1)
        return self.dec(self.norm(self.enc(y) + self.skip(y))) + self.lin(x[:, :, 0])


class TsMixer(nn.Module):
    def __init__(self, t=24, c=6, h=4):
        super().__init__()
        self.time, self.feat, self.n, self.m, self.out, self.fc = nn.Linear(t, t), mlp(c, 24, c), nn.LayerNorm(c), nn.LayerNorm(c), nn.Linear(t, h), nn.Linear(c, 1)

    def forward(self, x):
        for _ in range(2):
            x = x + F.relu(self.time(self.n(x).transpose(1, 2))).transpose(1, 2)
            x = x + self.feat(self.m(x))
        return self.fc(self.out(x.transpose(1, 2)).transpose(1, 2)).squeeze(-1)


class PatchTst(nn.Module):
    def __init__(self, t=32, p=8, s=4, d=32, h=4):
        super().__init__()
        self.p, self.s, self.embed, self.pos = p, s, nn.Linear(p, d), nn.Parameter(torch.randn((t - p) // s + 1, d))
        self.blocks, self.head = nn.ModuleList([Block(d), Block(d)]), nn.Linear(((t - p) // s + 1) * d, h)

    def forward(self, x):
        mean, sd = x.mean(1, keepdim=True), x.std(1, keepdim=True) + 1e-5
        x = self.embed(((x - mean) / sd).unfold(1, self.p, self.s)) + self.pos
        for block in self.blocks:
            x = block(x)
        return self.head(x.flatten(1)) * sd + mean


class InceptionTime(nn.Module):
    def __init__(self, c=3, k=8):
        super().__init__()
        def unit(i):
            return nn.ModuleDict(dict(narrow=nn.Conv1d(i, k, 1), a=nn.Conv1d(k, k, 9, padding=4), b=nn.Conv1d(k, k, 19, padding=9), c=nn.Conv1d(k, k, 5, padding=2), p=nn.Conv1d(i, k, 1), n=nn.BatchNorm1d(4 * k)))
        self.units, self.short, self.fc = nn.ModuleList([unit(c), unit(4 * k), unit(4 * k)]), nn.Sequential(nn.Conv1d(c, 4 * k, 1), nn.BatchNorm1d(4 * k)), nn.Linear(4 * k, 4)

    def forward(self, x):
        y = x
        for u in self.units:
            z = u["narrow"](y)
            y = F.relu(u["n"](torch.cat([u["a"](z), u["b"](z), u["c"](z), u["p"](F.max_pool1d(y, 3, 1, 1))], 1)))
        return self.fc(F.relu(y + self.short(x)).mean(-1))


class DeepAr(nn.Module):
    """A recurrent network whose steps answer with the mean and the spread."""
    def __init__(self, d=32):
        super().__init__()
        self.rnn, self.mu, self.sigma = nn.LSTM(3, d, 2, batch_first=True), nn.Linear(d, 1), nn.Linear(d, 1)

    def forward(self, x):
        y = self.rnn(x)[0]
        return torch.cat([self.mu(y), F.softplus(self.sigma(y))], -1)


class M5(nn.Module):
    def __init__(self, c=16):
        super().__init__()
        layers = []
        for i, o, k, s in ((1, c, 40, 8), (c, c, 3, 1), (c, 2 * c, 3, 1), (2 * c, 4 * c, 3, 1)):
            layers += [nn.Conv1d(i, o, k, s), nn.BatchNorm1d(o), nn.ReLU(), nn.MaxPool1d(4)]
        self.net, self.fc = nn.Sequential(*layers[:-1]), nn.Linear(4 * c, 4)

    def forward(self, x):
        return self.fc(F.avg_pool1d(self.net(x), self.net(x).shape[-1]).permute(0, 2, 1)).squeeze(1).log_softmax(-1)


class Spectral(nn.Module):
    """A spectrogram by a convolution with sines, its logarithm, then a small network over the picture."""
    def __init__(self, n=32):
        super().__init__()
        t = torch.arange(n) * 6.2832 / n
        k = torch.arange(n // 2)[:, None]
        self.register_buffer("w", torch.cat([(k * t).cos(), (k * t).sin()])[:, None])
        self.n, self.net, self.fc = n, nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU()), nn.Linear(32, 4)

    def forward(self, x):
        s = F.conv1d(x, self.w, stride=self.n // 2)
        re, im = s.chunk(2, 1)
        return self.fc(self.net(torch.log(re.square() + im.square() + 1e-6).unsqueeze(1)).amax((2, 3)))


class Squeezeformer(nn.Module):
    """Depthwise convolution between pointwise ones with a gate, beside attention."""
    def __init__(self, d=32):
        super().__init__()
        self.front, self.block, self.a, self.d, self.n, self.b, self.ln, self.fc = nn.Conv1d(20, d, 3, 2, 1), Block(d), nn.Conv1d(d, 2 * d, 1), nn.Conv1d(d, d, 7, padding=3, groups=d), nn.BatchNorm1d(d), nn.Conv1d(d, d, 1), nn.LayerNorm(d), nn.Linear(d, 4)

    def forward(self, x):
        x = self.block(self.front(x).transpose(1, 2))
        y = F.glu(self.a(self.ln(x).transpose(1, 2)), 1)
        x = x + self.b(F.silu(self.n(self.d(y)))).transpose(1, 2)
        return self.fc(x.mean(1))


class PointPlus(nn.Module):
    """The nearest neighbours of each point by distance, gathered, and pooled by their largest."""
    def __init__(self, k=4, d=32):
        super().__init__()
        self.k, self.a, self.b, self.fc = k, mlp(6, d, d), mlp(2 * d, 64, 64), mlp(64, 32, 4)

    def near(self, x, f):
        d = (x.unsqueeze(2) - x.unsqueeze(1)).square().sum(-1)
        i = d.topk(self.k, largest=False)[1]
        b, n, k = i.shape
        g = torch.gather(f.unsqueeze(1).expand(-1, n, -1, -1), 2, i.unsqueeze(-1).expand(-1, -1, -1, f.shape[-1]))
        return torch.cat([g - f.unsqueeze(2), f.unsqueeze(2).expand(-1, -1, k, -1)], -1)

    def forward(self, x):
        f = self.a(self.near(x, x)).amax(2)
        return self.fc(self.b(self.near(x, f)).amax(2).amax(1))


class Gcn(nn.Module):
    """A dense adjacency, normalised by degrees in the network, with a jump over layers."""
    def __init__(self, f=6, d=32):
        super().__init__()
        self.a, self.b, self.c, self.fc = nn.Linear(f, d), nn.Linear(d, d), nn.Linear(d, d), nn.Linear(2 * d, 4)

    def forward(self, x, adj):
        deg = adj.sum(-1).clamp(min=1).rsqrt()
        a = adj * deg.unsqueeze(1) * deg.unsqueeze(2)
        h1 = F.relu(a @ self.a(x))
        h2 = F.relu(a @ self.b(h1) + self.c(h1))
        return self.fc(torch.cat([h1.mean(1), h2.amax(1)], -1))


class Gin(nn.Module):
    def __init__(self, f=6, d=32):
        super().__init__()
        self.eps, self.a, self.b, self.fc = nn.Parameter(torch.zeros(2)), mlp(f, d, d), mlp(d, d, d), nn.Linear(d, 4)

    def forward(self, x, adj):
        x = F.relu(self.a((1 + self.eps[0]) * x + adj.bmm(x)))
        x = F.relu(self.b((1 + self.eps[1]) * x + adj.bmm(x)))
        return self.fc(x.sum(1))


def conv(i, o, k=3, s=1, g=1):
    return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=False), nn.BatchNorm2d(o), nn.ReLU())


class RepBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a, self.b, self.n = nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, c, 1), nn.BatchNorm2d(c)

    def forward(self, x):
        return F.relu(self.a(x) + self.b(x) + self.n(x))


class Rep(nn.Module):
    """Branches of 3x3, 1x1 and identity as in training."""
    def __init__(self, c=24):
        super().__init__()
        self.net = nn.Sequential(conv(3, c, 3, 2), RepBlock(c), conv(c, 2 * c, 3, 2), RepBlock(2 * c), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * c, 4))

    def forward(self, x):
        return self.net(x)


class MobileVit(nn.Module):
    """Pictures unfolded into tokens of patches, attention across them, folded back."""
    def __init__(self, c=24):
        super().__init__()
        self.stem, self.local, self.block, self.back, self.fuse, self.fc = conv(3, c, 3, 2), conv(c, c), Block(c, 2), conv(c, c, 1), conv(2 * c, 32), nn.Linear(32, 4)

    def forward(self, x):
        x = self.stem(x)
        y = self.local(x)
        b, c, h, w = y.shape
        t = y.reshape(b, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 2, 4, 1).reshape(b * 4, h * w // 4, c)
        t = self.block(t).reshape(b, 2, 2, h // 2, w // 2, c).permute(0, 5, 3, 1, 4, 2).reshape(b, c, h, w)
        return self.fc(self.fuse(torch.cat([x, self.back(t)], 1)).mean((2, 3)))


class CoAt(nn.Module):
    """Inverted residuals with squeeze and excitation, then attention with relative positions."""
    def __init__(self, c=24, n=16):
        super().__init__()
        self.stem, self.up, self.dw, self.se1, self.se2, self.down = conv(3, c, 3, 2), conv(c, 4 * c, 1), conv(4 * c, 4 * c, 3, 1, 4 * c), nn.Conv2d(4 * c, 8, 1), nn.Conv2d(8, 4 * c, 1), nn.Conv2d(4 * c, c, 1)
        self.pool, self.qkv, self.bias, self.out, self.fc = nn.MaxPool2d(4), nn.Linear(c, 3 * c), nn.Parameter(torch.randn(1, 4, n, n)), nn.Linear(c, c), nn.Linear(c, 4)

    def forward(self, x):
        x = self.stem(x)
        y = self.dw(self.up(x))
        x = x + self.down(y * torch.sigmoid(self.se2(F.silu(self.se1(y.mean((2, 3), keepdim=True))))))
        t = self.pool(x).flatten(2).transpose(1, 2)
        b, n, c = t.shape
        q, k, v = [z.view(b, n, 4, c // 4).transpose(1, 2) for z in self.qkv(t).chunk(3, -1)]
        t = t + self.out(((q @ k.transpose(-1, -2) * 0.4 + self.bias).softmax(-1) @ v).transpose(1, 2).reshape(b, n, c))
        return self.fc(t.mean(1))


class GMlp(nn.Module):
    def __init__(self, n=16, d=32):
        super().__init__()
        self.patch, self.n, self.a, self.sn, self.spatial, self.b, self.fc = nn.Conv2d(3, d, 4, 4), nn.LayerNorm(d), nn.Linear(d, 4 * d), nn.LayerNorm(2 * d), nn.Conv1d(n, n, 1), nn.Linear(2 * d, d), nn.Linear(d, 4)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        u, v = F.gelu(self.a(self.n(x))).chunk(2, -1)
        return self.fc((x + self.b(u * self.spatial(self.sn(v)))).mean(1))


class Link(nn.Module):
    """An encoder whose maps are added to the decoder's (LinkNet), with classes for every pixel."""
    def __init__(self, c=16):
        super().__init__()
        self.a, self.b, self.c = conv(3, c), conv(c, 2 * c, 3, 2), conv(2 * c, 4 * c, 3, 2)
        self.u2, self.u1, self.out = nn.Sequential(nn.ConvTranspose2d(4 * c, 2 * c, 4, 2, 1), nn.BatchNorm2d(2 * c), nn.ReLU()), nn.Sequential(nn.ConvTranspose2d(2 * c, c, 3, 2, 1, 1), nn.ReLU()), nn.Conv2d(c, 4, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        return self.out(self.u1(self.u2(self.c(b)) + b) + a)


class SegHead(nn.Module):
    """Maps of several sizes brought to one width and size, joined (as SegFormer's decoder)."""
    def __init__(self, c=16):
        super().__init__()
        self.s1, self.s2, self.s3 = conv(3, c, 3, 2), conv(c, 2 * c, 3, 2), conv(2 * c, 4 * c, 3, 2)
        self.l = nn.ModuleList(nn.Linear(c * k, 24) for k in (1, 2, 4))
        self.fuse, self.out = conv(72, 24, 1), nn.Conv2d(24, 4, 1)

    def forward(self, x):
        a = self.s1(x)
        b = self.s2(a)
        c = self.s3(b)
        maps = [lin(m.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(m.shape[0], 24, *m.shape[2:]) for lin, m in zip(self.l, (a, b, c))]
        maps = [F.interpolate(m, size=a.shape[2:], mode="bilinear", align_corners=False) for m in maps]
        return self.out(self.fuse(torch.cat(maps, 1)))


class Fcos(nn.Module):
    """A head shared by the levels of a pyramid: classes, boxes with a scale a level, centerness."""
    def __init__(self, c=24):
        super().__init__()
        self.s1, self.s2, self.l1, self.l2 = conv(3, 32, 3, 2), conv(32, 48, 3, 2), nn.Conv2d(32, c, 1), nn.Conv2d(48, c, 1)
        self.tower, self.cls, self.box, self.ctr, self.scale = nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.GroupNorm(4, c), nn.ReLU()), nn.Conv2d(c, 4, 3, padding=1), nn.Conv2d(c, 4, 3, padding=1), nn.Conv2d(c, 1, 3, padding=1), nn.Parameter(torch.ones(2))

    def forward(self, x):
        a = self.s1(x)
        b = self.s2(a)
        p2 = self.l2(b)
        p1 = self.l1(a) + F.interpolate(p2, scale_factor=2.0)
        out = []
        for i, p in enumerate((p1, p2)):
            t = self.tower(p)
            out.append(torch.cat([self.cls(t).sigmoid(), (self.box(t) * self.scale[i]).exp(), self.ctr(t)], 1).flatten(2))
        return torch.cat(out, 2).transpose(1, 2)


class FastText(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.embed, self.fc = nn.Embedding(60, d, padding_idx=0), mlp(d, 32, 4)

    def forward(self, x):
        m = (x != 0).float().unsqueeze(-1)
        return self.fc((self.embed(x) * m).sum(1) / m.sum(1).clamp(min=1))


class CharCnn(nn.Module):
    """One-hot characters, convolutions of several widths, a highway."""
    def __init__(self, d=24):
        super().__init__()
        self.convs, self.h, self.t, self.fc = nn.ModuleList(nn.Conv1d(60, d, k, padding=k // 2) for k in (3, 5, 7)), nn.Linear(3 * d, 3 * d), nn.Linear(3 * d, 3 * d), nn.Linear(3 * d, 4)

    def forward(self, x):
        x = F.one_hot(x, 60).float().transpose(1, 2)
        x = torch.cat([F.relu(c(x)).amax(-1) for c in self.convs], 1)
        t = torch.sigmoid(self.t(x))
        return self.fc(t * F.relu(self.h(x)) + (1 - t) * x)


class Masked(nn.Module):
    """An encoder that makes its mask from the ids and means over what counts."""
    def __init__(self, d=32):
        super().__init__()
        self.e, self.p, self.blocks, self.fc = nn.Embedding(60, d), nn.Parameter(torch.randn(16, d)), nn.ModuleList([Block(d), Block(d)]), nn.Linear(d, 4)

    def forward(self, ids):
        mask = (ids != 0).long()
        x = self.e(ids) + self.p
        for block in self.blocks:
            x = block(x, mask)
        m = mask.unsqueeze(-1).float()
        return self.fc((x * m).sum(1) / m.sum(1).clamp(min=1e-6))


class LastToken(nn.Module):
    """The token with the greatest id answers, as in CLIP's text tower."""
    def __init__(self, d=32):
        super().__init__()
        self.e, self.block, self.n, self.fc = nn.Embedding(60, d), Block(d), nn.LayerNorm(d), nn.Linear(d, 4)

    def forward(self, ids):
        x = self.n(self.block(self.e(ids)))
        at = ids.argmax(-1)
        return self.fc(torch.gather(x, 1, at[:, None, None].expand(-1, 1, x.shape[-1])).squeeze(1))


class Linear(nn.Module):
    """Attention without a softmax over tokens (elu + 1), causal by cumulative sums."""
    def __init__(self, d=32):
        super().__init__()
        self.e, self.q, self.k, self.v, self.o, self.fc = nn.Embedding(60, d), nn.Linear(d, 16), nn.Linear(d, 16), nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, 4)

    def forward(self, ids):
        x = self.e(ids)
        q, k, v = F.elu(self.q(x)) + 1, F.elu(self.k(x)) + 1, self.v(x)
        kv = (k.unsqueeze(-1) * v.unsqueeze(-2)).cumsum(1)
        z = (q * k.cumsum(1)).sum(-1, keepdim=True) + 1e-6
        return self.fc((x + self.o((q.unsqueeze(-2) @ kv).squeeze(-2) / z)).mean(1))


class MinGru(nn.Module):
    """A recurrence without its own state in the gates, computed in logarithms with cumulative sums."""
    def __init__(self, d=32):
        super().__init__()
        self.e, self.z, self.h, self.o, self.fc = nn.Embedding(60, d), nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, 4)

    def forward(self, ids):
        x = self.e(ids)
        z = torch.sigmoid(self.z(x))
        a = torch.log(1 - z + 1e-6).cumsum(1)
        h = torch.exp(a) * (z * torch.sigmoid(self.h(x)) * torch.exp(-a.clamp(min=-20))).cumsum(1)
        return self.fc((x + self.o(h))[:, -1])


class TimeMix(nn.Module):
    """Tokens shifted by one and mixed, receptance over weights that decay (as RWKV), steps written out."""
    def __init__(self, d=24):
        super().__init__()
        self.e, self.mix, self.r, self.k, self.v, self.o, self.w, self.u, self.fc = nn.Embedding(60, d), nn.Parameter(torch.rand(3, d)), nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d), nn.Parameter(torch.randn(d)), nn.Parameter(torch.randn(d)), nn.Linear(d, 4)

    def forward(self, ids):
        x = self.e(ids)
        before = F.pad(x, (0, 0, 1, 0))[:, :-1]
        r, k, v = [lin(x * m + before * (1 - m)) for lin, m in zip((self.r, self.k, self.v), self.mix)]
        a = b = torch.zeros_like(x[:, 0])
        out = []
        for t in range(x.shape[1]):
            e = torch.exp(self.u + k[:, t])
            out.append((a + e * v[:, t]) / (b + e))
            a, b = torch.exp(-self.w.exp()) * a + k[:, t].exp() * v[:, t], torch.exp(-self.w.exp()) * b + k[:, t].exp()
        return self.fc((x + self.o(torch.sigmoid(r) * torch.stack(out, 1))).mean(1))


class Routed(nn.Module):
    """The best two of four experts for each sample, their gates written back by index."""
    def __init__(self, f=8, d=32):
        super().__init__()
        self.front, self.gate, self.experts, self.fc = mlp(f, d, d), nn.Linear(d, 4), nn.ModuleList(mlp(d, 48, d) for _ in range(4)), nn.Linear(d, 4)

    def forward(self, x):
        x = self.front(x)
        g, i = self.gate(x).topk(2)
        w = torch.zeros_like(self.gate(x)).scatter(1, i, g.softmax(-1))
        y = torch.stack([e(x) for e in self.experts], 1)
        return self.fc(x + (w.unsqueeze(-1) * y).sum(1))


class Stn(nn.Module):
    """A network that turns its picture before it looks at it."""
    def __init__(self, c=16):
        super().__init__()
        self.loc, self.aff, self.net, self.fc = nn.Sequential(conv(3, c, 3, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten()), nn.Linear(c, 6), nn.Sequential(conv(3, c), nn.MaxPool2d(2), conv(c, 2 * c)), nn.Linear(2 * c, 4)
        y, x = torch.meshgrid(torch.linspace(-1, 1, 16), torch.linspace(-1, 1, 16), indexing="ij")
        self.register_buffer("base", torch.stack([x, y, torch.ones_like(x)], -1).view(1, 256, 3))

    def forward(self, x):
        theta = self.aff(self.loc(x)).view(-1, 2, 3) * 0.3
        grid = (self.base @ theta.transpose(1, 2)).view(-1, 16, 16, 2)
        return self.fc(self.net(F.grid_sample(x, grid, align_corners=False)).mean((2, 3)))


class C3d(nn.Module):
    """A small network over volumes."""
    def __init__(self, c=12):
        super().__init__()
        self.net = nn.Sequential(nn.Conv3d(1, c, 3, padding=1), nn.BatchNorm3d(c), nn.ReLU(), nn.MaxPool3d(2), nn.Conv3d(c, 2 * c, 3, padding=1), nn.BatchNorm3d(2 * c), nn.ReLU(), nn.AvgPool3d(2), nn.Conv3d(2 * c, 4 * c, (1, 3, 3)), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(4 * c, 4))

    def forward(self, x):
        return self.net(x)


class Factored3d(nn.Module):
    """Space and time apart, with depthwise time (as MoViNet)."""
    def __init__(self, c=16):
        super().__init__()
        self.a, self.t, self.b, self.n, self.fc = nn.Conv3d(1, c, (1, 3, 3), (1, 2, 2), (0, 1, 1)), nn.Conv3d(c, c, (5, 1, 1), padding=(2, 0, 0), groups=c), nn.Conv3d(c, 2 * c, 1), nn.BatchNorm3d(2 * c), nn.Linear(2 * c, 4)

    def forward(self, x):
        return self.fc(F.hardswish(self.n(self.b(F.relu(self.t(F.relu(self.a(x))))))).mean((2, 3, 4)))


class SetNet(nn.Module):
    """A set looked at by learnt seeds (as the set transformer)."""
    def __init__(self, d=32):
        super().__init__()
        self.e, self.block, self.seed, self.q, self.kv, self.fc = nn.Linear(3, d), Block(d), nn.Parameter(torch.randn(1, 4, d)), nn.Linear(d, d), nn.Linear(d, 2 * d), nn.Linear(4 * d, 4)

    def forward(self, x):
        x = self.block(self.e(x))
        k, v = self.kv(x).chunk(2, -1)
        return self.fc(((self.q(self.seed) @ k.transpose(1, 2)).softmax(-1) @ v).flatten(1))


class Ode(nn.Module):
    """Steps of Runge and Kutta through a shared layer."""
    def __init__(self, f=8, d=32):
        super().__init__()
        self.front, self.f, self.fc = nn.Linear(f, d), mlp(d, 48, d, act=nn.Tanh), nn.Linear(d, 4)

    def forward(self, x):
        x = self.front(x)
        for _ in range(2):
            k1 = self.f(x)
            k2 = self.f(x + 0.25 * k1)
            x = x + 0.5 * k2
        return self.fc(x)


class Hyperbolic(nn.Module):
    """Points of the Poincare ball: the hyperbolic tangent and its inverse of norms."""
    def __init__(self, f=8, d=32):
        super().__init__()
        self.a, self.b, self.fc = nn.Linear(f, d), nn.Linear(d, d), nn.Linear(d, 4)

    def forward(self, x):
        x = torch.tanh(self.a(x)) * 0.1
        n = x.norm(dim=-1, keepdim=True).clamp(1e-5, 0.95)
        y = self.b(0.5 * ((1 + n) / (1 - n)).log() / n * x)
        return self.fc(torch.atan(y) + torch.log(y + (y * y + 1).sqrt()))


class Grouped(nn.Module):
    """Fewer keys than queries, products broadcast over groups of heads."""
    def __init__(self, d=128):
        super().__init__()
        self.q, self.k, self.v, self.o, self.fc = nn.Linear(d, d), nn.Linear(d, d // 2), nn.Linear(d, d // 2), nn.Linear(d, d), nn.Linear(d, 4)

    def forward(self, x):
        b, t, d = x.shape
        q = self.q(x).view(b, t, 2, 2, 32).permute(0, 2, 3, 1, 4)
        k, v = [z.view(b, t, 2, 1, 32).permute(0, 2, 3, 1, 4) for z in (self.k(x), self.v(x))]
        y = (q @ k.transpose(-1, -2) * 32 ** -0.5).softmax(-1) @ v
        return self.fc((x + self.o(y.permute(0, 3, 1, 2, 4).reshape(b, t, d))).mean(1))


class Trilinear(nn.Module):
    """Three views that meet in one sum of products."""
    def __init__(self, f=8, d=24):
        super().__init__()
        self.a, self.b, self.c, self.fc = mlp(f, 32, d), mlp(f, 32, d), mlp(f, 32, d), nn.Linear(d, 4)

    def forward(self, x):
        return self.fc(torch.einsum("bi,bi,bi->bi", self.a(x), self.b(x), self.c(x)))


class Tagger(nn.Module):
    """Several labels a picture: sigmoids over tags with a score for each by attention to places (as query heads)."""
    def __init__(self, c=24, tags=6):
        super().__init__()
        self.net, self.q, self.k, self.v, self.w, self.bias = nn.Sequential(conv(3, c, 3, 2), conv(c, 2 * c, 3, 2)), nn.Parameter(torch.randn(tags, 2 * c)), nn.Conv2d(2 * c, 2 * c, 1), nn.Conv2d(2 * c, 2 * c, 1), nn.Parameter(torch.randn(tags, 2 * c)), nn.Parameter(torch.zeros(tags))

    def forward(self, x):
        x = self.net(x)
        a = (self.q @ self.k(x).flatten(2) * 0.15).softmax(-1)
        y = a @ self.v(x).flatten(2).transpose(1, 2)
        return torch.sigmoid((y * self.w).sum(-1) + self.bias)


image, row, ids = lambda s=16: torch.randn(2, 3, s, s), lambda: torch.randn(2, 8), lambda: torch.randint(1, 60, (2, 16))
adjacency = lambda: torch.bernoulli(torch.full((2, 7, 7), 0.4)).tril().add(torch.eye(7)).clamp(max=1)
NETWORKS = {
    "saint": (Saint, row), "node": (Node, row), "grn": (Grn, row), "periodic": (Periodic, row),
    "tide": (Tide, lambda: torch.randn(2, 24, 3)), "tsmixer": (TsMixer, lambda: torch.randn(2, 24, 6)), "patch_tst": (PatchTst, lambda: torch.randn(2, 32)),
    "inception_time": (InceptionTime, lambda: torch.randn(2, 3, 40)), "deep_ar": (DeepAr, lambda: torch.randn(2, 12, 3)),
    "m5": (M5, lambda: torch.randn(2, 1, 2400)), "spectral": (Spectral, lambda: torch.randn(2, 1, 320)), "squeezeformer": (Squeezeformer, lambda: torch.randn(2, 20, 24)),
    "point_plus": (PointPlus, lambda: torch.randn(2, 16, 3)), "set_net": (SetNet, lambda: torch.randn(2, 10, 3)),
    "gcn": (Gcn, lambda: torch.randn(2, 7, 6), adjacency), "gin": (Gin, lambda: torch.randn(2, 7, 6), adjacency),
    "rep": (Rep, image), "mobile_vit": (MobileVit, image), "coat": (CoAt, lambda: image(32)), "g_mlp": (GMlp, image),
    "link": (Link, image), "seg_head": (SegHead, lambda: image(32)), "fcos_head": (Fcos, image), "stn": (Stn, image), "tagger": (Tagger, image),
    "fast_text": (FastText, ids), "char_cnn": (CharCnn, ids), "masked": (Masked, ids), "last_token": (LastToken, ids),
    "linear_attention": (Linear, ids), "min_gru": (MinGru, ids), "time_mix": (TimeMix, ids), "grouped_queries": (Grouped, lambda: torch.randn(2, 10, 128)),
    "routed": (Routed, row), "ode": (Ode, row), "hyperbolic": (Hyperbolic, row), "trilinear": (Trilinear, row),
    "c3d": (C3d, lambda: torch.randn(2, 1, 8, 16, 16)), "factored3d": (Factored3d, lambda: torch.randn(2, 1, 8, 16, 16)),
}


def made(net, samples, opset):
    names = [f"input{i}" if i else "input" for i in range(len(samples))]
    return lambda: (net(), tuple(sample() for sample in samples), {"opset_version": opset, "dynamic_axes": {name: {0: "batch"} for name in names}})


ZOO = {name: made(net, samples, next(opsets)) for name, (net, *samples) in NETWORKS.items()}
