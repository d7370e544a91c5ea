"""Networks for export.py (`--set batches`) written down for 1, 4 and 32 samples, without dynamic axes: NAME@SAMPLES. What a
file says of its number of samples lies in shapes, in tokens, masks and states that are stored for each, and in heads and
steps that are folded with them. batches.mjs reads them and compares."""
import torch
from torch import nn
from torch.nn import functional as F


class Recurrent(nn.Module):
    def __init__(self, kind="LSTM", both=False, states=False):
        super().__init__()
        self.embed, self.fc = nn.Embedding(50, 16), nn.Linear(48 if both else 24, 4)
        self.rnn = getattr(nn, kind)(16, 24, 2, batch_first=True, bidirectional=both)
        self.layers, self.kind, self.states = 4 if both else 2, kind, states

    def forward(self, ids):
        zeros = lambda: torch.zeros(self.layers, ids.shape[0], 24)
        y, last = self.rnn(self.embed(ids), (zeros(), zeros()) if self.kind == "LSTM" else zeros())
        return (self.fc(y[:, -1]), *(last if self.states else ()))


class Cell(nn.Module):
    """Steps by hand, from a state that is learnt."""
    def __init__(self):
        super().__init__()
        self.embed, self.cell, self.fc, self.start = nn.Embedding(50, 16), nn.GRUCell(16, 24), nn.Linear(24, 4), nn.Parameter(torch.randn(24))

    def forward(self, ids):
        h, x = self.start.expand(ids.shape[0], -1), self.embed(ids)
        for t in range(6):
            h = self.cell(x[:, t], h)
        return self.fc(h)


class Attention(nn.Module):
    """Heads beside the samples, or folded with them as `bmm` wants it, with a bias a head."""
    def __init__(self, width, heads=4, folded=False, bias=0):
        super().__init__()
        self.qkv, self.out, self.heads, self.folded = nn.Linear(width, 3 * width), nn.Linear(width, width), heads, folded
        self.bias = nn.Parameter(torch.randn(heads, 1, bias)) if bias else None

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        if self.folded:
            q, k, v = (y.reshape(b * self.heads, n, -1) for y in (q, k, v))
        scores = q @ k.transpose(-2, -1) * (c // self.heads) ** -0.5
        if self.bias is not None:
            scores = scores + self.bias.repeat(b, 1, 1)
        y = scores.softmax(-1) @ v
        return self.out(y.view(b, self.heads, n, -1).transpose(1, 2).reshape(b, n, c))


class Vision(nn.Module):
    """Patches behind a class token."""
    def __init__(self, width=32):
        super().__init__()
        self.patch, self.token, self.places = nn.Conv2d(1, width, 4, 4), nn.Parameter(torch.randn(1, 1, width)), nn.Parameter(torch.randn(1, 50, width))
        self.norm, self.attention, self.mlp, self.fc = nn.LayerNorm(width), Attention(width), nn.Sequential(nn.Linear(width, 64), nn.GELU(), nn.Linear(64, width)), nn.Linear(width, 4)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        x = x + self.attention(self.norm(x))
        return self.fc((x + self.mlp(x))[:, 0])


class Texts(nn.Module):
    """An encoder: plain, masked, steps first, causal, with folded heads and a bias, or read at one token."""
    def __init__(self, how="plain", width=32):
        super().__init__()
        self.embed, self.places, self.fc, self.how = nn.Embedding(50, width), nn.Embedding(16, width), nn.Linear(width, 4), how
        layer = nn.TransformerEncoderLayer(width, 4, 64, batch_first=how != "steps first")
        self.net = Attention(width, folded=True, bias=16) if how == "folded" else nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, ids):
        x = self.embed(ids) + self.places(torch.arange(16).unsqueeze(0).expand(ids.shape[0], -1))
        if self.how == "steps first":
            return self.fc(self.net(x.transpose(0, 1)).mean(0))
        more = {"masked": dict(src_key_padding_mask=ids == 0), "causal": dict(mask=torch.triu(torch.full((16, 16), float("-inf")), 1))}.get(self.how, {})
        y = self.net(x, **more)
        if self.how == "one token":
            return self.fc(y[torch.arange(ids.shape[0]), ids.argmax(-1)])
        if self.how == "last token":
            return self.fc(y)[torch.arange(ids.shape[0]), (ids != 0).sum(-1) - 1]
        return self.fc(y if self.how == "causal" else y.mean(1))


class Queries(nn.Module):
    """Queries that are normed before they meet a sample (DETR, Perceiver)."""
    def __init__(self, width=32):
        super().__init__()
        self.patch, self.queries, self.norm = nn.Conv2d(1, width, 4, 4), nn.Parameter(torch.randn(5, width)), nn.LayerNorm(width)
        self.net, self.fc = nn.TransformerDecoder(nn.TransformerDecoderLayer(width, 4, 64, batch_first=True), 2), nn.Linear(5 * width, 4)

    def forward(self, x):
        queries = self.norm(self.queries.unsqueeze(0).expand(x.shape[0], -1, -1))
        return self.fc(self.net(queries, self.patch(x).flatten(2).transpose(1, 2)).flatten(1))


class Windows(nn.Module):
    """Windows folded with the samples, shifted and masked (Swin)."""
    def __init__(self, width=32):
        super().__init__()
        self.patch, self.attention, self.fc = nn.Conv2d(1, width, 2, 2), Attention(width), nn.Linear(width, 4)

    def forward(self, x):
        x = self.patch(x).permute(0, 2, 3, 1)
        b, h, w, c = x.shape
        y = torch.roll(x, (-3, -3), (1, 2)).view(b, 2, 7, 2, 7, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 49, c)
        y = self.attention(y).view(b, 2, 2, 7, 7, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, c)
        return self.fc((x + torch.roll(y, (3, 3), (1, 2))).mean((1, 2)))


