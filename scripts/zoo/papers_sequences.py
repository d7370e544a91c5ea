"""Networks for texts, series, tables and graphs as their papers' authors write them down; part of `--set papers`."""
import torch
from torch import nn
from torch.nn import functional as F

from adverse_blocks import RMSNorm


class LensBlock(nn.Module):
    """Weights with heads of their own, as in TransformerLens: [heads, d, d_head]; logits straight from [b, l, h, d]."""
    def __init__(self, c=32, h=4, d=8):
        super().__init__()
        w = lambda *shape: nn.Parameter(torch.randn(*shape) * 0.2)
        self.q, self.k, self.v, self.o, self.bq, self.bv, self.bo = w(h, c, d), w(h, c, d), w(h, c, d), w(h, d, c), w(h, d), w(h, d), w(c)
        self.n1, self.n2, self.win, self.bin, self.wout = nn.LayerNorm(c), nn.LayerNorm(c), w(c, 4 * c), w(4 * c), w(4 * c, c)

    def forward(self, x):
        y = self.n1(x)
        q = torch.einsum("bld,hdk->blhk", y, self.q) + self.bq
        k = torch.einsum("bld,hdk->blhk", y, self.k)
        v = torch.einsum("bld,hdk->blhk", y, self.v) + self.bv
        a = torch.einsum("bqhk,bshk->bhqs", q, k) / 8 ** 0.5
        z = torch.einsum("bshk,bhqs->bqhk", v, a.softmax(-1))
        x = x + torch.einsum("bqhk,hkd->bqd", z, self.o) + self.bo
        return x + torch.einsum("blf,fd->bld", F.gelu(torch.einsum("bld,df->blf", self.n2(x), self.win) + self.bin), self.wout)


class FlaxBlock(nn.Module):
    """DenseGeneral: weights [d, heads, d_head], and logits with the heads in the middle."""
    def __init__(self, c=32, h=4, d=8):
        super().__init__()
        w = lambda *shape: nn.Parameter(torch.randn(*shape) * 0.2)
        self.q, self.k, self.v, self.o = w(c, h, d), w(c, h, d), w(c, h, d), w(h, d, c)
        self.n1, self.n2, self.up, self.gate, self.down = RMSNorm(c), RMSNorm(c), nn.Linear(c, 2 * c, bias=False), nn.Linear(c, 2 * c, bias=False), nn.Linear(2 * c, c, bias=False)

    def forward(self, x):
        y = self.n1(x)
        q, k, v = (torch.einsum("...ld,dhk->...lhk", y, w) for w in (self.q, self.k, self.v))
        a = torch.einsum("...qhd,...khd->...hqk", q * 8 ** -0.5, k).softmax(-1)
        x = x + torch.einsum("...qhd,hdf->...qf", torch.einsum("...hqk,...khd->...qhd", a, v), self.o)
        y = self.n2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class TensorDot(nn.Module):
    """The same by tensordot and matmul with reshaped weights."""
    def __init__(self, c=32, h=4, d=8):
        super().__init__()
        w = lambda *shape: nn.Parameter(torch.randn(*shape) * 0.2)
        self.q, self.k, self.v, self.o = w(c, h, d), w(c, h, d), w(c, h, d), w(h, d, c)

    def forward(self, x):
        q, k, v = (torch.tensordot(x, w, dims=([2], [0])).permute(0, 2, 1, 3) for w in (self.q, self.k, self.v))
        y = (q @ k.transpose(-1, -2)).softmax(-1) @ v
        return x + torch.tensordot(y, self.o, dims=([1, 3], [0, 1]))


class TalkingHeads(nn.Module):
    """Heads mixed before and after the softmax; a gate for each head."""
    def __init__(self, c=32, h=4):
        super().__init__()
        self.h, self.qkv, self.proj, self.before, self.after, self.gate = h, nn.Linear(c, 3 * c), nn.Linear(c, c), nn.Parameter(torch.randn(h, h)), nn.Parameter(torch.randn(h, h)), nn.Linear(c, h)

    def forward(self, x):
        n, l, c = x.shape
        q, k, v = self.qkv(x).view(n, l, 3, self.h, -1).permute(2, 0, 3, 1, 4)
        a = torch.einsum("bhij,hg->bgij", q @ k.transpose(-1, -2) / 3, self.before).softmax(-1)
        y = torch.einsum("bhij,hg->bgij", a, self.after) @ v
        return x + self.proj((y * self.gate(x).sigmoid().permute(0, 2, 1)[..., None]).transpose(1, 2).reshape(n, l, c))


