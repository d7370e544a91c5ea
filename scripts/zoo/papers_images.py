"""Networks for images, volumes and points as their papers' authors write them down; part of `--set papers`."""
import torch
from torch import nn
from torch.nn import functional as F

from adverse_blocks import BATCH, Residual, conv, head, image

silu = lambda i, o, k=3, s=1, g=1: conv(i, o, k, s, g, nn.SiLU)
pair = lambda net, *shapes, **options: (lambda: (net(), tuple(torch.randn(1, *shape) for shape in shapes), options))


class LayerNorm2d(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(c)), nn.Parameter(torch.zeros(c))

    def forward(self, x):
        mean = x.mean(1, keepdim=True)
        x = (x - mean) / ((x - mean).pow(2).mean(1, keepdim=True) + 1e-6).sqrt()
        return self.weight.view(1, -1, 1, 1) * x + self.bias.view(1, -1, 1, 1)


class NAFBlock(nn.Module):
    """NAFNet: gates by halves, channel attention without activation."""
    def __init__(self, c):
        super().__init__()
        self.n1, self.n2 = LayerNorm2d(c), LayerNorm2d(c)
        self.a, self.d, self.b = nn.Conv2d(c, 2 * c, 1), nn.Conv2d(2 * c, 2 * c, 3, padding=1, groups=2 * c), nn.Conv2d(c, c, 1)
        self.sca = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, c, 1))
        self.e, self.f = nn.Conv2d(c, 2 * c, 1), nn.Conv2d(c, c, 1)
        self.beta, self.gamma = nn.Parameter(torch.ones(1, c, 1, 1) * 0.3), nn.Parameter(torch.ones(1, c, 1, 1) * 0.3)

    def forward(self, x):
        p, q = self.d(self.a(self.n1(x))).chunk(2, 1)
        y = p * q
        x = x + self.b(y * self.sca(y)) * self.beta
        p, q = self.e(self.n2(x)).chunk(2, 1)
        return x + self.f(p * q) * self.gamma


class NAFNet(nn.Module):
    def __init__(self, c=16):
        super().__init__()
        self.intro, self.e1, self.down, self.mid = nn.Conv2d(3, c, 3, padding=1), NAFBlock(c), nn.Conv2d(c, 2 * c, 2, 2), NAFBlock(2 * c)
        self.up, self.d1, self.end = nn.Sequential(nn.Conv2d(2 * c, 4 * c, 1, bias=False), nn.PixelShuffle(2)), NAFBlock(c), nn.Conv2d(c, 3, 3, padding=1)

    def forward(self, x):
        a = self.e1(self.intro(x))
        return self.end(self.d1(self.up(self.mid(self.down(a))) + a)) + x