class Images(nn.Module):
    """Convolutions: flattened, shuffled, up-sampled to a stated size, decoded from anchors, several answers."""
    def __init__(self, how):
        super().__init__()
        self.a, self.b, self.how = nn.Conv2d(1, 16, 3, 2, 1), nn.Conv2d(16, 32, 3, 2, 1), how
        self.fc, self.flat, self.up, self.head = nn.Linear(32, 4), nn.Linear(32 * 49, 4), nn.ConvTranspose2d(32, 16, 2, 2), nn.Conv2d(32, 14, 1)

    def forward(self, x):
        a = self.a(x).relu()
        if self.how == "shuffled":
            b, c, h, w = a.shape
            a = a.view(b, 4, c // 4, h, w).transpose(1, 2).reshape(b, c, h, w)
        b = self.b(a).relu()
        if self.how == "flattened":
            return self.flat(b.view(x.shape[0], -1))
        if self.how == "up-sampled":
            return self.up(b) + F.interpolate(b, size=a.shape[2:], mode="bilinear")[:, :16]
        if self.how == "anchors":
            y = self.head(b).view(x.shape[0], 2, 7, 7, 7).permute(0, 1, 3, 4, 2)
            rows, columns = torch.meshgrid(torch.arange(7), torch.arange(7), indexing="ij")
            places = torch.stack([columns, rows], -1).float().expand(x.shape[0], 2, 7, 7, 2)
            return torch.cat([y[..., :2].sigmoid() + places, y[..., 2:].sigmoid()], -1).reshape(x.shape[0], -1, 7)
        return (self.fc(b.mean((2, 3))), self.head(b)) if self.how == "two answers" else self.fc(b.mean((2, 3)))


class Graphs(nn.Module):
    """Nodes that see their neighbours by a matrix that is stretched over the samples."""
    def __init__(self):
        super().__init__()
        self.edges, self.a, self.b = nn.Parameter(torch.rand(9, 9)), nn.Linear(6, 16), nn.Linear(16, 4)

    def forward(self, x):
        return self.b(torch.bmm(self.edges.softmax(1).unsqueeze(0).expand(x.shape[0], -1, -1), self.a(x)).relu().mean(1))


class Series(nn.Module):
    """Channels of a series folded with the samples, patch by patch (PatchTST)."""
    def __init__(self, width=32):
        super().__init__()
        self.patch, self.net, self.fc = nn.Linear(8, width), Attention(width), nn.Linear(6 * width, 12)

    def forward(self, x):
        b, steps, channels = x.shape
        y = self.net(self.patch(x.transpose(1, 2).reshape(b * channels, steps).unfold(1, 8, 8)))
        return self.fc(y.flatten(1)).view(b, channels, 12).transpose(1, 2)


class Frames(nn.Module):
    """Frames of a video folded with the samples, then a recurrent layer over them."""
    def __init__(self):
        super().__init__()
        self.conv, self.rnn, self.fc = nn.Conv2d(1, 16, 3, 2, 1), nn.LSTM(16, 24, batch_first=True), nn.Linear(24, 4)

    def forward(self, x):
        b, t = x.shape[:2]
        return self.fc(self.rnn(self.conv(x.flatten(0, 1)).relu().mean((2, 3)).view(b, t, -1))[0][:, -1])


class Points(nn.Module):
    """Points turned by a matrix that is computed beside the unit matrix (PointNet)."""
    def __init__(self):
        super().__init__()
        self.turn, self.net, self.fc = nn.Linear(3, 9), nn.Conv1d(3, 32, 1), nn.Linear(32, 4)

    def forward(self, x):
        turn = self.turn(x.amax(2)).view(-1, 3, 3) + torch.eye(3).repeat(x.shape[0], 1, 1)
        return self.fc(self.net(torch.bmm(turn, x)).relu().amax(2))


IMAGE, IDS = lambda n: torch.randn(n, 1, 28, 28), lambda n: torch.randint(1, 50, (n, 16))
NETWORKS = {
    **{kind.lower(): (lambda kind=kind: Recurrent(kind), IDS) for kind in ("LSTM", "GRU", "RNN")},
    "bilstm": (lambda: Recurrent(both=True), IDS), "states": (lambda: Recurrent(states=True), IDS), "cell": (Cell, IDS), "vision": (Vision, IMAGE), "queries": (Queries, IMAGE), "windows": (Windows, IMAGE),
    **{how.replace(" ", "_"): (lambda how=how: Texts(how), IDS) for how in ("plain", "masked", "steps first", "causal", "folded", "one token", "last token")},
    **{how.replace(" ", "_"): (lambda how=how: Images(how), IMAGE) for how in ("pooled", "flattened", "shuffled", "up-sampled", "anchors", "two answers")},
    "graphs": (Graphs, lambda n: torch.randn(n, 9, 6)), "series": (Series, lambda n: torch.randn(n, 48, 3)), "frames": (Frames, lambda n: torch.randn(n, 5, 1, 16, 16)), "points": (Points, lambda n: torch.randn(n, 3, 20)),
}
SEVERAL = {"states": ["output", "hidden", "cell"], "two_answers": ["output", "map"]}


def written(name, samples):
    make, inputs = NETWORKS[name]
    return lambda: (make(), (inputs(samples),), {"output_names": SEVERAL.get(name, ["output"])})


ZOO = {f"{name}@{samples}": written(name, samples) for name in NETWORKS for samples in (1, 4, 32)}
