"""An eleventh zoo for export.py (`--set guests`): odd couplings as a sceptical guest would bring them, with open batches."""
import itertools

import torch
import torch.nn.functional as F
from torch import nn
import torchvision

opsets = itertools.cycle([15, 17, 18, 16])


def conv(i, o, k=3, s=1, g=1, bias=False):
    return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=bias), nn.BatchNorm2d(o), nn.ReLU())


def head(c, classes=5):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, classes))


class Coupled(nn.Module):
    """Additive coupling: one half goes through a branch and is added to the other, then the halves change places."""
    def __init__(self, c=32):
        super().__init__()
        self.stem, self.f, self.head = conv(3, c), nn.ModuleList(nn.Sequential(conv(c // 2, c), nn.Conv2d(c, c // 2, 3, padding=1)) for _ in range(3)), head(c)

    def forward(self, x):
        x = self.stem(x)
        for f in self.f:
            a, b = x.chunk(2, 1)
            x = torch.cat([b + f(a), a], 1)
        return self.head(x)


class Tied(nn.Module):
    """An autoencoder whose decoder reads the encoder's own weights, turned."""
    def __init__(self, d=24):
        super().__init__()
        self.a, self.b, self.bias = nn.Linear(d, 32), nn.Linear(32, 12), nn.Parameter(torch.zeros(d))

    def forward(self, x):
        z = self.b(self.a(x).relu()).relu()
        return F.linear(F.linear(z, self.b.weight.t()).relu(), self.a.weight.t(), self.bias)


class Siamese(nn.Module):
    """One tower for two pictures; their difference, product and sum are compared."""
    def __init__(self, c=24):
        super().__init__()
        self.tower, self.fc = nn.Sequential(conv(3, c, 3, 2), conv(c, 2 * c, 3, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * c, 32)), nn.Linear(128, 2)

    def forward(self, a, b):
        a, b = self.tower(a), self.tower(b)
        return self.fc(torch.cat([(a - b).abs(), a * b, a + b, torch.maximum(a, b)], 1))


class Again(nn.Module):
    """The same block three times, with a norm of its own each time."""
    def __init__(self, c=32):
        super().__init__()
        self.stem, self.block, self.norms, self.head = conv(3, c), nn.Sequential(conv(c, 48), nn.Conv2d(48, c, 3, padding=1)), nn.ModuleList(nn.BatchNorm2d(c) for _ in range(3)), head(c)

    def forward(self, x):
        x = self.stem(x)
        for norm in self.norms:
            x = norm(x + self.block(x)).relu()
        return self.head(x)


class Groups(nn.Module):
    """Convolutions in two, four and eight groups and a depthwise one meet in one sum."""
    def __init__(self, c=32):
        super().__init__()
        self.stem, self.b, self.head = conv(3, c), nn.ModuleList(conv(c, c, 3, 1, g) for g in (2, 4, 8, c, 1)), head(c)

    def forward(self, x):
        x = self.stem(x)
        return self.head(x + sum(b(x) for b in self.b))


class Excite(nn.Module):
    """Squeeze and excitation by dense layers behind a view, by a convolution over channels, and by two pools through one layer."""
    def __init__(self, c=32):
        super().__init__()
        self.a, self.b, self.c = conv(3, c), conv(c, c), conv(c, c)
        self.fc, self.eca, self.mlp, self.head = nn.Sequential(nn.Linear(c, 8), nn.ReLU(), nn.Linear(8, c)), nn.Conv1d(1, 1, 3, padding=1), nn.Sequential(nn.Conv2d(c, 8, 1), nn.ReLU(), nn.Conv2d(8, c, 1)), head(c)

    def forward(self, x):
        x = self.a(x)
        n, c = x.shape[:2]
        x = self.b(x * torch.sigmoid(self.fc(x.mean((2, 3)).view(n, c))).view(n, c, 1, 1))
        x = self.c(x)
        return self.head(x * torch.sigmoid(self.mlp(F.adaptive_avg_pool2d(x, 1)) + self.mlp(F.adaptive_max_pool2d(x, 1))))


class Shuffles(nn.Module):
    """Pixel shuffles and unshuffles with shortcuts across them."""
    def __init__(self, c=16):
        super().__init__()
        self.a, self.b, self.up, self.c, self.out = nn.Conv2d(12, 4 * c, 3, padding=1), nn.Conv2d(4 * c, 4 * c, 3, padding=1), nn.Conv2d(c, 4 * c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, 3, 3, padding=1)

    def forward(self, x):
        y = self.a(F.pixel_unshuffle(x, 2)).relu()
        y = F.pixel_shuffle(y + self.b(y).relu(), 2)
        y = F.pixel_shuffle(self.up(y).relu(), 2)
        return F.interpolate(x, scale_factor=2, mode="bilinear") + self.out(self.c(y).relu())


class Multiplied(nn.Module):
    """Depthwise convolutions with more outputs than inputs, chained, and a grouped transposed one."""
    def __init__(self, c=12):
        super().__init__()
        self.stem, self.d, self.p, self.e, self.up, self.head = conv(3, c), conv(c, 3 * c, 3, 2, c), conv(3 * c, 2 * c, 1), conv(2 * c, 4 * c, 3, 2, 2 * c), nn.ConvTranspose2d(4 * c, 2 * c, 4, 2, 1, groups=4), head(2 * c)

    def forward(self, x):
        y = self.p(self.d(self.stem(x)))
        return self.head(y + self.up(self.e(y)).relu())


class EinsumAttention(nn.Module):
    """Attention in einsums over heads, with a table of relative places and a gate for each head."""
    def __init__(self, d=48, h=4, t=16):
        super().__init__()
        self.e, self.place = nn.Embedding(60, d), nn.Parameter(torch.randn(t, d) * 0.1)
        self.q, self.k, self.v = (nn.Parameter(torch.randn(d, h, d // h) * 0.1) for _ in range(3))
        self.o, self.bias, self.gate, self.fc = nn.Parameter(torch.randn(h, d // h, d) * 0.1), nn.Parameter(torch.randn(h, t, t) * 0.1), nn.Parameter(torch.ones(h)), nn.Linear(d, 4)

    def forward(self, ids):
        x = self.e(ids) + self.place[: ids.shape[1]]
        q, k, v = (torch.einsum("btd,dhe->bhte", x, w) for w in (self.q, self.k, self.v))
        a = (torch.einsum("bhqe,bhke->bhqk", q, k) * 0.3 + self.bias).softmax(-1)
        y = torch.einsum("bhqk,bhke->bhqe", a, v) * torch.sigmoid(self.gate)[:, None, None]
        return self.fc((x + torch.einsum("bhte,hed->btd", y, self.o)).mean(1))


class Film(nn.Module):
    """A picture whose channels a row of numbers scales and shifts."""
    def __init__(self, c=24):
        super().__init__()
        self.stem, self.convs, self.film, self.head = conv(3, c), nn.ModuleList(conv(c, c) for _ in range(2)), nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 4 * c)), head(c)

    def forward(self, x, row):
        scales = self.film(row)[:, :, None, None].chunk(4, 1)
        x = self.stem(x)
        for i, c in enumerate(self.convs):
            x = x + c(x) * (1 + scales[2 * i]) + scales[2 * i + 1]
        return self.head(x)


class Answers(nn.Module):
    """Classes, boxes and masks from one pyramid."""
    def __init__(self, c=16):
        super().__init__()
        self.a, self.b, self.c = conv(3, c, 3, 2), conv(c, 2 * c, 3, 2), conv(2 * c, 4 * c, 3, 2)
        self.l, self.box, self.mask, self.cls = nn.ModuleList(nn.Conv2d(k * c, 24, 1) for k in (1, 2, 4)), nn.Conv2d(24, 4, 3, padding=1), nn.Conv2d(24, 2, 3, padding=1), head(4 * c)

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        c = self.c(b)
        p = self.l[2](c)
        p = F.interpolate(p, scale_factor=2.0) + self.l[1](b)
        p = F.interpolate(p, scale_factor=2.0) + self.l[0](a)
        return self.cls(c), self.box(p).flatten(2), torch.sigmoid(self.mask(p))


class GatedUnits(nn.Module):
    """GLU over halves, SwiGLU, GEGLU and a gate over every second feature."""
    def __init__(self, d=24):
        super().__init__()
        self.a, self.b, self.c, self.g, self.u, self.o, self.e, self.fc = nn.Linear(10, 2 * d), nn.Linear(d, 96), nn.Linear(48, d), nn.Linear(d, 64), nn.Linear(d, 64), nn.Linear(64, d), nn.Linear(d, 80), nn.Linear(40, 4)

    def forward(self, x):
        x = F.glu(self.a(x))
        a, b = self.b(x).chunk(2, -1)
        x = x + self.c(F.gelu(a) * b)
        x = x + self.o(F.silu(self.g(x)) * self.u(x))
        y = self.e(x)
        return self.fc(y[..., ::2] * torch.sigmoid(y[..., 1::2]))


class WaveStack(nn.Module):
    """Causal dilated convolutions, tanh times sigmoid, with sums of shortcuts and of skips."""
    def __init__(self, c=24):
        super().__init__()
        self.stem, self.f, self.r, self.s = nn.Conv1d(2, c, 1), nn.ModuleList(nn.Conv1d(c, 2 * c, 2, dilation=2 ** i) for i in range(3)), nn.ModuleList(nn.Conv1d(c, c, 1) for _ in range(3)), nn.ModuleList(nn.Conv1d(c, 40, 1) for _ in range(3))
        self.out = nn.Sequential(nn.ReLU(), nn.Conv1d(40, 40, 1), nn.ReLU(), nn.Conv1d(40, 6, 1))

    def forward(self, x):
        x, total = self.stem(x), 0
        for i, (f, r, s) in enumerate(zip(self.f, self.r, self.s)):
            a, b = f(F.pad(x, (2 ** i, 0))).chunk(2, 1)
            y = torch.tanh(a) * torch.sigmoid(b)
            x, total = x + r(y), total + s(y)
        return self.out(total)


class Maxout(nn.Module):
    """The largest of several linear pieces, then highway layers."""
    def __init__(self, d=32):
        super().__init__()
        self.a, self.h, self.t, self.fc = nn.Linear(10, 4 * d), nn.ModuleList(nn.Linear(d, d) for _ in range(2)), nn.ModuleList(nn.Linear(d, d) for _ in range(2)), nn.Linear(d, 4)

    def forward(self, x):
        x = self.a(x).view(x.shape[0], 4, -1).amax(1)
        for h, t in zip(self.h, self.t):
            g = torch.sigmoid(t(x))
            x = g * h(x).relu() + (1 - g) * x
        return self.fc(x)


class Bilinear(nn.Module):
    """A bilinear layer between two rows, and a product of outer features that is flattened."""
    def __init__(self, d=16):
        super().__init__()
        self.a, self.b, self.bi, self.fc = nn.Linear(8, d), nn.Linear(6, d), nn.Bilinear(d, d, 20), nn.Linear(20 + d * d, 3)

    def forward(self, x, y):
        a, b = self.a(x).relu(), self.b(y).relu()
        outer = torch.bmm(a.unsqueeze(2), b.unsqueeze(1)).flatten(1)
        return self.fc(torch.cat([self.bi(a, b).relu(), outer], 1))


class ConvCell(nn.Module):
    """A convolutional LSTM called step by step over a film."""
    def __init__(self, c=12):
        super().__init__()
        self.gates, self.out = nn.Conv2d(1 + c, 4 * c, 3, padding=1), nn.Conv2d(c, 1, 1)
        self.c = c

    def forward(self, film):
        n, t, _, h, w = film.shape
        state = memory = film.new_zeros(n, self.c, h, w)
        for i in range(t):
            a, b, c, d = self.gates(torch.cat([film[:, i], state], 1)).chunk(4, 1)
            memory = torch.sigmoid(b) * memory + torch.sigmoid(a) * torch.tanh(c)
            state = torch.sigmoid(d) * torch.tanh(memory)
        return self.out(state)


class Normed(nn.Module):
    """Weight norm, spectral norm and standardised weights."""
    def __init__(self, c=24):
        super().__init__()
        wn, sn = nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm
        self.a, self.b, self.c, self.fc = wn(nn.Conv2d(3, c, 3, padding=1)), sn(nn.Conv2d(c, 2 * c, 3, 2, 1)), nn.Conv2d(2 * c, 2 * c, 3, padding=1), wn(nn.Linear(2 * c, 5))

    def forward(self, x):
        x = self.b(self.a(x).relu()).relu()
        w = self.c.weight
        w = (w - w.mean((1, 2, 3), keepdim=True)) / (w.std((1, 2, 3), keepdim=True) + 1e-5)
        return self.fc(F.conv2d(x, w, self.c.bias, padding=1).relu().mean((2, 3)))


class Density(nn.Module):
    """A mixture of densities: shares, means and widths from one layer, joined into one answer."""
    def __init__(self, d=32, k=4):
        super().__init__()
        self.net, self.out, self.k = nn.Sequential(nn.Linear(8, d), nn.Tanh(), nn.Linear(d, d), nn.Tanh()), nn.Linear(d, 3 * k), k

    def forward(self, x):
        shares, means, widths = self.out(self.net(x)).split(self.k, 1)
        return torch.cat([shares.softmax(1), means, widths.exp()], 1)


class Regions(nn.Module):
    """One region a picture, cut out by RoiAlign."""
    def __init__(self, c=24):
        super().__init__()
        self.net, self.head = nn.Sequential(conv(3, c), conv(c, 2 * c, 3, 2)), nn.Sequential(nn.Flatten(), nn.Linear(2 * c * 9, 40), nn.ReLU(), nn.Linear(40, 5))

    def forward(self, x, boxes):
        which = torch.arange(x.shape[0], dtype=boxes.dtype)[:, None]
        return self.head(torchvision.ops.roi_align(self.net(x), torch.cat([which, boxes], 1), (3, 3), 0.5, 2, True))


class Attended(nn.Module):
    """Convolutional block attention: channels by two pools, places by their mean and largest; then attention along rows and columns."""
    def __init__(self, c=32):
        super().__init__()
        self.stem, self.place, self.join, self.h, self.w, self.head = conv(3, c), nn.Conv2d(2, 1, 7, padding=3), nn.Sequential(nn.Conv2d(c, 8, 1), nn.BatchNorm2d(8), nn.Hardswish()), nn.Conv2d(8, c, 1), nn.Conv2d(8, c, 1), head(c)

    def forward(self, x):
        x = self.stem(x)
        x = x * torch.sigmoid(self.place(torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)))
        rows, columns = x.mean(3, keepdim=True), x.mean(2, keepdim=True).transpose(2, 3)
        y = self.join(torch.cat([rows, columns], 2))
        a, b = y.split([x.shape[2], x.shape[3]], 2)
        return self.head(x * torch.sigmoid(self.h(a)) * torch.sigmoid(self.w(b.transpose(2, 3))))


class Dual(nn.Module):
    """Attention among places and among channels, added (dual attention)."""
    def __init__(self, c=24):
        super().__init__()
        self.stem, self.q, self.k, self.v, self.a, self.b, self.head = conv(3, c, 3, 2), nn.Conv2d(c, 8, 1), nn.Conv2d(c, 8, 1), nn.Conv2d(c, c, 1), nn.Parameter(torch.tensor(0.5)), nn.Parameter(torch.tensor(0.5)), nn.Conv2d(c, 4, 1)

    def forward(self, x):
        x = self.stem(x)
        n, c, h, w = x.shape
        places = (self.q(x).flatten(2).transpose(1, 2) @ self.k(x).flatten(2)).softmax(-1)
        p = (self.v(x).flatten(2) @ places.transpose(1, 2)).view(n, c, h, w)
        flat = x.flatten(2)
        channels = (flat @ flat.transpose(1, 2) / (h * w)).softmax(-1)
        return self.head(x + self.a * p + self.b * (channels @ flat).view(n, c, h, w))


class Blurred(nn.Module):
    """Fixed blur before each stride, three kernels summed into one layer, and columns of four stages."""
    def __init__(self, c=16):
        super().__init__()
        blur = torch.tensor([1.0, 2, 1])[:, None] * torch.tensor([1.0, 2, 1]) / 16
        for k in (c, 2 * c):
            self.register_buffer(f"blur{k}", blur.repeat(k, 1, 1, 1))
        sizes = [(3, c), (c, 2 * c), (2 * c, 2 * c)]
        self.square, self.row, self.column = (nn.ModuleList(nn.Conv2d(i, o, k, padding=(k[0] // 2, k[1] // 2)) for i, o in sizes) for k in ((3, 3), (1, 3), (3, 1)))
        self.out = nn.Conv2d(5 * c, 3, 1)

    def forward(self, x):
        size, stages = x.shape[2:], []
        for s, r, c in zip(self.square, self.row, self.column):
            x = (s(x) + r(x) + c(x)).relu()
            stages.append(F.interpolate(x, size=size, mode="bilinear", align_corners=False))
            k = x.shape[1]
            x = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), self.get_buffer(f"blur{k}"), stride=2, groups=k)
        return self.out(torch.cat(stages, 1))


class Memory(nn.Module):
    """Reads a learned memory by softmax, and keeps the tokens that score best."""
    def __init__(self, d=32, m=20):
        super().__init__()
        self.e, self.keys, self.values, self.score, self.q, self.net, self.fc = nn.Embedding(60, d), nn.Parameter(torch.randn(m, d)), nn.Parameter(torch.randn(m, d)), nn.Linear(d, 1), nn.Linear(d, d), nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 64), nn.GELU(), nn.Linear(64, d)), nn.Linear(d, 4)

    def forward(self, ids):
        x = self.e(ids)
        x = x + (self.q(x) @ self.keys.t() * 0.2).softmax(-1) @ self.values
        _, at = self.score(x).squeeze(-1).topk(4, 1)
        x = x.gather(1, at.unsqueeze(-1).expand(-1, -1, x.shape[-1]))
        return self.fc((x + self.net(x)).mean(1))


class LpPooled(nn.Module):
    """Pooling by powers, and over whole pictures and their parts."""
    def __init__(self, c=24):
        super().__init__()
        self.a, self.b, self.pool, self.fc = conv(3, c), conv(c, 2 * c), nn.LPPool2d(2, 2), nn.Linear(2 * c * 21, 5)

    def forward(self, x):
        x = self.b(self.pool(self.a(x)))
        return self.fc(torch.cat([F.adaptive_avg_pool2d(x, s).flatten(1) for s in (1, 2, 4)], 1))


@torch.jit.script
def settled(x, w, steps: int):
    for _ in range(steps):
        x = x + torch.tanh(x @ w)
    return x


class Looped(nn.Module):
    """A scripted loop over one matrix, which the exporter keeps as Loop."""
    def __init__(self, d=24):
        super().__init__()
        self.a, self.w, self.fc = nn.Linear(8, d), nn.Parameter(torch.randn(d, d) * 0.2), nn.Linear(d, 4)

    def forward(self, x):
        return self.fc(settled(self.a(x).relu(), self.w, 4))


def quantizable(name):
    return lambda: getattr(torchvision.models.quantization, name)(weights=None, quantize=False)


class Aux(nn.Module):
    """Segmentation with its auxiliary answer."""
    def __init__(self):
        super().__init__()
        self.net = torchvision.models.get_model("deeplabv3_mobilenet_v3_large", weights=None, weights_backbone=None, aux_loss=True)

    def forward(self, x):
        found = self.net(x)
        return found["out"], found["aux"]


image, row, ids = lambda s=16: torch.randn(2, 3, s, s), lambda f=8: torch.randn(2, f), lambda: torch.randint(1, 60, (2, 16))
boxes = lambda: torch.tensor([[1.0, 2, 12, 13], [0, 0, 9, 15]])
NETWORKS = {
    "coupled": (Coupled, image), "tied": (Tied, lambda: row(24)), "siamese": (Siamese, image, image), "again": (Again, image), "groups": (Groups, image), "excite": (Excite, image),
    "shuffles": (Shuffles, image), "multiplied": (Multiplied, image), "einsum_attention": (EinsumAttention, ids), "film": (Film, image, lambda: row(6)), "answers": (Answers, image),
    "gated_units": (GatedUnits, lambda: row(10)), "wave_stack": (WaveStack, lambda: torch.randn(2, 2, 24)), "maxout": (Maxout, lambda: row(10)), "bilinear": (Bilinear, row, lambda: row(6)),
    "conv_cell": (ConvCell, lambda: torch.randn(2, 4, 1, 8, 8)), "normed": (Normed, image), "density": (Density, row), "regions": (Regions, image, boxes), "attended": (Attended, image), "dual": (Dual, image),
    "blurred": (Blurred, image), "memory": (Memory, ids), "lp_pooled": (LpPooled, image), "looped": (Looped, row), "deeplab_aux": (Aux, lambda: image(64)),
    **{f"quantizable_{name}": (quantizable(name), lambda: image(64)) for name in ("mobilenet_v2", "resnet18", "shufflenet_v2_x0_5", "inception_v3")},
}
NETWORKS["quantizable_inception_v3"] = (quantizable("inception_v3"), lambda: image(96))


ANSWERS = {"answers": ["output", "boxes", "masks"], "deeplab_aux": ["output", "aux"]}


def made(name, net, samples, opset):
    names = [f"input{i}" if i else "input" for i in range(len(samples))]
    return lambda: (net(), tuple(sample() for sample in samples), {"opset_version": opset, "dynamic_axes": {name: {0: "batch"} for name in names}, "output_names": ANSWERS.get(name, ["output"])})


ZOO = {name: made(name, net, samples, next(opsets)) for name, (net, *samples) in NETWORKS.items()}
