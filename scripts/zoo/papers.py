"""A seventh zoo for export.py (`--set papers`): networks of papers, written down as their authors do before any of them was tried."""
import torch
from torch import nn
from torch.nn import functional as F

from adverse_blocks import BATCH, Residual, ids, image
from papers_blocks import *  # noqa: F403 - every class of it is an entry below
from papers_images import *  # noqa: F403
from papers_sequences import *  # noqa: F403
from papers_tables import *  # noqa: F403


class StatsPool(nn.Module):
    """ECAPA's attentive pooling: context of mean and deviation, softmax over time, weighted mean and deviation."""
    def __init__(self, c, b=16):
        super().__init__()
        self.a, self.b = nn.Conv1d(3 * c, b, 1), nn.Conv1d(b, c, 1)

    def forward(self, x):
        t = x.size(-1)
        context = torch.cat([x, x.mean(2, keepdim=True).repeat(1, 1, t), (x.var(2, keepdim=True) + 1e-5).sqrt().repeat(1, 1, t)], 1)
        w = self.b(torch.tanh(self.a(context))).softmax(2)
        mu = (x * w).sum(2)
        return torch.cat([mu, ((x ** 2 * w).sum(2) - mu ** 2).clamp(min=1e-5).sqrt()], 1)


class Ecapa(nn.Module):
    """Res2 blocks of one dimension, squeeze and excitation, the outputs of all blocks joined."""
    def __init__(self, c=32, s=4):
        super().__init__()
        self.s, w = s, c // s
        unit = lambda i, o, k, d=1: nn.Sequential(nn.Conv1d(i, o, k, dilation=d, padding=k // 2 * d), nn.ReLU(), nn.BatchNorm1d(o))
        self.stem, self.a, self.b, self.parts = unit(16, c, 5), nn.ModuleList(unit(c, c, 1) for _ in range(2)), nn.ModuleList(unit(c, c, 1) for _ in range(2)), nn.ModuleList(nn.ModuleList(unit(w, w, 3, d) for _ in range(s - 1)) for d in (2, 3))
        self.se, self.mfa, self.pool, self.bn, self.fc = nn.ModuleList(nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Conv1d(c, 8, 1), nn.ReLU(), nn.Conv1d(8, c, 1), nn.Sigmoid()) for _ in range(2)), nn.Conv1d(2 * c, 48, 1), StatsPool(48), nn.BatchNorm1d(96), nn.Linear(96, 12)

    def forward(self, x):
        x, outs = self.stem(x), []
        for a, b, parts, se in zip(self.a, self.b, self.parts, self.se):
            y, last = [], None
            for i, p in enumerate(torch.chunk(a(x), self.s, 1)):
                last = p if i == 0 else parts[i - 1](p if i == 1 else p + last)
                y.append(last)
            y = b(torch.cat(y, 1))
            x = x + y * se(y)
            outs.append(x)
        return F.normalize(self.fc(self.bn(self.pool(F.relu(self.mfa(torch.cat(outs, 1)))))))


class Demucs(nn.Module):
    """Encoders with GLU, a BiLSTM at the bottom, decoders that add the skips and cut the borders."""
    def __init__(self, c=12):
        super().__init__()
        self.e1, self.e2 = (nn.Sequential(nn.Conv1d(i, o, 8, 4), nn.ReLU(), nn.Conv1d(o, 2 * o, 1), nn.GLU(1)) for i, o in ((2, c), (c, 2 * c)))
        self.rnn, self.lin = nn.LSTM(2 * c, 2 * c, 2, bidirectional=True), nn.Linear(4 * c, 2 * c)
        self.d1, self.d2 = (nn.Sequential(nn.Conv1d(i, 2 * i, 3, padding=1), nn.GLU(1), nn.ConvTranspose1d(i, o, 8, 4)) for i, o in ((2 * c, c), (c, 8)))

    def forward(self, x):
        n = x.size(0)
        a = self.e1(x)
        b = self.e2(a)
        y = self.lin(self.rnn(b.permute(2, 0, 1))[0]).permute(1, 2, 0)
        y = F.relu(self.d1(y + b))
        y = self.d2(y[..., :a.size(-1)] + a[..., :y.size(-1)])
        return y.view(n, 4, 2, y.size(-1))


class Denoiser(nn.Module):
    """Complex masks: real and imaginary parts of a spectrogram through 2-d convolutions and a GRU over frames (DCCRN, CRN)."""
    def __init__(self, c=12):
        super().__init__()
        self.re1, self.im1, self.re2, self.im2 = (nn.Conv2d(i, c, (3, 3), (1, 2), 1) for i in (1, 1, c, c))
        self.rnn, self.fc, self.up = nn.GRU(2 * c * 8, 48, batch_first=True), nn.Linear(48, 2 * c * 8), nn.Sequential(nn.ConvTranspose2d(4 * c, c, (3, 4), (1, 2), 1), nn.PReLU(), nn.ConvTranspose2d(c, 2, (3, 4), (1, 2), 1))

    def forward(self, x):
        r, i = x[:, :1], x[:, 1:]
        for re, im in ((self.re1, self.im1), (self.re2, self.im2)):
            r, i = F.elu(re(r) - im(i)), F.elu(re(i) + im(r))
        y = torch.cat([r, i], 1)
        b, c, t, f = y.shape
        z = self.fc(self.rnn(y.permute(0, 2, 1, 3).reshape(b, t, c * f))[0]).reshape(b, t, c, f).permute(0, 2, 1, 3)
        m = self.up(torch.cat([y, z], 1)).tanh()
        return torch.stack([m[:, 0] * x[:, 0] - m[:, 1] * x[:, 1], m[:, 0] * x[:, 1] + m[:, 1] * x[:, 0]], 1)


class BCResNet(nn.Module):
    """Broadcast residuals: averaged over frequencies, a temporal path, stretched back; norms of sub-bands."""
    def __init__(self, c=16):
        super().__init__()
        self.c, self.stem, self.f, self.ssn, self.t, self.fc = c, nn.Conv2d(1, c, 5, (2, 1), 2), nn.Conv2d(c, c, (3, 1), padding=(1, 0), groups=c), nn.BatchNorm2d(c * 4), nn.Sequential(nn.Conv2d(c, c, (1, 3), padding=(0, 1), groups=c), nn.BatchNorm2d(c), nn.SiLU(), nn.Conv2d(c, c, 1)), nn.Conv2d(c, 10, 1)

    def forward(self, x):
        x = self.stem(x)
        n, c, f, t = x.shape
        y = self.ssn(self.f(x).view(n, c * 4, f // 4, t)).view(n, c, f, t)
        return self.fc(F.relu(x + y + self.t(y.mean(2, keepdim=True))).mean((2, 3), keepdim=True)).flatten(1)


class FastSpeech(nn.Module):
    """Feed-forward transformers with convolutions, predictors of duration and pitch, quantised and added."""
    def __init__(self, c=32):
        super().__init__()
        self.embed, self.att, self.n1, self.n2, self.c1, self.c2 = nn.Embedding(60, c), nn.MultiheadAttention(c, 2, batch_first=True), nn.LayerNorm(c), nn.LayerNorm(c), nn.Conv1d(c, 2 * c, 9, padding=4), nn.Conv1d(2 * c, c, 1)
        predictor = lambda: nn.ModuleList([nn.Conv1d(c, 24, 3, padding=1), nn.LayerNorm(24), nn.Linear(24, 1)])
        self.duration, self.pitch, self.table, self.mel = predictor(), predictor(), nn.Embedding(16, c), nn.Linear(c, 20)
        self.register_buffer("bins", torch.linspace(-1, 1, 15))

    def predict(self, m, x):
        return m[2](m[1](F.relu(m[0](x.transpose(1, 2)).transpose(1, 2)))).squeeze(-1)

    def forward(self, x):
        mask = x.eq(0)
        x = self.embed(x)
        x = self.n1(x + self.att(x, x, x, key_padding_mask=mask)[0])
        x = self.n2(x + self.c2(F.relu(self.c1(x.transpose(1, 2)))).transpose(1, 2)).masked_fill(mask.unsqueeze(-1), 0)
        pitch = self.predict(self.pitch, x)
        x = x + self.table((pitch.unsqueeze(-1) > self.bins).sum(-1))
        return self.mel(x.repeat_interleave(2, 1)), self.predict(self.duration, x)


class MelGAN(nn.Module):
    def __init__(self):
        super().__init__()
        wn = nn.utils.parametrizations.weight_norm
        block = lambda c, d: Residual(nn.LeakyReLU(0.2), nn.ReflectionPad1d(d), wn(nn.Conv1d(c, c, 3, dilation=d)), nn.LeakyReLU(0.2), wn(nn.Conv1d(c, c, 1)))
        self.net = nn.Sequential(nn.ReflectionPad1d(3), wn(nn.Conv1d(16, 48, 7)), nn.LeakyReLU(0.2), wn(nn.ConvTranspose1d(48, 24, 8, 4, 2)), block(24, 1), block(24, 3), nn.LeakyReLU(0.2), wn(nn.ConvTranspose1d(24, 12, 4, 2, 1)), block(12, 1), nn.LeakyReLU(0.2), nn.ReflectionPad1d(3), wn(nn.Conv1d(12, 1, 7)), nn.Tanh())

    def forward(self, x):
        return self.net(x)


class Sinc(nn.Module):
    """Band-pass filters computed of two numbers each, then a stack with LayerNorm over [c, t]."""
    def __init__(self, n=16, k=31):
        super().__init__()
        self.low, self.band, self.k = nn.Parameter(torch.linspace(0.02, 0.3, n)[:, None]), nn.Parameter(torch.full((n, 1), 0.05)), k
        self.register_buffer("window", torch.hamming_window(k))
        self.register_buffer("steps", torch.arange(-(k // 2), k // 2 + 1)[None].float() + 1e-3)
        self.n1, self.c1, self.n2, self.fc = nn.LayerNorm([n, 45]), nn.Conv1d(n, 24, 5), nn.LayerNorm([24, 41]), nn.Linear(24, 6)

    def forward(self, x):
        low = self.low.abs()
        high = low + self.band.abs()
        f = lambda h: torch.sin(6.2832 * h @ self.steps) / (3.1416 * self.steps)
        filters = ((f(high) - f(low)) * self.window).unsqueeze(1)
        y = F.leaky_relu(self.n1(F.max_pool1d(F.conv1d(x, filters).abs(), 3)), 0.2)
        return self.fc(F.leaky_relu(self.n2(self.c1(y)), 0.2).mean(2))


class DeepConvLSTM(nn.Module):
    """Sensors: convolutions over time, then all sensors' features into an LSTM; CNN features beside last state."""
    def __init__(self):
        super().__init__()
        self.convs, self.rnn, self.fc = nn.Sequential(nn.Conv2d(1, 16, (5, 1)), nn.ReLU(), nn.Conv2d(16, 16, (5, 1)), nn.ReLU()), nn.LSTM(16 * 6, 32, 2, batch_first=True, dropout=0.5), nn.Linear(32 + 16, 5)

    def forward(self, x):
        y = self.convs(x.unsqueeze(1))
        z = y.permute(0, 2, 1, 3)
        z, (h, _) = self.rnn(z.reshape(z.size(0), z.size(1), -1))
        return self.fc(torch.cat([h[-1], y.mean((2, 3))], 1))


class LSTMFCN(nn.Module):
    """A convolutional branch beside an LSTM over the dimension-shuffled series; inception with bottlenecks (InceptionTime)."""
    def __init__(self, v=3, t=20):
        super().__init__()
        self.rnn = nn.LSTM(t, 12, batch_first=True)
        unit = lambda i, o, k: nn.Sequential(nn.Conv1d(i, o, k, padding="same"), nn.BatchNorm1d(o), nn.ReLU())
        self.cnn, self.bottle, self.branches, self.pool, self.short, self.fc = nn.Sequential(unit(v, 16, 8), unit(16, 24, 5)), nn.Conv1d(24, 8, 1, bias=False), nn.ModuleList(nn.Conv1d(8, 8, k, padding="same", bias=False) for k in (9, 5, 3)), nn.Conv1d(24, 8, 1, bias=False), nn.Conv1d(24, 32, 1), nn.Linear(32 + 12, 4)

    def forward(self, x):
        y = self.cnn(x)
        z = self.bottle(y)
        y = F.relu(torch.cat([b(z) for b in self.branches] + [self.pool(F.max_pool1d(y, 3, 1, 1))], 1) + self.short(y))
        return self.fc(torch.cat([y.mean(-1), self.rnn(x)[0][:, -1]], 1))


TEXT = {name: ids(lambda make=make: TextNet(make(), make())) for name, make in dict(
    lens=LensBlock, flax=FlaxBlock, tensordot=TensorDot, talking=TalkingHeads, linformer=Linformer, performer=Performer, gau=GatedAttention, retnet=Retention,
    alibi=Alibi, transformer_xl=RelativeShift, windows_local=LocalWindows, synthesizer=Synthesizer, min_gru=Gated).items()}
table = lambda net, *shapes, whole=(), high=10, **options: (lambda: (net(), tuple(torch.randn(*s) for s in shapes) + tuple(torch.randint(0, high, s) for s in whole), options))
words = lambda net, *shapes: (lambda: (net(), tuple(torch.randint(0, 60, s) for s in shapes)))

ZOO = {
    **TEXT, **BLOCKS, **IMAGES,
    "lens_batch": ids(lambda: TextNet(LensBlock(), FlaxBlock()), **BATCH), "talking_batch": ids(lambda: TextNet(TalkingHeads(), Alibi()), **BATCH), "retnet_batch": ids(lambda: TextNet(Retention(), GatedAttention()), **BATCH),
    "pooled": ids(Pooled), "pooled_batch": ids(Pooled, **BATCH), "hierarchy": words(Hierarchy, (1, 3, 6)), "bahdanau": words(Bahdanau, (1, 8), (1, 4)), "biaffine": ids(Biaffine), "esim": words(Decomposable, (1, 7), (1, 9)),
    "dpcnn": ids(DPCNN, 16), "char_word": words(CharWord, (1, 5, 8)),
    "kan": table(lambda: nn.Sequential(KAN(8, 24), KAN(24, 16), KAN(16, 3)), (1, 8)), "cheby_kan": table(lambda: nn.Sequential(ChebyKAN(8, 24), nn.LayerNorm(24), ChebyKAN(24, 16), nn.LayerNorm(16), ChebyKAN(16, 3)), (1, 8)),
    "ft_transformer": table(FTTransformer, (1, 6), whole=[(1, 3)]), "dlrm": table(DLRM, (1, 8), whole=[(1, 3)]), "cin": table(CIN, whole=[(1, 5)]), "tabnet": table(TabNet, (1, 10)), "mmoe": table(MMoE, (1, 10)),
    "hyper": table(HyperNetwork, (1, 10), (1, 6)), "deeponet": table(DeepONet, (1, 20), (1, 9, 2)), "realnvp": table(RealNVP, (1, 8)), "vqvae": image(VQVAE, 3, 16, 16), "gat": lambda: (GAT(), (torch.randn(9, 8), torch.rand(9, 9))),
    "stgcn": image(STGCN, 3, 12, 9), "dgcnn": image(DGCNN, 3, 20), "offset_attention": image(OffsetAttention, 3, 20), "dueling": image(Dueling, 4, 42, 42), "tft": image(TFT, 12, 5), "decomposed": image(Decomposed, 24, 6), "decomposed_batch": image(Decomposed, 24, 6, **BATCH),
    "ecapa": image(Ecapa, 16, 40), "demucs": image(Demucs, 2, 212), "denoiser": image(Denoiser, 2, 10, 32), "bc_resnet": image(BCResNet, 1, 32, 20), "fastspeech": ids(FastSpeech), "melgan": image(MelGAN, 16, 12), "sinc": image(Sinc, 1, 167),
    "deep_conv_lstm": image(DeepConvLSTM, 20, 6), "lstm_fcn": image(LSTMFCN, 3, 20), "mmoe_batch": table(MMoE, (1, 10), **BATCH), "dlrm_batch": table(DLRM, (1, 8), whole=[(1, 3)], **{"dynamic_axes": {"input": {0: "batch"}, "input1": {0: "batch"}}}),
}
