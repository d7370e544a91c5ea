"""Networks for tables, series, sound, graphs and control as their papers' authors write them down; part of `--set papers`."""
import math

import torch
from torch import nn
from torch.nn import functional as F



class KAN(nn.Module):
    """B-splines on a grid (efficient-kan): a base layer beside spline weights [out, in, coefficients]."""
    def __init__(self, i, o, size=4, order=2):
        super().__init__()
        self.i, self.order = i, order
        self.register_buffer("grid", (torch.arange(-order, size + order + 1) * 0.5 - 1).expand(i, -1).contiguous())
        self.base, self.spline, self.scaler = nn.Parameter(torch.randn(o, i) * 0.3), nn.Parameter(torch.randn(o, i, size + order) * 0.3), nn.Parameter(torch.rand(o, i))

    def forward(self, x):
        y, g = x.unsqueeze(-1), self.grid
        b = ((y >= g[:, :-1]) & (y < g[:, 1:])).to(x.dtype)
        for k in range(1, self.order + 1):
            b = (y - g[:, :-(k + 1)]) / (g[:, k:-1] - g[:, :-(k + 1)]) * b[:, :, :-1] + (g[:, k + 1:] - y) / (g[:, k + 1:] - g[:, 1:-k]) * b[:, :, 1:]
        return F.linear(F.silu(x), self.base) + F.linear(b.view(x.size(0), -1), (self.spline * self.scaler.unsqueeze(-1)).view(self.base.shape[0], -1))


class ChebyKAN(nn.Module):
    def __init__(self, i, o, degree=3):
        super().__init__()
        self.c = nn.Parameter(torch.randn(i, o, degree + 1) * 0.2)
        self.register_buffer("arange", torch.arange(0, degree + 1))

    def forward(self, x):
        x = torch.tanh(x).view(-1, self.c.shape[0], 1).expand(-1, -1, self.c.shape[2])
        x = (x.clamp(-0.99, 0.99).acos() * self.arange).cos()
        return torch.einsum("bid,iod->bo", x, self.c)


class FTTransformer(nn.Module):
    """Numbers and categories become tokens by a vector each."""
    def __init__(self, numbers=6, c=24, h=4):
        super().__init__()
        self.w, self.b, self.cls, self.embed = nn.Parameter(torch.randn(numbers, c)), nn.Parameter(torch.randn(numbers, c)), nn.Parameter(torch.randn(1, 1, c)), nn.Embedding(30, c)
        self.register_buffer("offsets", torch.tensor([0, 10, 20]))
        self.n1, self.a, self.n2, self.up, self.down, self.fc = nn.LayerNorm(c), nn.MultiheadAttention(c, h, batch_first=True), nn.LayerNorm(c), nn.Linear(c, 4 * c), nn.Linear(2 * c, c), nn.Linear(c, 2)

    def forward(self, x, k):
        t = torch.cat([self.cls.expand(x.shape[0], -1, -1), x[..., None] * self.w + self.b, self.embed(k + self.offsets)], 1)
        y = self.n1(t)
        t = t + self.a(y, y, y, need_weights=False)[0]
        p, q = self.up(self.n2(t)).chunk(2, -1)
        t = t + self.down(p * F.relu(q))
        return self.fc(F.relu(t[:, 0]))


class DLRM(nn.Module):
    """Interactions of pairs by a triangle of indices; a deep part, a cross part (DCN v2), and factorisation machines."""
    def __init__(self, c=16):
        super().__init__()
        self.bottom, self.tables, self.top = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, c), nn.ReLU()), nn.ModuleList(nn.Embedding(50, c) for _ in range(3)), nn.Sequential(nn.Linear(c + 6, 32), nn.ReLU(), nn.Linear(32, 1))
        self.cross, self.u, self.v = nn.ModuleList(nn.Linear(4 * c, 4 * c) for _ in range(2)), nn.Linear(4 * c, 8, bias=False), nn.Linear(8, 1)
        self.register_buffer("i", torch.tensor([1, 2, 2, 3, 3, 3]))
        self.register_buffer("j", torch.tensor([0, 0, 1, 0, 1, 2]))

    def forward(self, x, k):
        x = self.bottom(x)
        t = torch.stack([x] + [table(k[:, i]) for i, table in enumerate(self.tables)], 1)
        z = torch.bmm(t, t.transpose(1, 2))[:, self.i, self.j]
        fm = 0.5 * (t.sum(1).pow(2) - t.pow(2).sum(1)).sum(1, keepdim=True)
        x0 = y = t.flatten(1)
        for layer in self.cross:
            y = x0 * layer(y) + y
        return torch.sigmoid(self.top(torch.cat([x, z], 1)) + fm + self.v(self.u(y)))