class Linformer(nn.Module):
    """Keys and values projected along the length."""
    def __init__(self, c=32, h=4, length=12, k=6):
        super().__init__()
        self.h, self.q, self.k, self.v, self.proj = h, nn.Linear(c, c), nn.Linear(c, c), nn.Linear(c, c), nn.Linear(c, c)
        self.e, self.f = nn.Parameter(torch.randn(length, k)), nn.Parameter(torch.randn(length, k))

    def forward(self, x):
        n, l, c = x.shape
        k, v = torch.einsum("bnd,nk->bkd", self.k(x), self.e), torch.einsum("bnd,nk->bkd", self.v(x), self.f)
        q, k, v = (y.reshape(n, -1, self.h, c // self.h).transpose(1, 2) for y in (self.q(x), k, v))
        return x + self.proj((torch.einsum("bhnd,bhkd->bhnk", q, k).mul(0.3).softmax(-1) @ v).transpose(1, 2).reshape(n, l, c))


class Performer(nn.Module):
    """Random features of keys and queries."""
    def __init__(self, c=32, h=4, m=16):
        super().__init__()
        self.h, self.qkv, self.proj = h, nn.Linear(c, 3 * c), nn.Linear(c, c)
        self.register_buffer("p", torch.randn(m, c // h))

    def features(self, x):
        return (torch.einsum("bhnd,md->bhnm", x * 0.5, self.p) - (x ** 2).sum(-1, keepdim=True) / 8).exp() + 1e-4

    def forward(self, x):
        n, l, c = x.shape
        q, k, v = (y.view(n, l, self.h, -1).transpose(1, 2) for y in self.qkv(x).chunk(3, -1))
        q, k = self.features(q), self.features(k)
        d = 1 / torch.einsum("bhnm,bhm->bhn", q, k.sum(2))
        return x + self.proj(torch.einsum("bhme,bhnm,bhn->bhne", torch.einsum("bhnm,bhne->bhme", k, v), q, d).transpose(1, 2).reshape(n, l, c))


class GatedAttention(nn.Module):
    """GAU (FLASH): one head of squared ReLUs, scales and offsets that make queries and keys of one projection."""
    def __init__(self, c=32, e=64, s=16):
        super().__init__()
        self.e, self.s, self.norm, self.uv, self.gamma, self.beta, self.o = e, s, nn.LayerNorm(c), nn.Linear(c, 2 * e + s), nn.Parameter(torch.randn(2, s)), nn.Parameter(torch.randn(2, s)), nn.Linear(e, c)

    def forward(self, x):
        u, v, base = F.silu(self.uv(self.norm(x))).split([self.e, self.e, self.s], -1)
        base = torch.einsum("...r,hr->...hr", base, self.gamma) + self.beta
        q, k = base.unbind(-2)
        a = F.relu(torch.einsum("bnd,bmd->bnm", q, k) / x.shape[1]) ** 2
        return x + self.o(u * torch.einsum("bnm,bme->bne", a, v))


class Retention(nn.Module):
    """RetNet in parallel form: decays of each head, group norm of heads, a gate."""
    def __init__(self, c=32, h=4, length=12):
        super().__init__()
        self.h, self.q, self.k, self.v, self.g, self.o, self.norm = h, nn.Linear(c, c), nn.Linear(c, c), nn.Linear(c, 2 * c), nn.Linear(c, 2 * c), nn.Linear(2 * c, c), nn.GroupNorm(h, 2 * c)
        steps = torch.arange(length)
        self.register_buffer("d", torch.tril((1 - 2.0 ** (-3 - torch.arange(h)))[:, None, None] ** (steps[:, None] - steps[None]).clamp(min=0)))

    def forward(self, x):
        n, l, c = x.shape
        q, k, v = (y.view(n, l, self.h, -1).transpose(1, 2) for y in (self.q(x), self.k(x), self.v(x)))
        y = ((q @ k.transpose(-1, -2)) * self.d) @ v
        y = self.norm(y.transpose(1, 2).reshape(n * l, 2 * c)).reshape(n, l, 2 * c)
        return x + self.o(F.silu(self.g(x)) * y)


class Alibi(nn.Module):
    """Slopes of heads times distances; grouped keys repeated; a soft cap; sinks."""
    def __init__(self, c=32, h=4, kv=2):
        super().__init__()
        self.h, self.kv, self.d, self.q, self.k, self.v, self.o, self.sink = h, kv, c // h, nn.Linear(c, c, bias=False), nn.Linear(c, c * kv // h, bias=False), nn.Linear(c, c * kv // h, bias=False), nn.Linear(c, c, bias=False), nn.Parameter(torch.randn(h))
        self.register_buffer("slopes", 2.0 ** -torch.arange(1, h + 1).float())

    def forward(self, x):
        n, l, c = x.shape
        q, k, v = self.q(x).view(n, l, self.h, self.d).transpose(1, 2), self.k(x).view(n, l, self.kv, self.d).transpose(1, 2), self.v(x).view(n, l, self.kv, self.d).transpose(1, 2)
        k, v = k.repeat_interleave(self.h // self.kv, 1), v.repeat_interleave(self.h // self.kv, 1)
        a = q @ k.transpose(-1, -2) / self.d ** 0.5 + self.slopes[:, None, None] * -(torch.arange(l)[:, None] - torch.arange(l)[None]).abs().float()
        a = 20 * torch.tanh(a / 20)
        a = torch.cat([a, self.sink.view(1, -1, 1, 1).expand(n, -1, l, 1)], -1).softmax(-1)[..., :-1]
        return x + self.o((a @ v).transpose(1, 2).reshape(n, l, c))


class RelativeShift(nn.Module):
    """Transformer-XL: content and position terms with biases u and v, shifted by padding and viewing."""
    def __init__(self, c=32, h=4, length=12):
        super().__init__()
        self.h, self.d, self.qkv, self.r, self.o = h, c // h, nn.Linear(c, 3 * c, bias=False), nn.Linear(c, c, bias=False), nn.Linear(c, c, bias=False)
        self.u, self.w, self.pos = nn.Parameter(torch.randn(h, c // h)), nn.Parameter(torch.randn(h, c // h)), nn.Parameter(torch.randn(length, c))

    def forward(self, x):
        n, l, c = x.shape
        q, k, v = (y.view(n, l, self.h, self.d) for y in self.qkv(x).chunk(3, -1))
        r = self.r(self.pos).view(l, self.h, self.d)
        ac, bd = torch.einsum("bind,bjnd->bnij", q + self.u, k), torch.einsum("bind,jnd->bnij", q + self.w, r)
        bd = F.pad(bd, (1, 0)).view(n, self.h, l + 1, l)[:, :, 1:].reshape(n, self.h, l, l)
        a = ((ac + bd) * self.d ** -0.5).softmax(-1)
        return x + self.o(torch.einsum("bnij,bjnd->bind", a, v).reshape(n, l, c))


class LocalWindows(nn.Module):
    """Blocks of the length look at themselves and the block in front, by pad, view and cat."""
    def __init__(self, c=32, h=4, w=4):
        super().__init__()
        self.h, self.w, self.qkv, self.o = h, w, nn.Linear(c, 3 * c), nn.Linear(c, c)

    def forward(self, x):
        n, l, c = x.shape
        q, k, v = (y.view(n, l, self.h, -1).transpose(1, 2).reshape(n, self.h, l // self.w, self.w, c // self.h) for y in self.qkv(x).chunk(3, -1))
        back = lambda y: torch.cat([F.pad(y, (0, 0, 0, 0, 1, 0))[:, :, :-1], y], 3)
        y = (q @ back(k).transpose(-1, -2) * 0.3).softmax(-1) @ back(v)
        return x + self.o(y.reshape(n, self.h, l, -1).transpose(1, 2).reshape(n, l, c))


class Synthesizer(nn.Module):
    """Attention of the tokens themselves and of a stored matrix, no keys."""
    def __init__(self, c=32, h=4, length=12):
        super().__init__()
        self.h, self.a, self.b, self.v, self.o, self.fixed, self.l = h, nn.Linear(c, c), nn.Linear(c // h, length), nn.Linear(c, c), nn.Linear(c, c), nn.Parameter(torch.randn(h, length, length)), length

    def forward(self, x):
        n, l, c = x.shape
        a = self.b(F.relu(self.a(x)).view(n, l, self.h, -1).transpose(1, 2)) + self.fixed
        return x + self.o((a.softmax(-1) @ self.v(x).view(n, l, self.h, -1).transpose(1, 2)).transpose(1, 2).reshape(n, l, c))


class Gated(nn.Module):
    """minGRU and a linear recurrence by cumulative sums of logarithms."""
    def __init__(self, c=32):
        super().__init__()
        self.z, self.h, self.o, self.norm = nn.Linear(c, c), nn.Linear(c, c), nn.Linear(c, c), nn.LayerNorm(c)

    def forward(self, x):
        z, h = self.z(x), F.softplus(self.h(x)) + 0.01
        log = -F.softplus(z)
        a = torch.cumsum(log, 1)
        y = (a + torch.log((torch.log(h) - F.softplus(-z) - a).exp().cumsum(1))).exp()
        return x + self.o(self.norm(y))


class TextNet(nn.Module):
    def __init__(self, *blocks, c=32):
        super().__init__()
        self.embed, self.place, self.blocks, self.norm, self.fc = nn.Embedding(60, c), nn.Parameter(torch.randn(1, 12, c)), nn.Sequential(*blocks), nn.LayerNorm(c), nn.Linear(c, 5)

    def forward(self, x):
        return self.fc(self.norm(self.blocks(self.embed(x) + self.place)).mean(1))


class Pooled(nn.Module):
    """Stacked BiGRU with attention pooling, a mask from the ids, a gate beside it."""
    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.w, self.u, self.fc = nn.Embedding(60, 20), nn.GRU(20, 24, 2, batch_first=True, bidirectional=True), nn.Linear(48, 32), nn.Linear(32, 1, bias=False), nn.Sequential(nn.Linear(96, 32), nn.ReLU(), nn.Linear(32, 5))

    def forward(self, x):
        h, _ = self.rnn(self.embed(x))
        a = self.u(torch.tanh(self.w(h))).squeeze(-1).masked_fill(x == 0, -1e9).softmax(1)
        return self.fc(torch.cat([(a.unsqueeze(-1) * h).sum(1), h.max(1)[0]], -1))


class Hierarchy(nn.Module):
    """HAN: words of sentences, then sentences; the batch folded into the first."""
    def __init__(self):
        super().__init__()
        self.embed, self.words, self.sentences = nn.Embedding(60, 16), nn.GRU(16, 12, batch_first=True, bidirectional=True), nn.GRU(24, 12, batch_first=True, bidirectional=True)
        self.w1, self.c1, self.w2, self.c2, self.fc = nn.Linear(24, 24), nn.Parameter(torch.randn(24)), nn.Linear(24, 24), nn.Parameter(torch.randn(24)), nn.Linear(24, 4)

    def pool(self, h, w, c):
        a = torch.softmax(torch.tanh(w(h)) @ c, 1)
        return torch.bmm(a.unsqueeze(1), h).squeeze(1)

    def forward(self, x):
        n, s, l = x.shape
        y = self.pool(self.words(self.embed(x.view(n * s, l)))[0], self.w1, self.c1).view(n, s, -1)
        return self.fc(self.pool(self.sentences(y)[0], self.w2, self.c2))


class Bahdanau(nn.Module):
    """A decoder of cells with additive attention, unrolled."""
    def __init__(self):
        super().__init__()
        self.embed, self.enc, self.cell, self.wa, self.ua, self.va, self.fc = nn.Embedding(60, 16), nn.GRU(16, 24, batch_first=True), nn.GRUCell(16 + 24, 24), nn.Linear(24, 20), nn.Linear(24, 20, bias=False), nn.Linear(20, 1), nn.Linear(24 + 24 + 16, 60)

    def forward(self, source, target):
        keys, h = self.enc(self.embed(source))
        h, projected, out = h[0], self.ua(keys), []
        for t in range(3):
            e = self.embed(target[:, t])
            a = self.va(torch.tanh(self.wa(h)[:, None] + projected)).softmax(1)
            context = (a * keys).sum(1)
            h = self.cell(torch.cat([e, context], -1), h)
            out.append(self.fc(torch.cat([h, context, e], -1)))
        return torch.stack(out, 1)


class Biaffine(nn.Module):
    """A parser: arcs and labels by biaffine products over a BiLSTM."""
    def __init__(self, d=16, labels=4):
        super().__init__()
        self.embed, self.rnn = nn.Embedding(60, 20), nn.LSTM(20, 24, batch_first=True, bidirectional=True)
        self.head, self.dep, self.arc, self.label, self.out = nn.Sequential(nn.Linear(48, d), nn.LeakyReLU(0.1)), nn.Sequential(nn.Linear(48, d), nn.LeakyReLU(0.1)), nn.Parameter(torch.randn(d + 1, d) * 0.2), nn.Parameter(torch.randn(labels, d + 1, d + 1) * 0.2), nn.Bilinear(d, d, labels)

    def forward(self, x):
        h, _ = self.rnn(self.embed(x))
        a, b = self.head(h), self.dep(h)
        one = lambda y: torch.cat([y, torch.ones_like(y[..., :1])], -1)
        arcs = one(b) @ self.arc @ a.transpose(1, 2)
        return arcs, torch.einsum("bxi,oij,byj->boxy", one(b), self.label, one(a)), self.out(a, b)


class Decomposable(nn.Module):
    """ESIM: two texts, soft alignment, differences and products."""
    def __init__(self):
        super().__init__()
        self.embed, self.enc, self.proj, self.dec = nn.Embedding(60, 16), nn.LSTM(16, 12, batch_first=True, bidirectional=True), nn.Sequential(nn.Linear(96, 24), nn.ReLU()), nn.LSTM(24, 12, batch_first=True, bidirectional=True)
        self.fc = nn.Sequential(nn.Linear(96, 24), nn.Tanh(), nn.Linear(24, 3))

    def forward(self, p, q):
        a, b = self.enc(self.embed(p))[0], self.enc(self.embed(q))[0]
        e = a @ b.transpose(1, 2)
        aa, bb = e.softmax(2) @ b, e.transpose(1, 2).softmax(2) @ a
        v = [self.dec(self.proj(torch.cat([y, z, y - z, y * z], -1)))[0] for y, z in ((a, aa), (b, bb))]
        return self.fc(torch.cat([f(y) for y in v for f in (lambda y: y.mean(1), lambda y: y.max(1)[0])], 1))


class DPCNN(nn.Module):
    def __init__(self, c=24):
        super().__init__()
        self.embed, self.region, self.c1, self.c2, self.fc = nn.Embedding(60, 16), nn.Conv2d(1, c, (3, 16)), nn.Conv2d(c, c, (3, 1)), nn.Conv2d(c, c, (3, 1)), nn.Linear(c, 5)

    def forward(self, x):
        x = self.region(self.embed(x).unsqueeze(1))
        pad = lambda y: F.pad(y, (0, 0, 1, 1))
        x = self.c1(F.relu(pad(x)))
        x = self.c1(F.relu(pad(x)))
        for _ in range(2):
            p = F.max_pool2d(F.pad(x, (0, 0, 0, 1)), (3, 1), 2)
            x = p + self.c2(F.relu(pad(self.c2(F.relu(pad(p))))))
        return self.fc(x.mean((2, 3)))


class CharWord(nn.Module):
    """Characters of words by several widths, highway layers, an LSTM (ELMo, Kim)."""
    def __init__(self):
        super().__init__()
        self.embed, self.convs, self.h, self.g, self.rnn, self.fc = nn.Embedding(60, 8), nn.ModuleList(nn.Conv1d(8, o, k) for o, k in ((8, 2), (12, 3), (12, 4))), nn.Linear(32, 32), nn.Linear(32, 32), nn.LSTM(32, 24, batch_first=True), nn.Linear(24, 6)

    def forward(self, x):
        n, l, w = x.shape
        y = self.embed(x).view(-1, w, 8).transpose(1, 2)
        y = torch.cat([c(y).max(-1)[0].relu() for c in self.convs], 1)
        g = self.g(y).sigmoid()
        y = g * F.relu(self.h(y)) + (1 - g) * y
        return self.fc(self.rnn(y.view(n, l, -1))[0])
