"""Ways to write a network that exporters turn into unusual graphs, one small module each; part of `--set adverse`."""
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

conv = lambda i, o, k=3, s=1, g=1, act=nn.ReLU: nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=False), nn.BatchNorm2d(o), act())
head = lambda c, classes=5: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, classes))
image = lambda net, *shape, **options: (lambda: (net(), (torch.randn(1, *shape),), options))
ids = lambda net, length=12, vocabulary=60, **options: (lambda: (net(), (torch.randint(0, vocabulary, (1, length)),), options))


class Residual(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.inner = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.inner(x)


class Call(nn.Module):
    """A function as a module."""
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *x):
        return self.function(*x)


class OptionA(nn.Module):
    """A residual block whose shortcut is every second pixel with zero channels on both sides (CIFAR ResNets)."""
    def __init__(self, i, o, s):
        super().__init__()
        self.a, self.b, self.s, self.more = conv(i, o, 3, s), nn.Sequential(nn.Conv2d(o, o, 3, padding=1, bias=False), nn.BatchNorm2d(o)), s, o - i

    def forward(self, x):
        short = F.pad(x[:, :, ::self.s, ::self.s], (0, 0, 0, 0, self.more // 2, self.more - self.more // 2)) if self.more else x
        return F.relu(self.b(self.a(x)) + short)


class Shuffled(nn.Module):
    """Grouped convolutions with a channel shuffle between them, and a split that keeps half."""
    def __init__(self, c, g):
        super().__init__()
        self.g, self.a, self.d, self.b = g, conv(c // 2, c // 2, 1, g=g), conv(c // 2, c // 2, 3, g=c // 2), conv(c // 2, c // 2, 1, g=g)

    def shuffle(self, x, g):
        n, c, h, w = x.shape
        return x.reshape(n, g, c // g, h, w).transpose(1, 2).contiguous().reshape(n, c, h, w)

    def forward(self, x):
        left, right = x.chunk(2, 1)
        right = self.b(self.d(self.shuffle(self.a(right), self.g)))
        return self.shuffle(torch.cat([left, right], 1), 2)


class Gate(nn.Module):
    """Squeeze and excitation in the forms people write it."""
    def __init__(self, c, kind):
        super().__init__()
        self.kind = kind
        self.a, self.b = (nn.Conv2d(c, c // 4, 1), nn.Conv2d(c // 4, c, 1)) if kind in ("conv", "mean", "add") else (nn.Linear(c, c // 4), nn.Linear(c // 4, c))
        self.spatial = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, x):
        n, c = x.shape[:2]
        if self.kind == "conv":
            return x * self.b(F.relu(self.a(F.adaptive_avg_pool2d(x, 1)))).sigmoid()
        if self.kind == "mean":
            return x * F.hardsigmoid(self.b(F.silu(self.a(x.mean((2, 3), keepdim=True)))))
        if self.kind == "add":
            return x + x * self.b(F.relu(self.a(F.adaptive_max_pool2d(x, 1)))).tanh()
        if self.kind == "view":
            return x * self.b(F.relu(self.a(F.adaptive_avg_pool2d(x, 1).view(n, c)))).sigmoid().view(n, c, 1, 1).expand_as(x)
        if self.kind == "last":
            return (x.permute(0, 2, 3, 1) * self.b(F.gelu(self.a(x.flatten(2).mean(-1)))).sigmoid()[:, None, None]).permute(0, 3, 1, 2)
        y = x * (self.b(F.relu(self.a(x.mean((2, 3))))) + self.b(F.relu(self.a(x.amax((2, 3)))))).sigmoid()[..., None, None]
        return y * self.spatial(torch.cat([y.mean(1, keepdim=True), y.max(1, keepdim=True)[0]], 1)).sigmoid()


gates = lambda: nn.Sequential(conv(3, 32), *[m for kind in ("conv", "mean", "add", "view", "last", "cbam") for m in (Gate(32, kind), conv(32, 32))], head(32))


class Recurrent(nn.Module):
    """Stacks of recurrent layers as they differ: order of axes, both directions, projection, what is read of the result."""
    def __init__(self, kind, read, width=24, layers=2, first=True, **options):
        super().__init__()
        both = options.get("bidirectional", False)
        out = (options.get("proj_size") or width) * (2 if both else 1)
        self.embed, self.rnn, self.fc = nn.Embedding(60, 20), getattr(nn, kind)(20, width, layers, batch_first=first, **options), nn.Linear(out, 5)
        self.read, self.first = read, first

    def forward(self, x):
        x = self.embed(x)
        y, last = self.rnn(x if self.first else x.transpose(0, 1))
        last = last[0] if isinstance(last, tuple) else last
        if self.read == "last":
            return self.fc(y[:, -1] if self.first else y[-1])
        if self.read == "hidden":
            return self.fc(last[-1])
        if self.read == "both":
            return self.fc(torch.cat([last[-2], last[-1]], 1))
        if self.read == "view":
            layers = self.rnn.num_layers
            return self.fc(last.view(layers, 2, last.shape[1], -1)[-1].transpose(0, 1).reshape(last.shape[1], -1))
        if self.read == "max":
            return self.fc(y.max(1 if self.first else 0)[0])
        return self.fc(y)


class Cell(nn.Module):
    """A cell called step by step."""
    def __init__(self, kind):
        super().__init__()
        self.cell, self.fc = getattr(nn, kind)(8, 20), nn.Linear(20, 3)

    def forward(self, x):
        h = x.new_zeros(x.shape[0], 20)
        state = (h, h) if isinstance(self.cell, nn.LSTMCell) else h
        for t in range(4):
            state = self.cell(x[:, t], state)
        return self.fc(state[0] if isinstance(state, tuple) else state)


class Tied(nn.Module):
    """One layer called twice, and a table that is read and multiplied with."""
    def __init__(self):
        super().__init__()
        self.embed, self.mix, self.norm, self.up, self.down = nn.Embedding(60, 32), nn.Linear(32, 32), nn.LayerNorm(32), nn.Linear(32, 64), nn.Linear(64, 32)
        self.out = nn.Linear(32, 60, bias=False)
        self.out.weight = self.embed.weight

    def forward(self, x):
        x = self.embed(x)
        for _ in range(2):
            x = self.norm(x + self.down(F.gelu(self.up(self.mix(x)))))
        return self.out(x)


class TiedConv(nn.Module):
    """The head of a detector: the same convolutions over several scales, and an autoencoder that turns its weights round."""
    def __init__(self):
        super().__init__()
        self.a, self.b, self.shared, self.out = conv(3, 16, 3, 2), conv(16, 24, 3, 2), nn.Sequential(conv(24, 24), conv(24, 24)), nn.Conv2d(24, 6, 1)
        self.lateral = nn.Conv2d(16, 24, 1)
        self.code = nn.Parameter(torch.randn(12, 24) * 0.2)

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        scales = [self.shared(y) for y in (self.lateral(a), b)]
        code = F.linear(b.mean((2, 3)), self.code).relu()
        return self.out(scales[0]), self.out(scales[1]), F.linear(code, self.code.t())


def normed(kind):
    def wrap(layer):
        if kind == "weight":
            return parametrizations.weight_norm(layer)
        if kind == "spectral":
            return parametrizations.spectral_norm(layer)
        return nn.utils.weight_norm(layer) if kind == "old_weight" else nn.utils.spectral_norm(layer)
    return lambda: nn.Sequential(wrap(nn.Conv2d(3, 16, 3, padding=1)), nn.LeakyReLU(0.1), wrap(nn.Conv2d(16, 32, 3, 2, 1)), nn.PReLU(32), wrap(nn.ConvTranspose2d(32, 16, 4, 2, 1)), nn.PReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), wrap(nn.Linear(256, 5)))


class Standardised(nn.Conv2d):
    """The weight is standardised in the graph."""
    def forward(self, x):
        w = self.weight
        w = (w - w.mean((1, 2, 3), keepdim=True)) / (w.var((1, 2, 3), keepdim=True, unbiased=False) + 1e-5).sqrt()
        return self._conv_forward(x, w, self.bias)


def grouped():
    return nn.Sequential(conv(3, 16), conv(16, 48, 3, 1, 16), conv(48, 48, 1), conv(48, 96, 3, 2, 8), conv(96, 32, 1, 1, 4), nn.Conv2d(32, 64, 3, padding=1, groups=32), nn.ReLU6(), nn.ConvTranspose2d(64, 64, 2, 2, groups=64), nn.Hardswish(), nn.ConvTranspose2d(64, 32, 3, 2, 1, output_padding=1, groups=4), nn.ELU(), head(32))


def sound():
    return nn.Sequential(nn.Conv1d(2, 16, 7, 2, 3), nn.BatchNorm1d(16), nn.ReLU(), nn.Conv1d(16, 32, 3, groups=16, padding="same"), nn.GroupNorm(4, 32), nn.SiLU(), nn.MaxPool1d(2), nn.Conv1d(32, 24, 3, padding=1, padding_mode="circular"), nn.Mish(), nn.ConvTranspose1d(24, 24, 4, 2, 1, groups=2), nn.Softplus(), nn.AdaptiveMaxPool1d(4), nn.Flatten(), nn.Linear(96, 32), nn.BatchNorm1d(32), nn.GELU(approximate="tanh"), nn.Linear(32, 4))


def volume():
    block = lambda i, o, s=1, g=1: nn.Sequential(nn.Conv3d(i, o, 3, s, 1, groups=g), nn.InstanceNorm3d(o, affine=True), nn.LeakyReLU())
    return nn.Sequential(block(1, 8), block(8, 16, 2), Residual(block(16, 16, 1, 4), nn.Conv3d(16, 16, 1)), nn.ConvTranspose3d(16, 8, 2, 2), nn.AvgPool3d(2), nn.Conv3d(8, 16, (1, 3, 3), padding=(0, 1, 1)), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(16, 3))


class Pixels(nn.Module):
    """Space to depth by slices (YOLOv5's Focus), by reshape, PixelUnshuffle, and back by PixelShuffle."""
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c, self.d = conv(12, 16), conv(64, 24), conv(96, 32), nn.Conv2d(32, 64, 3, padding=1)
        self.out = nn.Conv2d(16, 3, 3, padding=1)

    def forward(self, x):
        x = self.a(torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1))
        x = self.b(F.pixel_unshuffle(x, 2))
        n, c, h, w = x.shape
        x = self.c(x.view(n, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(n, 4 * c, h // 2, w // 2))
        return self.out(F.pixel_shuffle(self.d(x), 2))


class Norms(nn.Module):
    def __init__(self, c=32):
        super().__init__()
        self.stem = nn.Conv2d(3, c, 4, 4)
        self.parts = nn.ModuleList([
            Residual(nn.GroupNorm(8, c), nn.SiLU(), nn.Conv2d(c, c, 3, padding=1)),
            Residual(nn.InstanceNorm2d(c, affine=True), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1)),
            Residual(nn.InstanceNorm2d(c), nn.ReLU(), nn.Conv2d(c, 2 * c, 1), nn.GroupNorm(1, 2 * c), nn.CELU(), nn.Conv2d(2 * c, c, 1)),
            Residual(nn.LocalResponseNorm(3), Standardised(c, c, 3, padding=1), nn.Softsign()),
            Residual(Call(lambda x: F.normalize(x, dim=1)), nn.Conv2d(c, c, 1)),
            Residual(Call(lambda x: x.permute(0, 2, 3, 1)), nn.LayerNorm(c), nn.Linear(c, 4 * c), nn.GLU(), nn.Linear(2 * c, c), Call(lambda x: x.permute(0, 3, 1, 2))),
            Residual(Call(lambda x: (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True) + 1e-6).sqrt()), nn.Conv2d(c, c, 1)),
        ])
        self.scale, self.fc = nn.ParameterList([nn.Parameter(torch.full((c, 1, 1), 0.1)) for _ in self.parts]), head(c)

    def forward(self, x):
        x = self.stem(x)
        for part, scale in zip(self.parts, self.scale):
            x = x + scale * part(x)
        return self.fc(x)


class RMSNorm(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(c))

    def forward(self, x):
        return self.weight * x * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + 1e-6)


class Attention(nn.Module):
    """Multi-head attention as people write it."""
    def __init__(self, c, heads, kind):
        super().__init__()
        self.h, self.kind, self.scale = heads, kind, (c // heads) ** -0.5
        if kind in ("mha", "mha_mask", "mha_cross", "mha_kdim"):
            self.mha = nn.MultiheadAttention(c, heads, batch_first=kind != "mha_mask", kdim=c if kind != "mha_kdim" else c // 2, vdim=c if kind != "mha_kdim" else c // 2)
            self.small = nn.Linear(c, c // 2)
            return
        self.qkv, self.proj = nn.Linear(c, 3 * c, bias=kind != "chunk"), nn.Linear(c, c)
        self.q, self.kv = nn.Linear(c, c), nn.Linear(c, 2 * c)
        self.k1, self.v1 = nn.Linear(c, c // heads), nn.Linear(c, c // heads)

    def forward(self, x):
        n, l, c = x.shape
        h, d = self.h, c // self.h
        if self.kind == "mha":
            return self.mha(x, x, x, need_weights=False)[0]
        if self.kind == "mha_mask":
            y = x.transpose(0, 1)
            return self.mha(y, y, y, attn_mask=torch.triu(torch.full((l, l), float("-inf")), 1))[0].transpose(0, 1)
        if self.kind == "mha_cross":
            return self.mha(x, x[:, : l // 2], x[:, : l // 2])[0]
        if self.kind == "mha_kdim":
            y = self.small(x)
            return self.mha(x, y, y)[0]
        if self.kind == "reshape3":  # timm: [3, n, h, l, d]
            q, k, v = self.qkv(x).reshape(n, l, 3, h, d).permute(2, 0, 3, 1, 4).unbind(0)
        elif self.kind == "index":  # ViT of lucidrains' first versions: qkv inside
            qkv = self.qkv(x).reshape(n, l, h, 3, d)
            q, k, v = (qkv[:, :, :, i].transpose(1, 2) for i in range(3))
        elif self.kind == "heads_first":  # NeoX: heads, then 3 d together
            q, k, v = self.qkv(x).view(n, l, h, 3 * d).transpose(1, 2).chunk(3, -1)
        elif self.kind == "inner3":  # einops "b n (h d qkv)"
            q, k, v = self.qkv(x).reshape(n, l, h, d, 3).permute(4, 0, 2, 1, 3)
        elif self.kind == "kv":
            q = self.q(x).view(n, l, h, d).transpose(1, 2)
            k, v = self.kv(x).view(n, l, 2, h, d).permute(2, 0, 3, 1, 4)
        elif self.kind == "mqa":  # one head of keys and values
            q = self.q(x).view(n, l, h, d).transpose(1, 2)
            k, v = self.k1(x)[:, None], self.v1(x)[:, None]
        else:
            q, k, v = (y.reshape(n, l, h, d).transpose(1, 2) for y in self.qkv(x).chunk(3, -1))
        if self.kind == "einsum":
            y = torch.einsum("bhij,bhjd->bihd", torch.einsum("bhid,bhjd->bhij", q, k).mul(self.scale).softmax(-1), v).reshape(n, l, c)
        elif self.kind == "bmm":
            q, k, v = (y.reshape(n * h, l, d) for y in (q, k, v))
            y = torch.bmm(torch.softmax(torch.baddbmm(torch.zeros(n * h, l, l), q, k.transpose(1, 2), beta=0, alpha=self.scale), -1), v)
            y = y.view(n, h, l, d).transpose(1, 2).reshape(n, l, c)
        elif self.kind == "cosine":
            y = ((F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)).softmax(-1) @ v).transpose(1, 2).flatten(2)
        elif self.kind == "linear":  # linear attention
            q, k = F.elu(q) + 1, F.elu(k) + 1
            y = (q @ (k.transpose(-2, -1) @ v) / (q * k.sum(-2, keepdim=True)).sum(-1, keepdim=True)).transpose(1, 2).flatten(2)
        elif self.kind == "channel":  # XCiT: features attend to features
            y = ((F.normalize(q, dim=-2).transpose(-2, -1) @ F.normalize(k, dim=-2)).softmax(-1) @ v.transpose(-2, -1)).permute(0, 3, 1, 2).reshape(n, l, c)
        elif self.kind == "sdpa":
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        else:
            y = ((q * self.scale) @ k.transpose(-2, -1)).softmax(-1) @ v
            y = y.transpose(1, 2).reshape(n, l, c)
        return self.proj(y)


class Block(nn.Module):
    def __init__(self, c, heads, kind, norm=nn.LayerNorm):
        super().__init__()
        self.n1, self.a, self.n2, self.m = norm(c), Attention(c, heads, kind), norm(c), nn.Sequential(nn.Linear(c, 2 * c), nn.GELU(), nn.Linear(2 * c, c))
        self.s1, self.s2 = nn.Parameter(torch.full((c,), 0.1)), nn.Parameter(torch.full((c,), 0.1))

    def forward(self, x):
        x = x + self.s1 * self.a(self.n1(x))
        return x + self.s2 * self.m(self.n2(x))


class Transformer(nn.Module):
    def __init__(self, kind, norm=nn.LayerNorm, c=32, heads=4):
        super().__init__()
        self.embed, self.place, self.blocks, self.norm, self.fc = nn.Embedding(60, c), nn.Parameter(torch.randn(1, 12, c)), nn.Sequential(Block(c, heads, kind, norm), Block(c, heads, kind, norm)), norm(c), nn.Linear(c, 5)

    def forward(self, x):
        return self.fc(self.norm(self.blocks(self.embed(x) + self.place))[:, 0])


KINDS = "mha mha_mask mha_cross mha_kdim reshape3 index heads_first inner3 kv mqa chunk einsum bmm cosine linear channel sdpa".split()


class Whole(nn.Module):
    """PyTorch's own encoder and decoder, with masks."""
    def __init__(self, first):
        super().__init__()
        self.embed, self.net, self.fc, self.first = nn.Embedding(60, 32), nn.Transformer(32, 4, 1, 1, 64, batch_first=first, norm_first=first, activation="gelu" if first else "relu"), nn.Linear(32, 60), first

    def forward(self, source, target):
        source, target = self.embed(source), self.embed(target)
        mask = torch.triu(torch.full((8, 8), float("-inf")), 1)
        y = self.net(source, target, tgt_mask=mask) if self.first else self.net(source.transpose(0, 1), target.transpose(0, 1), tgt_mask=mask).transpose(0, 1)
        return self.fc(y)


LENGTHS = {"dynamic_axes": {"input": {0: "batch", 1: "length"}}}
BATCH = {"dynamic_axes": {"input": {0: "batch"}}}

ZOO = {
    "option_a": image(lambda: nn.Sequential(conv(3, 16), OptionA(16, 16, 1), OptionA(16, 32, 2), OptionA(32, 64, 2), nn.AvgPool2d(8), nn.Flatten(), nn.Linear(64, 10)), 3, 32, 32),
    "option_a_batch": image(lambda: nn.Sequential(conv(3, 16), OptionA(16, 32, 2), nn.AdaptiveAvgPool2d(1), Call(lambda x: x.view(x.size(0), -1)), nn.Linear(32, 10)), 3, 16, 16, **BATCH),
    "shuffled": image(lambda: nn.Sequential(conv(3, 48), Shuffled(48, 2), Shuffled(48, 3), conv(48, 64, 1), head(64)), 3, 16, 16),
    "shuffled_batch": image(lambda: nn.Sequential(conv(3, 48), Shuffled(48, 4), conv(48, 64, 1), head(64)), 3, 16, 16, **BATCH),
    "gates": image(gates, 3, 16, 16), "gates_batch": image(gates, 3, 16, 16, **BATCH),
    "lstm_steps_first": ids(lambda: Recurrent("LSTM", "hidden", first=False)),
    "bilstm_hidden": ids(lambda: Recurrent("LSTM", "both", bidirectional=True)), "bilstm_view": ids(lambda: Recurrent("LSTM", "view", bidirectional=True)), "bilstm_length": ids(lambda: Recurrent("LSTM", "max", bidirectional=True), **LENGTHS),
    "gru_hidden": ids(lambda: Recurrent("GRU", "hidden", layers=3)), "bigru_steps_first": ids(lambda: Recurrent("GRU", "last", first=False, bidirectional=True)), "bigru_length": ids(lambda: Recurrent("GRU", "all", bidirectional=True, bias=False), **LENGTHS),
    "rnn_relu": ids(lambda: Recurrent("RNN", "last", nonlinearity="relu")),
    "lstm_cell": image(lambda: Cell("LSTMCell"), 4, 8), "gru_cell": image(lambda: Cell("GRUCell"), 4, 8),
    "tied": ids(Tied), "tied_length": ids(Tied, **LENGTHS), "tied_conv": image(TiedConv, 3, 32, 32),
    "weight_norm": image(normed("weight"), 3, 16, 16), "spectral_norm": image(normed("spectral"), 3, 16, 16), "old_weight_norm": image(normed("old_weight"), 3, 16, 16), "old_spectral_norm": image(normed("old_spectral"), 3, 16, 16),
    "grouped": image(grouped, 3, 16, 16), "sound": image(sound, 2, 64), "volume": image(volume, 1, 8, 16, 16), "pixels": image(Pixels, 3, 32, 32), "norms": image(Norms, 3, 32, 32),
    **{f"attention_{kind}": ids(lambda kind=kind: Transformer(kind)) for kind in KINDS},
    **{f"attention_{kind}_length": ids(lambda kind=kind: Transformer(kind, RMSNorm), **BATCH) for kind in ("mha", "reshape3", "chunk", "einsum", "sdpa", "heads_first")},
    "transformer": lambda: (Whole(True), (torch.randint(0, 60, (1, 10)), torch.randint(0, 60, (1, 8)))), "transformer_steps_first": lambda: (Whole(False), (torch.randint(0, 60, (1, 10)), torch.randint(0, 60, (1, 8)))),
}