class CIN(nn.Module):
    """xDeepFM: outer products of fields, compressed by convolutions; AutoInt beside it."""
    def __init__(self, fields=5, d=8):
        super().__init__()
        self.embed, self.c1, self.c2, self.fc = nn.Embedding(50, d), nn.Conv1d(fields * fields, 12, 1), nn.Conv1d(12 * fields, 16, 1), nn.Linear(28, 1)

    def forward(self, k):
        x = self.embed(k)
        a = F.relu(self.c1(torch.einsum("bhd,bmd->bhmd", x, x).flatten(1, 2)))
        b = F.relu(self.c2((a.unsqueeze(2) * x.unsqueeze(1)).view(x.shape[0], -1, x.shape[2])))
        return self.fc(torch.cat([a.sum(-1), b.sum(-1)], 1))


class TabNet(nn.Module):
    """Steps with shared layers, ghost-free norms, softmax masks and priors."""
    def __init__(self, f=10, c=16):
        super().__init__()
        self.bn, self.shared, self.own, self.att, self.fc = nn.BatchNorm1d(f), nn.Linear(f, 4 * c), nn.ModuleList(nn.Linear(2 * c, 4 * c) for _ in range(3)), nn.ModuleList(nn.Sequential(nn.Linear(c, f), nn.BatchNorm1d(f)) for _ in range(2)), nn.Linear(c, 3)

    def step(self, x, i):
        y = F.glu(self.shared(x), -1)
        return (y + F.glu(self.own[i](y), -1)) * 0.5 ** 0.5

    def forward(self, x):
        x = self.bn(x)
        c = self.own[0].in_features // 2
        a, prior, out = self.step(x, 0)[:, c:], torch.ones_like(x), 0
        for i in range(2):
            m = torch.softmax(self.att[i](a) * prior, -1)
            prior = prior * (1.3 - m)
            y = self.step(m * x, i + 1)
            out, a = out + F.relu(y[:, :c]), y[:, c:]
        return self.fc(out)


class MMoE(nn.Module):
    """Experts shared by two tasks with gates of their own, as layers, as one stack of weights, and as grouped convolutions."""
    def __init__(self, experts=3, c=16):
        super().__init__()
        self.experts, self.gates, self.towers = nn.ModuleList(nn.Sequential(nn.Linear(10, c), nn.ReLU()) for _ in range(experts)), nn.ModuleList(nn.Linear(10, experts) for _ in range(2)), nn.ModuleList(nn.Sequential(nn.Linear(2 * c, 12), nn.ReLU(), nn.Linear(12, 1)) for _ in range(2))
        self.w, self.b = nn.Parameter(torch.randn(experts, 10, c) * 0.3), nn.Parameter(torch.randn(experts, c))

    def forward(self, x):
        one = torch.stack([e(x) for e in self.experts], 1)
        two = F.relu(torch.einsum("bi,eio->beo", x, self.w) + self.b)
        out = []
        for gate, tower in zip(self.gates, self.towers):
            g = gate(x).softmax(-1)
            out.append(tower(torch.cat([torch.einsum("be,beo->bo", g, one), (g.unsqueeze(-1) * two).sum(1)], -1)))
        return tuple(out)


class HyperNetwork(nn.Module):
    """Weights of a small net made by another: by bmm, by a grouped convolution over the batch, by a product of two factors."""
    def __init__(self):
        super().__init__()
        self.hyper, self.w1, self.b1, self.w2, self.stem, self.fc = nn.Sequential(nn.Linear(6, 24), nn.ReLU()), nn.Linear(24, 12 * 16), nn.Linear(24, 12), nn.Linear(24, 12 * 8), nn.Linear(10, 16), nn.Linear(8, 3)

    def forward(self, x, z):
        h, x = self.hyper(z), F.relu(self.stem(x))
        x = F.relu(torch.bmm(self.w1(h).view(-1, 12, 16), x.unsqueeze(2)).squeeze(2) + self.b1(h))
        return self.fc(torch.tanh(torch.einsum("bi,bio->bo", x, self.w2(h).view(-1, 12, 8))))


