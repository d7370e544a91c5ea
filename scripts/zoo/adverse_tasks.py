"""Networks of tasks and papers as people write them down themselves; part of `--set adverse`."""
import torch
from torch import nn
from torch.nn import functional as F

from adverse_blocks import BATCH, Call, Residual, conv, head, ids, image

dense = lambda i, o, act=nn.ReLU: nn.Sequential(nn.Linear(i, o), act())


class MixerBlock(nn.Module):
    """MLP-Mixer with convolutions of one as dense layers over tokens."""
    def __init__(self, tokens, c):
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(c), nn.LayerNorm(c)
        self.t, self.f = nn.Sequential(nn.Conv1d(tokens, 24, 1), nn.GELU(), nn.Conv1d(24, tokens, 1)), nn.Sequential(nn.Linear(c, 2 * c), nn.GELU(), nn.Linear(2 * c, c))

    def forward(self, x):
        x = x + self.t(self.n1(x))
        return x + self.f(self.n2(x))


class ShuffleV1(nn.Module):
    """ShuffleNet v1: grouped 1x1, shuffle, depthwise, grouped 1x1; the shortcut is pooled and joined."""
    def __init__(self, i, o, s, g=4):
        super().__init__()
        m = (o - i if s > 1 else o) // 4
        self.g, self.s = g, s
        self.a, self.d, self.b = conv(i, m, 1, g=g), nn.Sequential(nn.Conv2d(m, m, 3, s, 1, groups=m, bias=False), nn.BatchNorm2d(m)), nn.Sequential(nn.Conv2d(m, o - i if s > 1 else o, 1, groups=g, bias=False), nn.BatchNorm2d(o - i if s > 1 else o))

    def forward(self, x):
        y = self.a(x)
        n, c, h, w = y.shape
        y = self.b(self.d(y.view(n, self.g, c // self.g, h, w).permute(0, 2, 1, 3, 4).reshape(n, c, h, w)))
        return F.relu(torch.cat([y, F.avg_pool2d(x, 3, 2, 1)], 1) if self.s > 1 else x + y)


class Transformer2d(nn.Module):
    """A spatial transformer: the network predicts where to sample."""
    def __init__(self):
        super().__init__()
        self.loc, self.theta, self.net = nn.Sequential(conv(1, 8, 5), nn.MaxPool2d(4), conv(8, 10, 3), nn.AdaptiveAvgPool2d(2), nn.Flatten(), dense(40, 16)), nn.Linear(16, 6), nn.Sequential(conv(1, 16), conv(16, 24), head(24))

    def forward(self, x):
        grid = F.affine_grid(self.theta(self.loc(x)).view(-1, 2, 3), list(x.shape), align_corners=False)
        return self.net(F.grid_sample(x, grid, align_corners=False))


class NonLocal(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.q, self.k, self.v, self.o = nn.Conv2d(c, c // 2, 1), nn.Conv2d(c, c // 2, 1), nn.Conv2d(c, c // 2, 1), nn.Sequential(nn.Conv2d(c // 2, c, 1), nn.BatchNorm2d(c))

    def forward(self, x):
        n, c, h, w = x.shape
        q, k, v = self.q(x).flatten(2), F.max_pool2d(self.k(x), 2).flatten(2), F.max_pool2d(self.v(x), 2).flatten(2)
        y = torch.matmul(v, torch.softmax(q.transpose(1, 2) @ k, -1).transpose(1, 2))
        return x + self.o(y.view(n, -1, h, w))


class Graph(nn.Module):
    """Graph convolutions with a learnt adjacency, and pooling over nodes."""
    def __init__(self):
        super().__init__()
        self.e1, self.e2, self.a, self.b, self.fc = nn.Parameter(torch.randn(10, 6)), nn.Parameter(torch.randn(6, 10)), nn.Linear(5, 24), nn.Linear(24, 32), nn.Linear(64, 3)

    def forward(self, x):
        adjacency = torch.softmax(F.relu(self.e1 @ self.e2), -1)
        x = F.relu(torch.einsum("nm,bmf->bnf", adjacency, self.a(x)))
        x = F.relu(adjacency @ self.b(x))
        return self.fc(torch.cat([x.mean(1), x.max(1).values], -1))


class NBeats(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk, self.back, self.fore = nn.ModuleList(nn.Sequential(dense(20, 32), dense(32, 32)) for _ in range(3)), nn.ModuleList(nn.Linear(32, 20) for _ in range(3)), nn.ModuleList(nn.Linear(32, 5) for _ in range(3))

    def forward(self, x):
        total = 0
        for trunk, back, fore in zip(self.trunk, self.back, self.fore):
            h = trunk(x)
            x, total = x - back(h), total + fore(h)
        return total


class Conformer(nn.Module):
    """Half-step dense layers, attention with shifted relative positions, a gated depthwise convolution."""
    def __init__(self, c=32, h=4):
        super().__init__()
        ff = lambda: nn.Sequential(nn.LayerNorm(c), nn.Linear(c, 2 * c), nn.SiLU(), nn.Linear(2 * c, c))
        self.f1, self.f2, self.n, self.n2, self.n3, self.h = ff(), ff(), nn.LayerNorm(c), nn.LayerNorm(c), nn.LayerNorm(c), h
        self.q, self.k, self.v, self.o, self.p = nn.Linear(c, c), nn.Linear(c, c), nn.Linear(c, c), nn.Linear(c, c), nn.Linear(c, c, bias=False)
        self.u, self.w, self.table = nn.Parameter(torch.randn(h, c // h)), nn.Parameter(torch.randn(h, c // h)), nn.Parameter(torch.randn(23, c))
        self.c1, self.c2, self.bn, self.c3 = nn.Conv1d(c, 2 * c, 1), nn.Conv1d(c, c, 5, padding=2, groups=c), nn.BatchNorm1d(c), nn.Conv1d(c, c, 1)

    def forward(self, x):
        x = x + 0.5 * self.f1(x)
        n, l, c = x.shape
        y = self.n(x)
        q, k, v = (m(y).view(n, l, self.h, -1) for m in (self.q, self.k, self.v))
        p = self.p(self.table).view(1, 2 * l - 1, self.h, -1).transpose(1, 2)
        content = (q + self.u).transpose(1, 2) @ k.permute(0, 2, 3, 1)
        place = (q + self.w).transpose(1, 2) @ p.transpose(-2, -1)
        place = F.pad(place, (1, 0)).view(n, self.h, 2 * l, l)[:, :, 1:].reshape(n, self.h, l, 2 * l - 1)[..., :l]
        y = ((content + place) / (c // self.h) ** 0.5).softmax(-1) @ v.transpose(1, 2)
        x = x + self.o(y.transpose(1, 2).reshape(n, l, c))
        y = F.glu(self.c1(self.n2(x).transpose(1, 2)), 1)
        x = x + self.c3(F.silu(self.bn(self.c2(y)))).transpose(1, 2)
        return self.n3(x + 0.5 * self.f2(x))


class Perceiver(nn.Module):
    """Stored latents look at the input, then at one another."""
    def __init__(self, c=32):
        super().__init__()
        self.latents, self.i, self.cross, self.own, self.n, self.m, self.o = nn.Parameter(torch.randn(6, c)), nn.Linear(7, c), nn.MultiheadAttention(c, 4, batch_first=True), nn.MultiheadAttention(c, 4, batch_first=True), nn.LayerNorm(c), nn.Sequential(nn.Linear(c, 64), nn.GELU(), nn.Linear(64, c)), nn.Linear(c, 3)

    def forward(self, x):
        z, x = self.latents.repeat(x.shape[0], 1, 1), self.i(x)
        z = z + self.cross(z, x, x, need_weights=False)[0]
        z = z + self.own(z, z, z)[0]
        return self.o((z + self.m(self.n(z))).mean(1))


class Slots(nn.Module):
    """Slot attention: competition over slots, a recurrent cell, three rounds with shared weights."""
    def __init__(self, c=24):
        super().__init__()
        self.slots, self.i, self.k, self.v, self.q, self.cell, self.m, self.o = nn.Parameter(torch.randn(1, 4, c)), nn.Linear(5, c), nn.Linear(c, c), nn.Linear(c, c), nn.Linear(c, c), nn.GRUCell(c, c), nn.Sequential(nn.LayerNorm(c), dense(c, 48), nn.Linear(48, c)), nn.Linear(c, 2)

    def forward(self, x):
        x = self.i(x)
        k, v, s = self.k(x), self.v(x), self.slots.expand(x.shape[0], -1, -1)
        for _ in range(2):
            a = (self.q(s) @ k.transpose(1, 2) * 0.2).softmax(1)
            u = (a / (a.sum(-1, keepdim=True) + 1e-8)) @ v
            s = self.cell(u.reshape(-1, u.shape[-1]), s.reshape(-1, u.shape[-1])).view(u.shape)
            s = s + self.m(s)
        return self.o(s)


class Highway(nn.Module):
    """Characters through convolutions of several widths, highway layers, a recurrent layer (character-aware language model)."""
    def __init__(self):
        super().__init__()
        self.e, self.c, self.t, self.h, self.r, self.o = nn.Embedding(60, 12), nn.ModuleList(nn.Conv1d(12, 8 * k, k) for k in (1, 2, 3)), nn.Linear(48, 48), nn.Linear(48, 48), nn.LSTM(48, 32, batch_first=True), nn.Linear(32, 10)

    def forward(self, x):
        n, l = x.shape
        y = self.e(x.view(n * l // 4, 4)).transpose(1, 2)
        y = torch.cat([torch.tanh(c(y)).max(-1)[0] for c in self.c], 1)
        t = torch.sigmoid(self.t(y))
        y = t * F.relu(self.h(y)) + (1 - t) * y
        return self.o(self.r(y.view(n, l // 4, -1))[0])


class Shift(nn.Module):
    """Temporal shift: an eighth of the channels comes from the frame before, an eighth from the one behind."""
    def __init__(self, c=32, t=4):
        super().__init__()
        self.t, self.a, self.b, self.c, self.fc = t, conv(3, c), conv(c, c), conv(c, c), nn.Linear(c, 5)

    def shift(self, x):
        n, c, h, w = x.shape
        x = x.view(n // self.t, self.t, c, h, w)
        f = c // 8
        left = F.pad(x[:, 1:, :f], (0, 0, 0, 0, 0, 0, 0, 1))
        right = F.pad(x[:, :-1, f:2 * f], (0, 0, 0, 0, 0, 0, 1, 0))
        return torch.cat([left, right, x[:, :, 2 * f:]], 2).view(n, c, h, w)

    def forward(self, x):
        n = x.shape[0]
        x = self.a(x.flatten(0, 1))
        x = x + self.b(self.shift(x))
        x = self.c(x).mean((2, 3))
        return self.fc(x).view(n, self.t, -1).mean(1)


class Speaker(nn.Module):
    """ECAPA-TDNN in small: Res2 blocks, gates, all layers joined, attentive statistics."""
    def __init__(self, c=32):
        super().__init__()
        unit = lambda i, o, k=1, d=1: nn.Sequential(nn.Conv1d(i, o, k, dilation=d, padding=d * (k // 2)), nn.ReLU(), nn.BatchNorm1d(o))

        class Block(nn.Module):
            def __init__(self, d):
                super().__init__()
                self.a, self.b, self.parts, self.se = unit(c, c), unit(c, c), nn.ModuleList(unit(c // 4, c // 4, 3, d) for _ in range(3)), nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Conv1d(c, 8, 1), nn.ReLU(), nn.Conv1d(8, c, 1), nn.Sigmoid())

            def forward(self, x):
                parts = torch.split(self.a(x), c // 4, 1)
                out = [parts[0]]
                for i, unit in enumerate(self.parts):
                    out.append(unit(parts[i + 1] if i == 0 else parts[i + 1] + out[-1]))
                y = self.b(torch.cat(out, 1))
                return x + y * self.se(y)
        self.i, self.blocks, self.join = unit(16, c, 5), nn.ModuleList([Block(2), Block(3)]), nn.Conv1d(2 * c, 48, 1)
        self.att, self.bn, self.fc = nn.Sequential(nn.Conv1d(144, 16, 1), nn.ReLU(), nn.BatchNorm1d(16), nn.Tanh(), nn.Conv1d(16, 48, 1), nn.Softmax(2)), nn.BatchNorm1d(96), nn.Linear(96, 12)

    def forward(self, x):
        x = self.i(x)
        a = self.blocks[0](x)
        b = self.blocks[1](x + a)
        y = F.relu(self.join(torch.cat([a, b], 1)))
        l = y.shape[-1]
        w = self.att(torch.cat([y, y.mean(2, keepdim=True).repeat(1, 1, l), torch.sqrt(y.var(2, keepdim=True).clamp(1e-4)).repeat(1, 1, l)], 1))
        mean = (y * w).sum(2)
        spread = torch.sqrt(((y ** 2 * w).sum(2) - mean ** 2).clamp(1e-4))
        return F.normalize(self.fc(self.bn(torch.cat([mean, spread], 1))))


class Separate(nn.Module):
    """Conv-TasNet in small: a learnt basis, a mask for each speaker, and back."""
    def __init__(self, n=24, c=32):
        super().__init__()
        block = lambda d: Residual(nn.Conv1d(c, 48, 1), nn.PReLU(), nn.GroupNorm(1, 48, eps=1e-8), nn.Conv1d(48, 48, 3, padding=d, dilation=d, groups=48), nn.PReLU(), nn.GroupNorm(1, 48, eps=1e-8), nn.Conv1d(48, c, 1))
        self.n, self.enc, self.dec = n, nn.Conv1d(1, n, 16, 8, bias=False), nn.ConvTranspose1d(n, 1, 16, 8, bias=False)
        self.mask = nn.Sequential(nn.GroupNorm(1, n), nn.Conv1d(n, c, 1), block(1), block(2), nn.Conv1d(c, 2 * n, 1))

    def forward(self, x):
        w = F.relu(self.enc(x[:, None]))
        masks = F.relu(self.mask(w)).view(x.shape[0], 2, self.n, -1)
        s = w[:, None] * masks
        return self.dec(s.view(2 * x.shape[0], self.n, -1)).view(x.shape[0], 2, -1)


class Axial(nn.Module):
    """Attention along rows, then along columns; a learnt table of places for each."""
    def __init__(self, c=32, size=8, heads=4):
        super().__init__()
        self.h, self.i, self.rows, self.cols, self.q1, self.q2, self.o, self.fc = heads, conv(3, c, 3, 2), nn.Parameter(torch.randn(c, 1, size)), nn.Parameter(torch.randn(c, size, 1)), nn.Linear(c, 3 * c), nn.Linear(c, 3 * c), nn.Conv2d(c, c, 1), head(c)

    def attend(self, x, qkv):
        b, l, c = x.shape
        q, k, v = qkv(x).view(b, l, 3, self.h, c // self.h).permute(2, 0, 3, 1, 4)
        return ((q @ k.transpose(-1, -2) * 0.3).softmax(-1) @ v).transpose(1, 2).reshape(b, l, c)

    def forward(self, x):
        x = self.i(x)
        x = x + self.rows + self.cols
        n, c, h, w = x.shape
        y = self.attend(x.permute(0, 2, 3, 1).reshape(n * h, w, c), self.q1).view(n, h, w, c)
        y = self.attend(y.permute(0, 2, 1, 3).reshape(n * w, h, c), self.q2).view(n, w, h, c).permute(0, 3, 2, 1)
        return self.fc(x + self.o(y))


class Layers(nn.Module):
    """A weighted sum of all layers, a maxout, a scaled sum of statistics, a bias without a layer."""
    def __init__(self):
        super().__init__()
        self.i, self.layers, self.w, self.b, self.fc = dense(9, 24), nn.ModuleList(dense(24, 24, nn.SELU) for _ in range(3)), nn.Parameter(torch.randn(4)), nn.Parameter(torch.randn(24)), nn.Linear(24, 32)
        self.o = nn.Linear(8, 4)

    def forward(self, x):
        x = [self.i(x)]
        for layer in self.layers:
            x.append(layer(x[-1]))
        y = (torch.stack(x) * torch.softmax(self.w, 0)[:, None, None]).sum(0) + self.b
        return self.o(self.fc(y).view(-1, 4, 8).amax(1))


class Center(nn.Module):
    """Heads over one map by name, peaks by pooling."""
    def __init__(self):
        super().__init__()
        self.a, self.up, self.heads = nn.Sequential(conv(3, 16, 3, 2), conv(16, 32, 3, 2)), nn.Sequential(nn.ConvTranspose2d(32, 24, 4, 2, 1, bias=False), nn.BatchNorm2d(24), nn.ReLU()), nn.ModuleDict({k: nn.Sequential(nn.Conv2d(24, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, o, 1)) for k, o in (("heat", 3), ("size", 2), ("shift", 2))})

    def forward(self, x):
        y = self.up(self.a(x))
        out = {k: h(y) for k, h in self.heads.items()}
        heat = out["heat"].sigmoid()
        out["heat"] = heat * (F.max_pool2d(heat, 3, 1, 1) == heat).float()
        return out


class UNetPlus(nn.Module):
    """UNet++: every node joins all before it at its depth; deep supervision."""
    def __init__(self, c=(12, 16, 24)):
        super().__init__()
        self.a, self.b, self.c, self.ab, self.bc, self.abc = conv(3, c[0]), conv(c[0], c[1]), conv(c[1], c[2]), conv(c[0] + c[1], c[0]), conv(c[1] + c[2], c[1]), conv(2 * c[0] + c[1], c[0])
        self.o1, self.o2 = nn.Conv2d(c[0], 2, 1), nn.Conv2d(c[0], 2, 1)

    def forward(self, x):
        up = lambda y: F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=True)
        a = self.a(x)
        b = self.b(F.max_pool2d(a, 2))
        c = self.c(F.max_pool2d(b, 2))
        ab = self.ab(torch.cat([a, up(b)], 1))
        bc = self.bc(torch.cat([b, up(c)], 1))
        return (self.o1(ab) + self.o2(self.abc(torch.cat([a, ab, up(bc)], 1)))) / 2


class Folded(nn.Module):
    """Batch norms where they are rarely put: first, behind a flatten, between dense layers, without a scale."""
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16, affine=False), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.BatchNorm1d(16 * 49), nn.Linear(16 * 49, 40, bias=False), nn.BatchNorm1d(40), nn.Sigmoid(), nn.Unflatten(1, (10, 2, 2)), nn.ConvTranspose2d(10, 12, 3), nn.Hardtanh(), nn.UpsamplingBilinear2d(scale_factor=2), nn.Conv2d(12, 2, 1))

    def forward(self, x):
        return self.net(x)


class Windows(nn.Module):
    """Unfold and fold: patches embedded, mixed and put back over one another."""
    def __init__(self):
        super().__init__()
        self.i, self.a, self.b, self.o = conv(3, 16), nn.Linear(16 * 16, 48), nn.Linear(48, 64), nn.Conv2d(4, 3, 1)

    def forward(self, x):
        x = self.i(x)
        y = F.unfold(x, 4, stride=4).transpose(1, 2)
        y = self.b(F.gelu(self.a(y))).transpose(1, 2)
        return self.o(F.fold(y, x.shape[-2:], 4, stride=4))


tasks = {
    "mixer_conv": image(lambda: nn.Sequential(nn.Conv2d(3, 32, 4, 4), nn.Flatten(2), Call(lambda x: x.transpose(1, 2)), MixerBlock(16, 32), MixerBlock(16, 32), nn.LayerNorm(32), Call(lambda x: x.mean(1)), nn.Linear(32, 5)), 3, 16, 16),
    "shuffle_v1": image(lambda: nn.Sequential(conv(3, 16), ShuffleV1(16, 48, 2), ShuffleV1(48, 48, 1), ShuffleV1(48, 48, 1), head(48)), 3, 16, 16),
    "spatial_transformer": image(Transformer2d, 1, 28, 28), "non_local": image(lambda: nn.Sequential(conv(3, 32, 3, 2), NonLocal(32), conv(32, 32), NonLocal(32), head(32)), 3, 16, 16),
    "graph_learnt": image(Graph, 10, 5), "nbeats": image(NBeats, 20), "conformer": image(lambda: nn.Sequential(nn.Linear(8, 32), Conformer(), Conformer(), nn.Linear(32, 6)), 12, 8),
    "perceiver": image(Perceiver, 9, 7), "perceiver_batch": image(Perceiver, 9, 7, **BATCH), "slots": image(Slots, 9, 5), "highway": ids(Highway), "temporal_shift": image(Shift, 4, 3, 8, 8), "speaker": image(Speaker, 16, 30), "separate": image(Separate, 256),
    "axial": image(Axial, 3, 16, 16), "layers": image(Layers, 9), "layers_batch": image(Layers, 9, **BATCH), "center": image(Center, 3, 32, 32), "unet_plus": image(UNetPlus, 3, 16, 16), "folded": image(Folded, 3, 16, 16), "windows": image(Windows, 3, 16, 16),
}