class Restormer(nn.Module):
    """Transposed attention and a gated network with depthwise convolutions."""
    def __init__(self, c=24, heads=3):
        super().__init__()
        self.h, self.temperature = heads, nn.Parameter(torch.ones(heads, 1, 1))
        self.stem, self.n1, self.n2 = nn.Conv2d(3, c, 3, padding=1), LayerNorm2d(c), LayerNorm2d(c)
        self.qkv, self.dw, self.proj = nn.Conv2d(c, 3 * c, 1, bias=False), nn.Conv2d(3 * c, 3 * c, 3, padding=1, groups=3 * c, bias=False), nn.Conv2d(c, c, 1)
        self.inp, self.mid, self.out = nn.Conv2d(c, 4 * c, 1), nn.Conv2d(4 * c, 4 * c, 3, padding=1, groups=4 * c), nn.Conv2d(2 * c, c, 1)
        self.end = nn.Conv2d(c, 3, 3, padding=1)

    def forward(self, image):
        x = self.stem(image)
        b, c, h, w = x.shape
        q, k, v = (y.reshape(b, self.h, c // self.h, h * w) for y in self.dw(self.qkv(self.n1(x))).chunk(3, 1))
        y = ((F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)) * self.temperature).softmax(-1) @ v
        x = x + self.proj(y.reshape(b, c, h, w))
        p, q = self.mid(self.inp(self.n2(x))).chunk(2, 1)
        return self.end(x + self.out(F.gelu(p) * q)) + image


class IMDN(nn.Module):
    """Information distillation: a quarter is kept at every step, the rest goes on."""
    def __init__(self, c=32):
        super().__init__()
        self.d, self.r = c // 4, c - c // 4
        self.stem, self.c1, self.c2, self.c3, self.c4 = nn.Conv2d(3, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(self.r, c, 3, padding=1), nn.Conv2d(self.r, c, 3, padding=1), nn.Conv2d(self.r, self.d, 3, padding=1)
        self.mix, self.up = nn.Conv2d(c, c, 1), nn.Sequential(nn.Conv2d(c, 12, 3, padding=1), nn.PixelShuffle(2))
        self.cca = nn.Sequential(nn.Conv2d(c, c // 4, 1), nn.ReLU(), nn.Conv2d(c // 4, c, 1), nn.Sigmoid())

    def forward(self, x):
        x = self.stem(x)
        d1, r = F.leaky_relu(self.c1(x), 0.05).split((self.d, self.r), 1)
        d2, r = F.leaky_relu(self.c2(r), 0.05).split((self.d, self.r), 1)
        d3, r = F.leaky_relu(self.c3(r), 0.05).split((self.d, self.r), 1)
        y = torch.cat([d1, d2, d3, self.c4(r)], 1)
        std = (y - y.mean((2, 3), keepdim=True)).pow(2).mean((2, 3), keepdim=True).sqrt()
        return self.up(self.mix(y * self.cca(std + y.mean((2, 3), keepdim=True))) + x)


class RRDB(nn.Module):
    """Residual dense blocks (ESRGAN)."""
    def __init__(self, c=24, g=12):
        super().__init__()
        self.stem, self.convs, self.last = nn.Conv2d(3, c, 3, padding=1), nn.ModuleList(nn.Conv2d(c + i * g, g, 3, padding=1) for i in range(4)), nn.Conv2d(c + 4 * g, c, 3, padding=1)
        self.up, self.end = nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, 3, 3, padding=1)

    def forward(self, x):
        x = self.stem(x)
        features = [x]
        for layer in self.convs:
            features.append(F.leaky_relu(layer(torch.cat(features, 1)), 0.2))
        x = x + 0.2 * self.last(torch.cat(features, 1))
        return self.end(F.leaky_relu(self.up(F.interpolate(x, scale_factor=2, mode="nearest")), 0.2))


class HINet(nn.Module):
    """Half of the channels is normalised by instance."""
    def __init__(self, c=24):
        super().__init__()
        self.stem, self.a, self.b, self.n = nn.Conv2d(3, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1), nn.InstanceNorm2d(c // 2, affine=True)
        self.end = head(c)

    def forward(self, x):
        x = self.stem(x)
        p, q = self.a(x).chunk(2, 1)
        return self.end(x + F.leaky_relu(self.b(F.leaky_relu(torch.cat([self.n(p), q], 1), 0.2)), 0.2))


class CrossStitch(nn.Module):
    """Two tasks whose streams are mixed by learnt numbers, the second time a channel each."""
    def __init__(self):
        super().__init__()
        self.a1, self.b1, self.a2, self.b2 = conv(3, 24), conv(3, 24), conv(24, 32), conv(24, 32)
        self.s, self.t = nn.Parameter(torch.tensor([[0.9, 0.1], [0.1, 0.9]])), nn.Parameter(torch.rand(2, 2, 32))
        self.depth, self.kind = nn.Conv2d(32, 1, 1), head(32)

    def forward(self, x):
        a, b = self.a1(x), self.b1(x)
        a, b = self.s[0, 0] * a + self.s[0, 1] * b, self.s[1, 0] * a + self.s[1, 1] * b
        y = torch.einsum("ijc,jnchw->inchw", self.t, torch.stack([self.a2(a), self.b2(b)]))
        return self.depth(y[0]), self.kind(y[1])


class FiLM(nn.Module):
    """An image net modulated by a vector."""
    def __init__(self):
        super().__init__()
        self.stem, self.a, self.b, self.n, self.film, self.mlp = conv(3, 24), nn.Conv2d(24, 24, 3, padding=1), nn.Conv2d(24, 24, 3, padding=1), nn.BatchNorm2d(24, affine=False), nn.Linear(32, 48), nn.Sequential(nn.Linear(8, 32), nn.ReLU())
        self.end = head(24)

    def forward(self, x, z):
        x = self.stem(x)
        gamma, beta = self.film(self.mlp(z))[:, :, None, None].chunk(2, 1)
        y = F.relu(self.a(x))
        return self.end(x + F.relu((1 + gamma) * self.n(self.b(y)) + beta))


class SPADE(nn.Module):
    """A generator whose norms are modulated by a map of labels."""
    def __init__(self, c=24):
        super().__init__()
        self.fc, self.shared, self.g, self.b, self.n, self.conv, self.out = nn.Linear(16, c * 16), conv(4, 16), nn.Conv2d(16, c, 3, padding=1), nn.Conv2d(16, c, 3, padding=1), nn.InstanceNorm2d(c), nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, 3, 3, padding=1)

    def forward(self, z, labels):
        x = self.fc(z).view(z.shape[0], -1, 4, 4)
        for _ in range(2):
            s = self.shared(F.interpolate(labels, size=x.shape[2:], mode="nearest"))
            x = F.interpolate(self.conv(F.leaky_relu(self.n(x) * (1 + self.g(s)) + self.b(s), 0.2)), scale_factor=2, mode="nearest")
        return self.out(x).tanh()


class StyleTransfer(nn.Module):
    """Johnson's net with AdaIN in its middle."""
    def __init__(self):
        super().__init__()
        layer = lambda i, o, k, s: nn.Sequential(nn.ReflectionPad2d(k // 2), nn.Conv2d(i, o, k, s), nn.InstanceNorm2d(o, affine=True), nn.ReLU())
        self.enc, self.style = nn.Sequential(layer(3, 16, 9, 1), layer(16, 32, 3, 2)), nn.Linear(8, 64)
        self.res = Residual(nn.ReflectionPad2d(1), nn.Conv2d(32, 32, 3), nn.InstanceNorm2d(32, affine=True), nn.ReLU(), nn.ReflectionPad2d(1), nn.Conv2d(32, 32, 3))
        self.dec = nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), layer(32, 16, 3, 1), nn.ReflectionPad2d(4), nn.Conv2d(16, 3, 9))

    def forward(self, x, s):
        x = self.enc(x)
        mean, std = self.style(s).chunk(2, -1)
        x = (x - x.mean((2, 3), keepdim=True)) / (x.std((2, 3), keepdim=True) + 1e-5) * std[..., None, None] + mean[..., None, None]
        return self.dec(self.res(x))


class StarGAN(nn.Module):
    """Labels repeated over the image; a discriminator beside it."""
    def __init__(self):
        super().__init__()
        self.g = nn.Sequential(nn.Conv2d(8, 24, 7, padding=3, bias=False), nn.InstanceNorm2d(24, affine=True, track_running_stats=True), nn.ReLU(), nn.Conv2d(24, 32, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(32, 24, 4, 2, 1), nn.ReLU(), nn.Conv2d(24, 3, 7, padding=3), nn.Tanh())
        self.d = nn.Sequential(nn.Conv2d(3, 16, 4, 2, 1), nn.LeakyReLU(0.01), nn.Conv2d(16, 32, 4, 2, 1), nn.LeakyReLU(0.01), nn.Conv2d(32, 1, 3, padding=1))

    def forward(self, x, c):
        y = self.g(torch.cat([x, c.view(c.size(0), c.size(1), 1, 1).repeat(1, 1, x.size(2), x.size(3))], 1))
        return y, self.d(y)


class ConditionalNorm(nn.Module):
    """BigGAN: a norm's scale and shift looked up by class, self-attention with pooled keys."""
    def __init__(self, c=32):
        super().__init__()
        self.c, self.fc, self.embed, self.n, self.conv, self.out = c, nn.Linear(16, c * 16), nn.Embedding(10, 2 * c), nn.BatchNorm2d(c, affine=False), nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, 3, 3, padding=1)
        self.q, self.k, self.v, self.o, self.gamma = nn.Conv2d(c, c // 8, 1), nn.Conv2d(c, c // 8, 1), nn.Conv2d(c, c // 2, 1), nn.Conv2d(c // 2, c, 1), nn.Parameter(torch.tensor(0.5))

    def forward(self, z, label):
        x = self.fc(z).view(-1, self.c, 4, 4)
        e = self.embed(label)
        x = self.n(x) * e[:, :self.c].view(-1, self.c, 1, 1) + e[:, self.c:].view(-1, self.c, 1, 1)
        x = self.conv(F.interpolate(F.relu(x), scale_factor=2))
        q, k, v = self.q(x).view(-1, self.c // 8, 64), F.max_pool2d(self.k(x), 2).view(-1, self.c // 8, 16), F.max_pool2d(self.v(x), 2).view(-1, self.c // 2, 16)
        y = torch.bmm(v, torch.bmm(q.transpose(1, 2), k).softmax(-1).transpose(1, 2)).view(-1, self.c // 2, 8, 8)
        return self.out(x + self.gamma * self.o(y)).tanh()


class ArcFace(nn.Module):
    """A net whose last layer compares directions."""
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(conv(3, 24, 3, 2), Residual(conv(24, 24, 3, 1, 24), nn.Conv2d(24, 24, 1)), conv(24, 48, 3, 2), nn.Conv2d(48, 48, 8, groups=48), nn.BatchNorm2d(48), nn.Flatten(), nn.Linear(48, 32), nn.BatchNorm1d(32))
        self.weight = nn.Parameter(torch.randn(10, 32))

    def forward(self, x):
        return 30 * F.linear(F.normalize(self.body(x)), F.normalize(self.weight))


class BlazeBlock(nn.Module):
    """A shortcut padded with channels of zeros behind a pooling."""
    def __init__(self, i, o, s=1):
        super().__init__()
        self.s, self.more, self.body = s, o - i, nn.Sequential(nn.Conv2d(i, i, 3, s, 1, groups=i), nn.Conv2d(i, o, 1))

    def forward(self, x):
        h = F.max_pool2d(x, 2) if self.s == 2 else x
        if self.more:
            h = F.pad(h, (0, 0, 0, 0, 0, self.more), "constant", 0)
        return F.relu(self.body(x) + h)


blaze = lambda: nn.Sequential(conv(3, 24, 3, 2), BlazeBlock(24, 24), BlazeBlock(24, 32), BlazeBlock(32, 48, 2), BlazeBlock(48, 48), head(48))


class BiSeNet(nn.Module):
    """A detail and a semantic branch with gather-and-expand, aggregated both ways (BiSeNet v2)."""
    def __init__(self, c=24):
        super().__init__()
        self.detail, self.stem, self.left, self.right, self.fuse = nn.Sequential(conv(3, c, 3, 2), conv(c, c, 3, 2)), conv(3, 8, 3, 4), nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1)), nn.MaxPool2d(3, 2, 1), conv(16, 8)
        self.ge = nn.Sequential(conv(8, 8), nn.Conv2d(8, 48, 3, 2, 1, groups=8), nn.BatchNorm2d(48), nn.Conv2d(48, 48, 3, padding=1, groups=48), nn.BatchNorm2d(48), nn.Conv2d(48, c, 1))
        self.short, self.ce = nn.Sequential(nn.Conv2d(8, 8, 3, 2, 1, groups=8), nn.Conv2d(8, c, 1)), nn.Sequential(nn.BatchNorm2d(c), nn.Conv2d(c, c, 1))
        self.d1, self.d2, self.s1, self.s2, self.out = nn.Conv2d(c, c, 3, padding=1, groups=c), nn.Sequential(nn.Conv2d(c, c, 3, 2, 1), nn.AvgPool2d(3, 2, 1)), nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, 5, 1)

    def forward(self, x):
        d, s = self.detail(x), self.stem(x)
        s = self.fuse(torch.cat([self.left(s), self.right(s)], 1))
        s = F.relu(self.ge(s) + self.short(s))
        s = s + self.ce(s.mean((2, 3), keepdim=True))
        a = self.d1(d) * F.interpolate(self.s1(s), size=d.shape[2:], mode="bilinear").sigmoid()
        b = F.interpolate(F.interpolate(self.d2(d), size=s.shape[2:]) * self.s2(s).sigmoid(), size=d.shape[2:], mode="bilinear")
        return F.interpolate(self.out(a + b), size=x.shape[2:], mode="bilinear", align_corners=True)


class U2Net(nn.Module):
    """A U of blocks with dilations instead of pooling, side outputs joined."""
    def __init__(self, c=16):
        super().__init__()
        layer = lambda i, o, d=1: nn.Sequential(nn.Conv2d(i, o, 3, padding=d, dilation=d), nn.BatchNorm2d(o), nn.ReLU())
        self.i, self.a, self.b, self.c, self.d, self.e, self.f = layer(3, c), layer(c, 8), layer(8, 8, 2), layer(8, 8, 4), layer(8, 8, 8), layer(16, 8, 4), layer(16, c, 2)
        self.s1, self.s2, self.out = nn.Conv2d(c, 1, 3, padding=1), nn.Conv2d(8, 1, 3, padding=1), nn.Conv2d(2, 1, 1)

    def forward(self, x):
        i = self.i(x)
        a = self.a(i)
        b = self.b(a)
        c = self.c(b)
        e = self.e(torch.cat([self.d(c), c], 1))
        y = self.f(torch.cat([e, b], 1)) + i
        s1, s2 = self.s1(y), F.interpolate(self.s2(F.max_pool2d(e, 2, ceil_mode=True)), size=x.shape[2:], mode="bilinear")
        return self.out(torch.cat([s1, s2], 1)).sigmoid(), s1.sigmoid(), s2.sigmoid()


class UNETR(nn.Module):
    """A vision transformer whose hidden states feed a volume decoder; the patches by reshape and permute."""
    def __init__(self, c=32):
        super().__init__()
        self.embed, self.place, self.layers = nn.Linear(8 ** 3, c), nn.Parameter(torch.randn(1, 8, c)), nn.ModuleList(nn.TransformerEncoderLayer(c, 4, 64, batch_first=True, norm_first=True) for _ in range(2))
        self.first, self.u1, self.u2, self.u3, self.m, self.out = nn.Conv3d(1, 8, 3, padding=1), nn.ConvTranspose3d(c, 16, 2, 2), nn.ConvTranspose3d(c, 16, 2, 2), nn.ConvTranspose3d(24, 8, 4, 4), nn.Conv3d(32, 24, 3, padding=1), nn.Conv3d(16, 3, 1)

    def forward(self, x):
        n = x.shape[0]
        y = x.view(n, 1, 2, 8, 2, 8, 2, 8).permute(0, 2, 4, 6, 3, 5, 7, 1).reshape(n, 8, -1)
        y = self.embed(y) + self.place
        hidden = []
        for layer in self.layers:
            y = layer(y)
            hidden.append(y.permute(0, 2, 1).reshape(n, -1, 2, 2, 2))
        y = F.relu(self.m(torch.cat([self.u1(hidden[1]), self.u2(hidden[0])], 1)))
        return self.out(torch.cat([self.u3(y), self.first(x)], 1))


class FlowNet(nn.Module):
    """PWC: features of two images by shared weights, a correlation volume by shifts, warping, dense connections."""
    def __init__(self, c=16):
        super().__init__()
        self.features, self.a, self.b, self.flow, self.up, self.refine = nn.Sequential(conv(3, c, 3, 2), conv(c, 24, 3, 2)), conv(9 + 24, 24), conv(9 + 48, 16), nn.Conv2d(9 + 64, 2, 3, padding=1), nn.ConvTranspose2d(2, 2, 4, 2, 1), nn.Conv2d(2 * c + 2, 2, 3, padding=1)

    def forward(self, x, y):
        x1, y1 = self.features[0](x), self.features[0](y)
        x2, y2 = self.features[1](x1), self.features[1](y1)
        p, (h, w) = F.pad(y2, (1, 1, 1, 1)), y2.shape[2:]
        cost = torch.cat([(x2 * p[:, :, i:i + h, j:j + w]).mean(1, keepdim=True) for i in range(3) for j in range(3)], 1)
        z = torch.cat([F.leaky_relu(cost, 0.1), x2], 1)
        z = torch.cat([self.a(z), z], 1)
        z = torch.cat([self.b(z), z], 1)
        flow = self.up(self.flow(z))
        h, w = y1.shape[2:]
        grid = torch.stack(torch.meshgrid(torch.linspace(-1, 1, w), torch.linspace(-1, 1, h), indexing="xy"), -1)[None]
        warped = F.grid_sample(y1, grid + flow.permute(0, 2, 3, 1) / w, align_corners=True)
        return flow + self.refine(torch.cat([x1, warped, flow], 1))


class LoFTR(nn.Module):
    """Two images' tokens, linear self and cross attention with shared weights, a dual softmax."""
    def __init__(self, c=24, h=3):
        super().__init__()
        self.h, self.net, self.q, self.k, self.v, self.m, self.n1, self.n2, self.mlp = h, nn.Sequential(conv(1, 16, 3, 2), nn.Conv2d(16, c, 3, 2, 1)), nn.Linear(c, c, bias=False), nn.Linear(c, c, bias=False), nn.Linear(c, c, bias=False), nn.Linear(c, c, bias=False), nn.LayerNorm(c), nn.LayerNorm(c), nn.Sequential(nn.Linear(2 * c, 2 * c, bias=False), nn.ReLU(), nn.Linear(2 * c, c, bias=False))

    def layer(self, x, s):
        n, l, c = x.shape
        q, k, v = self.q(x).view(n, -1, self.h, c // self.h), self.k(s).view(n, -1, self.h, c // self.h), self.v(s).view(n, -1, self.h, c // self.h)
        q, k, size = F.elu(q) + 1, F.elu(k) + 1, v.size(1)
        kv = torch.einsum("nshd,nshv->nhdv", k, v / size)
        z = 1 / (torch.einsum("nlhd,nhd->nlh", q, k.sum(1)) + 1e-6)
        y = self.n1(self.m((torch.einsum("nlhd,nhdv,nlh->nlhv", q, kv, z) * size).reshape(n, -1, c)))
        return x + self.n2(self.mlp(torch.cat([x, y], 2)))

    def forward(self, a, b):
        a, b = (self.net(y).flatten(2).transpose(1, 2) for y in (a, b))
        a, b = self.layer(a, a), self.layer(b, b)
        a, b = self.layer(a, b), self.layer(b, a)
        s = torch.einsum("nlc,nsc->nls", a / 24 ** 0.5, b / 24 ** 0.5) / 0.1
        return F.softmax(s, 1) * F.softmax(s, 2)


class SlowFast(nn.Module):
    """Two rates of frames with lateral connections."""
    def __init__(self):
        super().__init__()
        unit = lambda i, o, k, s: nn.Sequential(nn.Conv3d(i, o, k, s, tuple(x // 2 for x in k), bias=False), nn.BatchNorm3d(o), nn.ReLU())
        self.slow, self.fast, self.lateral, self.slow2, self.fast2, self.fc = unit(3, 24, (1, 3, 3), (1, 2, 2)), unit(3, 8, (3, 3, 3), (1, 2, 2)), nn.Conv3d(8, 16, (5, 1, 1), (4, 1, 1), (2, 0, 0)), unit(40, 32, (1, 3, 3), (1, 2, 2)), unit(8, 12, (3, 1, 1), (1, 2, 2)), nn.Linear(44, 5)

    def forward(self, x):
        s, f = self.slow(x[:, :, ::4]), self.fast(x)
        s, f = self.slow2(torch.cat([s, self.lateral(f)], 1)), self.fast2(f)
        return self.fc(torch.cat([F.adaptive_avg_pool3d(s, 1), F.adaptive_avg_pool3d(f, 1)], 1).flatten(1))


class Siamese(nn.Module):
    """Shared weights over two images: differences, products, cosine; over three by a batch that is folded."""
    def __init__(self):
        super().__init__()
        self.net, self.fc, self.bilinear = nn.Sequential(conv(3, 16, 3, 2), conv(16, 24, 3, 2), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(96, 32)), nn.Linear(64, 1), nn.Bilinear(32, 32, 2)

    def forward(self, x, y):
        a, b = self.net(x), self.net(y)
        return self.fc(torch.cat([(a - b).abs(), a * b], 1)), F.cosine_similarity(a, b), F.pairwise_distance(a, b), self.bilinear(a, b)


class PolyMulti(nn.Module):
    """Several heads: boxes, masks by prototypes and coefficients (YOLACT), keypoints by soft-argmax."""
    def __init__(self):
        super().__init__()
        self.body, self.proto, self.co, self.heat = nn.Sequential(conv(3, 16, 3, 2), conv(16, 32, 3, 2)), nn.Sequential(conv(32, 24), nn.Conv2d(24, 8, 1), nn.ReLU()), nn.Conv2d(32, 8, 3, 2, 1), nn.Conv2d(32, 4, 1)

    def forward(self, x):
        y = self.body(x)
        p, c = self.proto(y).permute(0, 2, 3, 1), self.co(y).tanh().flatten(2).transpose(1, 2)
        masks = (p @ c.transpose(1, 2).unsqueeze(1)).sigmoid()
        h = self.heat(y).flatten(2).softmax(-1).view(-1, 4, y.shape[2], y.shape[3])
        return masks, torch.stack([(h.sum(2) * torch.arange(8.0)).sum(-1), (h.sum(3) * torch.arange(8.0)).sum(-1)], -1)


class Patches(nn.Module):
    """Patches by einops, as lucidrains writes: b c (h p1) (w p2) -> b (h w) (p1 p2 c); rows and columns as factorised positions; a head of each token put together again."""
    def __init__(self, p=4, c=32):
        super().__init__()
        self.p, self.a, self.n, self.rows, self.cols, self.layer, self.out = p, nn.Linear(3 * p * p, c), nn.LayerNorm(3 * p * p), nn.Parameter(torch.randn(4, 1, c)), nn.Parameter(torch.randn(1, 4, c)), nn.TransformerEncoderLayer(c, 4, 64, batch_first=True, norm_first=True, activation="gelu"), nn.Linear(c, 2 * p * p)

    def forward(self, x):
        n, p = x.shape[0], self.p
        x = x.view(n, 3, 4, p, 4, p).permute(0, 2, 4, 3, 5, 1).reshape(n, 16, -1)
        x = self.layer(self.a(self.n(x)) + (self.rows + self.cols).view(1, 16, -1))
        return self.out(x).view(n, 4, 4, p, p, 2).permute(0, 5, 1, 3, 2, 4).reshape(n, 2, 4 * p, 4 * p)


IMAGES = {
    "nafnet": image(NAFNet, 3, 16, 16), "restormer": image(Restormer, 3, 16, 16), "imdn": image(IMDN, 3, 12, 12), "rrdb": image(RRDB, 3, 12, 12), "hinet": image(HINet, 3, 12, 12), "nafnet_batch": image(NAFNet, 3, 16, 16, **BATCH),
    "cross_stitch": image(CrossStitch, 3, 12, 12), "film": pair(FiLM, (3, 12, 12), (8,)), "spade": pair(SPADE, (16,), (4, 16, 16)), "style_transfer": pair(StyleTransfer, (3, 16, 16), (8,)), "stargan": pair(StarGAN, (3, 16, 16), (5,)),
    "biggan": lambda: (ConditionalNorm(), (torch.randn(1, 16), torch.tensor([3]))), "arcface": image(ArcFace, 3, 32, 32), "blaze": image(blaze, 3, 32, 32), "bisenet": image(BiSeNet, 3, 64, 64), "u2net": image(U2Net, 3, 24, 24), "unetr": image(UNETR, 1, 16, 16, 16),
    "flownet": pair(FlowNet, (3, 32, 32), (3, 32, 32)), "loftr": pair(LoFTR, (1, 16, 16), (1, 16, 16)), "slowfast": image(SlowFast, 3, 8, 16, 16), "siamese": pair(Siamese, (3, 16, 16), (3, 16, 16)), "yolact": image(PolyMulti, 3, 32, 32), "patches": image(Patches, 3, 16, 16), "patches_batch": image(Patches, 3, 16, 16, **BATCH),
}