class DeepONet(nn.Module):
    """Branch and trunk multiplied and summed; sines of Fourier features; a skip of the input (NeRF)."""
    def __init__(self, p=24):
        super().__init__()
        self.branch, self.b, self.t1, self.t2, self.t3, self.bias, self.color = nn.Sequential(nn.Linear(20, 32), nn.GELU(), nn.Linear(32, p)), nn.Parameter(torch.randn(2, 8)), nn.Linear(18, 32), nn.Linear(32 + 18, 32), nn.Linear(32, p), nn.Parameter(torch.zeros(1)), nn.Linear(p, 3)

    def forward(self, u, y):
        e = 2 * math.pi * y @ self.b
        e = torch.cat([y, e.sin(), e.cos()], -1)
        t = torch.sin(30 * self.t1(e))
        t = self.t3(torch.sin(self.t2(torch.cat([t, e], -1))))
        b = self.branch(u)
        return torch.einsum("bp,bnp->bn", b, t) + self.bias, self.color(b[:, None] * t).sigmoid()


class RealNVP(nn.Module):
    """Affine couplings by halves and by a checkered mask, the halves exchanged."""
    def __init__(self, c=8):
        super().__init__()
        self.s = nn.ModuleList(nn.Sequential(nn.Linear(c // 2, 24), nn.Tanh(), nn.Linear(24, c)) for _ in range(2))
        self.m = nn.Sequential(nn.Linear(c, 24), nn.Tanh(), nn.Linear(24, 2 * c))
        self.register_buffer("mask", torch.tensor([1.0, 0.0] * (c // 2)))

    def forward(self, x):
        det = 0
        for s in self.s:
            a, b = x.chunk(2, -1)
            scale, shift = s(a).chunk(2, -1)
            x, det = torch.cat([b * torch.tanh(scale).exp() + shift, a], -1), det + torch.tanh(scale).sum(-1)
        scale, shift = self.m(x * self.mask).chunk(2, -1)
        return self.mask * x + (1 - self.mask) * (x * scale.tanh().exp() + shift), det


class VQVAE(nn.Module):
    """The nearest entry of a table, in three spellings: distances expanded, cdist, one-hot times table."""
    def __init__(self, d=8, n=16):
        super().__init__()
        self.enc, self.dec, self.table = nn.Sequential(nn.Conv2d(3, 24, 4, 2, 1), nn.ReLU(), nn.Conv2d(24, d, 1)), nn.Sequential(nn.Conv2d(d, 24, 3, padding=1), nn.ReLU(), nn.ConvTranspose2d(24, 3, 4, 2, 1)), nn.Embedding(n, d)

    def forward(self, x):
        z = self.enc(x).permute(0, 2, 3, 1)
        flat = z.reshape(-1, z.shape[-1])
        d = flat.pow(2).sum(1, keepdim=True) + self.table.weight.pow(2).sum(1) - 2 * flat @ self.table.weight.t()
        q = self.table(d.argmin(1)).view(z.shape)
        return self.dec((z + (q - z)).permute(0, 3, 1, 2))


class GAT(nn.Module):
    """Graph attention over a dense adjacency (pytorch-GAT), several heads joined, GIN and Chebyshev layers behind it."""
    def __init__(self, i=8, c=12, h=3):
        super().__init__()
        self.h, self.c, self.w, self.src, self.dst = h, c, nn.Linear(i, h * c, bias=False), nn.Parameter(torch.randn(1, h, c)), nn.Parameter(torch.randn(1, h, c))
        self.gin, self.eps, self.cheb, self.fc = nn.Sequential(nn.Linear(h * c, 24), nn.ReLU(), nn.Linear(24, 24)), nn.Parameter(torch.tensor(0.1)), nn.Parameter(torch.randn(3, 24, 16) * 0.2), nn.Linear(16, 4)

    def forward(self, x, adjacency):
        n = x.shape[0]
        y = self.w(x).view(n, self.h, self.c)
        e = F.leaky_relu((y * self.src).sum(-1).t().unsqueeze(2) + (y * self.dst).sum(-1).t().unsqueeze(1), 0.2)
        a = e.masked_fill(adjacency.unsqueeze(0) < 0.3, -1e9).softmax(-1)
        x = F.elu((a @ y.transpose(0, 1)).permute(1, 0, 2).reshape(n, -1))
        x = self.gin((1 + self.eps) * x + adjacency @ x)
        t0, t1 = x, adjacency @ x
        t2 = 2 * adjacency @ t1 - t0
        x = F.relu(sum(t @ w for t, w in zip((t0, t1, t2), self.cheb)))
        return self.fc(x)


class STGCN(nn.Module):
    """Gated temporal convolutions around a product with stored adjacencies (skeletons, traffic)."""
    def __init__(self, nodes=9, c=16):
        super().__init__()
        self.register_buffer("a", torch.rand(3, nodes, nodes))
        self.edge, self.bn, self.gcn, self.tcn, self.res, self.gate, self.fc = nn.Parameter(torch.ones(3, nodes, nodes)), nn.BatchNorm1d(3 * nodes), nn.Conv2d(3, 3 * c, 1), nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, c, (9, 1), padding=(4, 0)), nn.BatchNorm2d(c)), nn.Conv2d(3, c, 1), nn.Conv2d(c, 2 * c, (3, 1), padding=(1, 0)), nn.Conv2d(c, 5, 1)

    def forward(self, x):
        n, c, t, v = x.shape
        x = self.bn(x.permute(0, 3, 1, 2).contiguous().view(n, v * c, t)).view(n, v, c, t).permute(0, 2, 3, 1)
        y = self.gcn(x)
        y = torch.einsum("nkctv,kvw->nctw", y.view(n, 3, -1, t, v), self.a * self.edge)
        y = F.relu(self.tcn(y) + self.res(x))
        p, q = self.gate(y).chunk(2, 1)
        return self.fc((p * q.sigmoid()).mean((2, 3), keepdim=True)).flatten(1)


class DGCNN(nn.Module):
    """Neighbours by distance: top-k, gathered, differences to the centre."""
    def __init__(self, k=4):
        super().__init__()
        self.k, self.a, self.b, self.c = k, nn.Sequential(nn.Conv2d(6, 24, 1), nn.BatchNorm2d(24), nn.LeakyReLU(0.2)), nn.Sequential(nn.Conv2d(48, 32, 1), nn.BatchNorm2d(32), nn.LeakyReLU(0.2)), nn.Conv1d(56, 48, 1)
        self.fc = nn.Linear(96, 5)

    def edges(self, x, i):
        n, c, p = x.shape
        y = torch.gather(x.unsqueeze(2).expand(-1, -1, p, -1), 3, i.unsqueeze(1).expand(-1, c, -1, -1))
        centre = x.unsqueeze(3).expand(-1, -1, -1, self.k)
        return torch.cat([y - centre, centre], 1)

    def forward(self, x):
        d = -(x.unsqueeze(3) - x.unsqueeze(2)).pow(2).sum(1)
        i = d.topk(self.k, -1)[1]
        a = self.a(self.edges(x, i)).max(-1)[0]
        b = self.b(self.edges(a, i)).max(-1)[0]
        y = self.c(torch.cat([a, b], 1))
        return self.fc(torch.cat([y.max(-1)[0], y.mean(-1)], 1))


class OffsetAttention(nn.Module):
    """Point cloud transformer: attention normed twice, an offset added."""
    def __init__(self, c=24):
        super().__init__()
        self.stem, self.qk, self.v, self.t, self.n, self.fc = nn.Conv1d(3, c, 1), nn.Conv1d(c, c // 4, 1, bias=False), nn.Conv1d(c, c, 1), nn.Conv1d(c, c, 1), nn.BatchNorm1d(c), nn.Linear(c, 4)

    def forward(self, x):
        x = self.stem(x)
        q = self.qk(x)
        a = torch.bmm(q.permute(0, 2, 1), q).softmax(-1)
        a = a / (1e-9 + a.sum(1, keepdim=True))
        x = x + F.relu(self.n(self.t(x - torch.bmm(self.v(x), a))))
        return self.fc(x.max(-1)[0])


class Dueling(nn.Module):
    """Values and advantages, a distribution for each action (C51), noise-free; an LSTM and a policy beside it."""
    def __init__(self, actions=4, atoms=7):
        super().__init__()
        self.n, self.m = actions, atoms
        self.body = nn.Sequential(nn.Conv2d(4, 16, 8, 4), nn.ReLU(), nn.Conv2d(16, 24, 4, 2), nn.ReLU(), nn.Flatten())
        self.v, self.a, self.rnn, self.pi = nn.Sequential(nn.Linear(216, 32), nn.ReLU(), nn.Linear(32, atoms)), nn.Sequential(nn.Linear(216, 32), nn.ReLU(), nn.Linear(32, actions * atoms)), nn.LSTM(216, 24, batch_first=True), nn.Linear(24, actions)

    def forward(self, x):
        y = self.body(x / 255)
        v, a = self.v(y).view(-1, 1, self.m), self.a(y).view(-1, self.n, self.m)
        q = (v + a - a.mean(1, keepdim=True)).softmax(-1)
        return (q * torch.linspace(-1, 1, self.m)).sum(-1), self.pi(self.rnn(y.unsqueeze(1))[0][:, -1])


class TFT(nn.Module):
    """Temporal fusion: gated residual networks, selection of variables, an LSTM, quantiles."""
    def __init__(self, v=5, c=16):
        super().__init__()
        grn = lambda i, o: nn.ModuleDict(dict(a=nn.Linear(i, c), b=nn.Linear(c, o), g=nn.Linear(o, 2 * o), s=nn.Linear(i, o), n=nn.LayerNorm(o)))
        self.inputs, self.each, self.flat, self.rnn, self.post, self.att, self.out = nn.ModuleList(nn.Linear(1, c) for _ in range(v)), nn.ModuleList(grn(c, c) for _ in range(v)), grn(v * c, v), nn.LSTM(c, c, batch_first=True), grn(c, c), nn.MultiheadAttention(c, 4, batch_first=True), nn.Linear(c, 3)

    def grn(self, m, x):
        return m["n"](m["s"](x) + F.glu(m["g"](m["b"](F.elu(m["a"](x)))), -1))

    def forward(self, x):
        e = [f(x[..., i:i + 1]) for i, f in enumerate(self.inputs)]
        w = self.grn(self.flat, torch.cat(e, -1)).softmax(-1).unsqueeze(-1)
        y = (w * torch.stack([self.grn(m, y) for m, y in zip(self.each, e)], -2)).sum(-2)
        y = self.grn(self.post, y + self.rnn(y)[0])
        return self.out(y + self.att(y, y, y)[0])[:, -4:]


class Decomposed(nn.Module):
    """Moving averages padded by the edges (DLinear), reversible norms, variates as tokens (iTransformer), even and odd steps (SCINet)."""
    def __init__(self, v=6, l=24, p=8, c=32):
        super().__init__()
        self.trend, self.season, self.embed, self.layer, self.out = nn.Linear(l, p), nn.Linear(l, p), nn.Linear(l, c), nn.TransformerEncoderLayer(c, 4, 64, batch_first=True), nn.Linear(c, p)
        self.even, self.odd, self.join = nn.Sequential(nn.ReplicationPad1d(2), nn.Conv1d(v, 12, 5), nn.LeakyReLU(), nn.Conv1d(12, v, 1), nn.Tanh()), nn.Sequential(nn.ReplicationPad1d(2), nn.Conv1d(v, 12, 5), nn.LeakyReLU(), nn.Conv1d(12, v, 1), nn.Tanh()), nn.Linear(l, p)
        self.w, self.b = nn.Parameter(torch.ones(v)), nn.Parameter(torch.zeros(v))

    def forward(self, x):
        mean, std = x.mean(1, keepdim=True), (x.var(1, keepdim=True, unbiased=False) + 1e-5).sqrt()
        x = (x - mean) / std * self.w + self.b
        trend = F.avg_pool1d(torch.cat([x[:, :1].repeat(1, 2, 1), x, x[:, -1:].repeat(1, 2, 1)], 1).permute(0, 2, 1), 5, 1)
        y = x.permute(0, 2, 1)
        a = self.trend(trend) + self.season(y - trend) + self.out(self.layer(self.embed(y)))
        e, o = y[..., ::2], y[..., 1::2]
        e, o = e * self.even(o).exp(), o * self.odd(e).exp()
        a = a + self.join(torch.stack([e, o], -1).flatten(2))
        return (a.permute(0, 2, 1) - self.b) / (self.w + 1e-5) * std + mean
