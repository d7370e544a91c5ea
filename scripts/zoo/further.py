"""A third zoo for export.py (`--set further`): tasks and blocks that neither of the others has, each in a small configuration."""
import torch
from torch import nn
from torch.nn import functional as F

from wide import SMALL, family

conv = lambda i, o, k=3, s=1, act=nn.ReLU: nn.Sequential(nn.Conv2d(i, o, k, s, k // 2, bias=False), nn.BatchNorm2d(o), act())
image = lambda net, *shape: (lambda: (net(), (torch.randn(1, *shape),)))
ids = lambda net, length=16, vocabulary=100: (lambda: (net(), (torch.randint(0, vocabulary, (1, length)),)))


def video(name):
    def make():
        import torchvision
        net = torchvision.models.get_model(name, weights=None, num_classes=10)
        size = 224 if name == "s3d" else 32
        return net, (torch.randn(1, 3, 16 if name == "s3d" else 8, size, size),)
    return make


def detector(name, size=128):
    """Backbone and heads of a detector, without anchors and suppression."""
    def make():
        import torchvision
        net = torchvision.models.get_model(name, weights=None, weights_backbone=None, num_classes=4)

        class Out(nn.Module):
            def __init__(self):
                super().__init__()
                self.backbone, self.head = net.backbone, net.rpn.head if hasattr(net, "rpn") else net.head

            def forward(self, x):
                features = self.backbone(x)
                y = self.head(list(features.values()))
                return tuple(y.values()) if isinstance(y, dict) else tuple(t for part in y for t in part)
        return Out(), (torch.randn(1, 3, size, size),)
    return make


class Residual1d(nn.Module):
    """A block of a temporal convolutional network; gated as in WaveNet."""
    def __init__(self, i, o, dilation, gated):
        super().__init__()
        self.gated, self.pad = gated, 2 * dilation
        self.a = nn.Conv1d(i, 2 * o if gated else o, 3, dilation=dilation)
        self.b = nn.Conv1d(o, o, 1 if gated else 3, dilation=1 if gated else dilation)
        self.skip = nn.Conv1d(i, o, 1) if i != o else nn.Identity()

    def forward(self, x):
        y = self.a(F.pad(x, (self.pad, 0)))
        if self.gated:
            left, right = y.chunk(2, 1)
            return self.b(torch.tanh(left) * torch.sigmoid(right)) + self.skip(x)
        return (self.b(F.pad(y.relu(), (self.pad, 0))) + self.skip(x)).relu()


def temporal(gated):
    return lambda: (nn.Sequential(*[Residual1d(i, o, d, gated) for i, o, d in ((4, 24, 1), (24, 24, 2), (24, 32, 4))], nn.Conv1d(32, 5, 1)), (torch.randn(1, 4, 40),))


class CRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(conv(1, 16), nn.MaxPool2d(2), conv(16, 32), nn.MaxPool2d(2), conv(32, 48), nn.MaxPool2d((8, 1)))
        self.rnn, self.fc = nn.LSTM(48, 24, num_layers=2, bidirectional=True, batch_first=True), nn.Linear(48, 20)

    def forward(self, x):
        return self.fc(self.rnn(self.cnn(x).squeeze(2).transpose(1, 2))[0]).log_softmax(-1)


class Seq2Seq(nn.Module):
    """Encoder and decoder of LSTMs with attention over the encoder's states; the target is given."""
    def __init__(self):
        super().__init__()
        self.source, self.target = nn.Embedding(100, 24), nn.Embedding(100, 24)
        self.encoder, self.decoder = nn.LSTM(24, 32, batch_first=True), nn.LSTM(24, 32, batch_first=True)
        self.query, self.fc = nn.Linear(32, 32), nn.Linear(64, 100)

    def forward(self, source, target):
        states, last = self.encoder(self.source(source))
        y, _ = self.decoder(self.target(target), last)
        weights = torch.softmax(self.query(y) @ states.transpose(1, 2), -1)
        return self.fc(torch.cat([y, weights @ states], -1))


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(conv(3, 16, 3, 2), conv(16, 32, 3, 2), nn.Flatten(), nn.Linear(32 * 64, 64), nn.ReLU())
        self.mean, self.spread, self.back = nn.Linear(64, 16), nn.Linear(64, 16), nn.Linear(16, 32 * 64)
        self.decoder = nn.Sequential(nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(16, 3, 4, 2, 1), nn.Sigmoid())

    def forward(self, x, noise):
        h = self.encoder(x)
        z = self.mean(h) + noise * torch.exp(0.5 * self.spread(h))
        return self.decoder(self.back(z).view(-1, 32, 8, 8))


class StyleGenerator(nn.Module):
    """Styles scale and shift normalised feature maps (AdaIN); the style comes from a mapping network."""
    def __init__(self, c=32):
        super().__init__()
        self.mapping = nn.Sequential(nn.Linear(16, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2))
        self.start = nn.Parameter(torch.randn(1, c, 4, 4))
        self.convs = nn.ModuleList([nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, 24, 3, padding=1)])
        self.styles = nn.ModuleList([nn.Linear(32, 2 * c), nn.Linear(32, 48)])
        self.norms, self.rgb = nn.ModuleList([nn.InstanceNorm2d(c), nn.InstanceNorm2d(24)]), nn.Conv2d(24, 3, 1)

    def forward(self, z):
        style = self.mapping(z)
        x = self.start.expand(z.shape[0], -1, -1, -1)
        for layer, norm, affine in zip(self.convs, self.norms, self.styles):
            x = norm(F.leaky_relu(layer(F.interpolate(x, scale_factor=2)), 0.2))
            scale, shift = affine(style)[:, :, None, None].chunk(2, 1)
            x = x * (1 + scale) + shift
        return self.rgb(x)


class SuperResolution(nn.Module):
    """EDSR: residual blocks without norms, then sub-pixel convolutions."""
    def __init__(self, c=24):
        super().__init__()
        self.head, self.tail = nn.Conv2d(3, c, 3, padding=1), nn.Sequential(nn.Conv2d(c, 4 * c, 3, padding=1), nn.PixelShuffle(2), nn.Conv2d(c, 3, 3, padding=1))
        self.blocks = nn.ModuleList(nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1)) for _ in range(2))

    def forward(self, x):
        x = y = self.head(x)
        for block in self.blocks:
            y = y + 0.1 * block(y)
        return self.tail(x + y)


espcn = lambda: nn.Sequential(nn.Conv2d(1, 64, 5, padding=2), nn.Tanh(), nn.Conv2d(64, 48, 3, padding=1), nn.Tanh(), nn.Conv2d(48, 9, 3, padding=1), nn.PixelShuffle(3))
srcnn = lambda: nn.Sequential(nn.Conv2d(1, 64, 9, padding=4), nn.ReLU(), nn.Conv2d(64, 32, 1), nn.ReLU(), nn.Conv2d(32, 1, 5, padding=2))


class C2f(nn.Module):
    """The block of YOLOv8: halves of a split, each later one through a bottleneck, all joined."""
    def __init__(self, i, o, n=2):
        super().__init__()
        self.c = o // 2
        self.a, self.z = conv(i, o, 1, act=nn.SiLU), conv((2 + n) * self.c, o, 1, act=nn.SiLU)
        self.m = nn.ModuleList(nn.Sequential(conv(self.c, self.c, act=nn.SiLU), conv(self.c, self.c, act=nn.SiLU)) for _ in range(n))

    def forward(self, x):
        parts = list(self.a(x).split((self.c, self.c), 1))
        for block in self.m:
            parts.append(parts[-1] + block(parts[-1]))
        return self.z(torch.cat(parts, 1))


class Yolo8(nn.Module):
    """C2f stages, pooling in series (SPPF), two scales, and boxes as expected values of a distribution (DFL)."""
    def __init__(self, classes=5, bins=8):
        super().__init__()
        act = nn.SiLU
        self.stem, self.s1, self.s2 = conv(3, 16, 3, 2, act), nn.Sequential(conv(16, 32, 3, 2, act), C2f(32, 32)), nn.Sequential(conv(32, 64, 3, 2, act), C2f(64, 64))
        self.p1, self.p2, self.up = conv(64, 32, 1, act=act), conv(128, 64, 1, act=act), C2f(96, 32)
        self.box = nn.ModuleList(nn.Sequential(conv(c, 24, act=act), nn.Conv2d(24, 4 * bins, 1)) for c in (32, 64))
        self.cls = nn.ModuleList(nn.Sequential(conv(c, 24, act=act), nn.Conv2d(24, classes, 1)) for c in (32, 64))
        self.dfl, self.bins, self.classes = nn.Conv2d(bins, 1, 1, bias=False), bins, classes

    def forward(self, x):
        a = self.s1(self.stem(x))
        y = [self.p1(self.s2(a))]
        for _ in range(3):
            y.append(F.max_pool2d(y[-1], 5, 1, 2))
        b = self.p2(torch.cat(y, 1))
        a = self.up(torch.cat([F.interpolate(b, scale_factor=2), a], 1))
        rows = torch.cat([torch.cat([box(f), cls(f)], 1).flatten(2) for f, box, cls in zip((a, b), self.box, self.cls)], 2)
        box, scores = rows.split((4 * self.bins, self.classes), 1)
        box = self.dfl(box.view(-1, 4, self.bins, box.shape[-1]).transpose(2, 1).softmax(1)).view(-1, 4, box.shape[-1])
        return torch.cat([box, scores.sigmoid()], 1)


class BiFPN(nn.Module):
    """EfficientDet's fusion with learned weights, separable convolutions and shared heads."""
    def __init__(self, c=32):
        super().__init__()
        sep = lambda: nn.Sequential(nn.Conv2d(c, c, 3, padding=1, groups=c, bias=False), nn.Conv2d(c, c, 1), nn.BatchNorm2d(c))
        self.stages = nn.ModuleList([conv(3, 16, 3, 2), conv(16, 32, 3, 2), conv(32, 48, 3, 2)])
        self.laterals, self.fused = nn.ModuleList(nn.Conv2d(i, c, 1) for i in (16, 32, 48)), nn.ModuleList(sep() for _ in range(4))
        self.w, self.head = nn.Parameter(torch.ones(4, 2)), nn.Sequential(sep(), nn.SiLU(), nn.Conv2d(c, 9, 1))

    def fuse(self, k, a, b):
        w = self.w[k].relu()
        return self.fused[k](F.silu((w[0] * a + w[1] * b) / (w.sum() + 1e-4)))

    def forward(self, x):
        maps = []
        for stage, lateral in zip(self.stages, self.laterals):
            x = stage(x)
            maps.append(lateral(x))
        p3, p4, p5 = maps
        p4 = self.fuse(0, p4, F.interpolate(p5, scale_factor=2))
        p3 = self.fuse(1, p3, F.interpolate(p4, scale_factor=2))
        p4 = self.fuse(2, p4, F.max_pool2d(p3, 2))
        p5 = self.fuse(3, p5, F.max_pool2d(p4, 2))
        return tuple(self.head(p) for p in (p3, p4, p5))


class UNet3d(nn.Module):
    """nnU-Net's manner: strided convolutions, InstanceNorm with weights, leaky ReLU, transposed convolutions, in three dimensions."""
    def __init__(self, c=8):
        super().__init__()
        block = lambda i, o, s=1: nn.Sequential(nn.Conv3d(i, o, 3, s, 1), nn.InstanceNorm3d(o, affine=True), nn.LeakyReLU(0.01))
        self.a, self.b, self.c = block(1, c), block(c, 2 * c, 2), block(2 * c, 4 * c, 2)
        self.u, self.v = nn.ConvTranspose3d(4 * c, 2 * c, 2, 2), nn.ConvTranspose3d(2 * c, c, 2, 2)
        self.d, self.e, self.out = block(4 * c, 2 * c), block(2 * c, c), nn.Conv3d(c, 3, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        d = self.d(torch.cat([self.u(self.c(b)), b], 1))
        return self.out(self.e(torch.cat([self.v(d), a], 1)))


class AttentionUNet(nn.Module):
    """Gates from the deeper level choose among the positions of the skip connection."""
    def __init__(self, c=16):
        super().__init__()
        self.a, self.b, self.c = conv(3, c), conv(c, 2 * c), conv(2 * c, 4 * c)
        self.up, self.g, self.x, self.psi = nn.ConvTranspose2d(4 * c, 2 * c, 2, 2), nn.Conv2d(2 * c, c, 1), nn.Conv2d(2 * c, c, 1), nn.Conv2d(c, 1, 1)
        self.d, self.out = conv(4 * c, 2 * c), nn.Conv2d(2 * c, 2, 1)

    def forward(self, x):
        b = self.b(F.max_pool2d(self.a(x), 2))
        u = self.up(self.c(F.max_pool2d(b, 2)))
        gate = torch.sigmoid(self.psi(F.relu(self.g(u) + self.x(b))))
        return self.out(self.d(torch.cat([u, b * gate], 1)))


class PSPNet(nn.Module):
    def __init__(self, c=32):
        super().__init__()
        self.body = nn.Sequential(conv(3, 16, 3, 2), conv(16, c, 3, 2))
        self.levels = nn.ModuleList(nn.Sequential(nn.AdaptiveAvgPool2d(s), nn.Conv2d(c, c // 4, 1)) for s in (1, 2, 4))
        self.out = nn.Sequential(conv(c + 3 * (c // 4), c), nn.Conv2d(c, 4, 1))

    def forward(self, x):
        f = self.body(x)
        pools = [F.interpolate(level(f), size=f.shape[2:], mode="bilinear", align_corners=False) for level in self.levels]
        return F.interpolate(self.out(torch.cat([f, *pools], 1)), scale_factor=4, mode="bilinear", align_corners=True)


class Hourglass(nn.Module):
    def __init__(self, c=24, depth=3):
        super().__init__()
        block = lambda: conv(c, c)
        self.stem, self.down, self.side, self.up = conv(3, c, 3, 2), nn.ModuleList(block() for _ in range(depth)), nn.ModuleList(block() for _ in range(depth)), nn.ModuleList(block() for _ in range(depth))
        self.out = nn.Conv2d(c, 7, 1)

    def forward(self, x):
        x = self.stem(x)
        sides = []
        for down, side in zip(self.down, self.side):
            sides.append(side(x))
            x = down(F.max_pool2d(x, 2))
        for up, side in zip(self.up, reversed(sides)):
            x = F.interpolate(up(x), scale_factor=2) + side
        return self.out(x)


class PointNet(nn.Module):
    def __init__(self):
        super().__init__()
        layer = lambda i, o: nn.Sequential(nn.Conv1d(i, o, 1), nn.BatchNorm1d(o), nn.ReLU())
        self.t, self.local, self.wide = nn.Sequential(layer(3, 16), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(16, 9)), layer(3, 32), layer(32, 64)
        self.seg = nn.Sequential(layer(96, 32), nn.Conv1d(32, 4, 1))

    def forward(self, x):
        x = (x.transpose(1, 2) @ (self.t(x).view(-1, 3, 3) + torch.eye(3))).transpose(1, 2)
        local = self.local(x)
        best = self.wide(local).amax(2, keepdim=True).expand(-1, -1, x.shape[2])
        return self.seg(torch.cat([local, best], 1))


class Recommender(nn.Module):
    """DLRM: embeddings and dense features meet in pairwise products."""
    def __init__(self, d=16):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(50, d) for _ in range(3))
        self.bottom, self.top = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, d)), nn.Sequential(nn.Linear(d + 16, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, dense, sparse):
        x = self.bottom(dense)
        all_ = torch.stack([x, *[table(sparse[:, i]) for i, table in enumerate(self.tables)]], 1)
        return torch.sigmoid(self.top(torch.cat([x, (all_ @ all_.transpose(1, 2)).flatten(1)], 1)))


class ConvLSTM(nn.Module):
    def __init__(self, c=48):
        super().__init__()
        self.c, self.gates, self.out = c, nn.Conv2d(3 + c, 4 * c, 3, padding=1), nn.Conv2d(c, 3, 1)

    def forward(self, frames):
        h = m = torch.zeros(frames.shape[0], self.c, *frames.shape[3:])
        for t in range(frames.shape[1]):
            i, f, o, g = self.gates(torch.cat([frames[:, t], h], 1)).chunk(4, 1)
            m = torch.sigmoid(f) * m + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(m)
        return self.out(h)


class GraphNetwork(nn.Module):
    """Two graph convolutions; the adjacency comes as an input."""
    def __init__(self):
        super().__init__()
        self.a, self.b, self.fc = nn.Linear(8, 32), nn.Linear(32, 24), nn.Linear(24, 3)

    def forward(self, x, adjacency):
        return self.fc((adjacency @ self.b((adjacency @ self.a(x)).relu())).relu())


class SelectiveScan(nn.Module):
    """A Mamba-like block: a causal depthwise convolution, input-dependent decay, a state carried over a few steps, a gate."""
    def __init__(self, d=24, n=4):
        super().__init__()
        self.embed, self.into, self.conv = nn.Embedding(100, d), nn.Linear(d, 4 * d), nn.Conv1d(2 * d, 2 * d, 4, padding=3, groups=2 * d)
        self.delta, self.bc, self.decay, self.skip = nn.Linear(2 * d, 2 * d), nn.Linear(2 * d, 2 * n), nn.Parameter(torch.rand(2 * d, n)), nn.Parameter(torch.ones(2 * d))
        self.out, self.norm, self.fc = nn.Linear(2 * d, d), nn.LayerNorm(d), nn.Linear(d, 100)

    def forward(self, tokens):
        x = r = self.embed(tokens)
        x, gate = self.into(self.norm(x)).chunk(2, -1)
        x = F.silu(self.conv(x.transpose(1, 2))[..., : tokens.shape[1]]).transpose(1, 2)
        delta = F.softplus(self.delta(x))
        b, c = self.bc(x).chunk(2, -1)
        state, steps = 0, []
        for t in range(tokens.shape[1]):
            state = torch.exp(-delta[:, t, :, None] * self.decay) * state + (delta * x)[:, t, :, None] * b[:, t, None, :]
            steps.append((state * c[:, t, None, :]).sum(-1))
        y = torch.stack(steps, 1) + x * self.skip
        return self.fc(r + self.out(y * F.silu(gate)))


def eager(model, config, settings):
    import transformers
    made = getattr(transformers, config)(**settings)
    made._attn_implementation = "eager"
    return getattr(transformers, model)(made)


def speech(model, config, shape, **settings):
    def make():
        net = eager(model, config, settings)

        class Out(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = net.encoder if config == "WhisperConfig" else net

            def forward(self, x):
                y = self.net(x)
                return y.logits if hasattr(y, "logits") else y.last_hidden_state if hasattr(y, "last_hidden_state") else y[0]
        return Out(), (torch.randn(1, *shape),)
    return make


def encoder_decoder(model, config, **settings):
    def make():
        net = eager(model, config, settings)

        class Out(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = net

            def forward(self, source, target):
                return self.net(input_ids=source, decoder_input_ids=target, use_cache=False).logits
        return Out(), (torch.randint(0, 100, (1, 12)), torch.randint(0, 100, (1, 8)))
    return make


def raft():
    from torchvision.models.optical_flow import raft_small
    net = raft_small(weights=None)

    class Out(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, a, b):
            return self.net(a, b, num_flow_updates=2)[-1]
    return Out(), (torch.randn(1, 3, 128, 128), torch.randn(1, 3, 128, 128))


TINY = dict(hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96)
AUDIO = dict(**TINY, vocab_size=32, conv_dim=(32, 32), conv_stride=(5, 2), conv_kernel=(10, 3), num_feat_extract_layers=2, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4)
DECODER = dict(**SMALL, num_key_value_heads=2, bos_token_id=1, eos_token_id=2)
ENCODER_DECODER = dict(vocab_size=100, d_model=48, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=96, decoder_ffn_dim=96, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1)

ZOO = {
    **{name: video(name) for name in ("r3d_18", "mc3_18", "r2plus1d_18", "s3d")},
    **{name: detector(name) for name in ("retinanet_resnet50_fpn", "fasterrcnn_mobilenet_v3_large_fpn", "fcos_resnet50_fpn", "ssdlite320_mobilenet_v3_large")},
    "raft_small": raft, "tcn": temporal(False), "wavenet": temporal(True), "crnn": image(CRNN, 1, 32, 64),
    "seq2seq": lambda: (Seq2Seq(), (torch.randint(0, 100, (1, 10)), torch.randint(0, 100, (1, 8)))),
    "vae": lambda: (VAE(), (torch.randn(1, 3, 32, 32), torch.randn(1, 16))), "style_generator": image(StyleGenerator, 16),
    "edsr": image(SuperResolution, 3, 24, 24), "espcn": image(espcn, 1, 24, 24), "srcnn": image(srcnn, 1, 32, 32),
    "yolo8": image(Yolo8, 3, 64, 64), "bifpn": image(BiFPN, 3, 64, 64), "unet3d": image(UNet3d, 1, 16, 16, 16),
    "attention_unet": image(AttentionUNet, 3, 32, 32), "pspnet": image(PSPNet, 3, 64, 64), "hourglass": image(Hourglass, 3, 64, 64),
    "pointnet": image(PointNet, 3, 40), "convlstm": image(ConvLSTM, 4, 3, 16, 16), "selective_scan": ids(SelectiveScan, 8),
    "recommender": lambda: (Recommender(), (torch.randn(1, 8), torch.randint(0, 50, (1, 3)))),
    "graph_network": lambda: (GraphNetwork(), (torch.randn(1, 10, 8), torch.rand(1, 10, 10))),
    "wav2vec2": speech("Wav2Vec2ForCTC", "Wav2Vec2Config", (1600,), **AUDIO), "hubert": speech("HubertForCTC", "HubertConfig", (1600,), **AUDIO),
    "whisper_encoder": speech("WhisperModel", "WhisperConfig", (16, 40), **{**ENCODER_DECODER, "num_mel_bins": 16, "max_source_positions": 20}),
    "audio_spectrogram": speech("ASTForAudioClassification", "ASTConfig", (64, 32), **TINY, num_mel_bins=32, max_length=64, patch_size=16, frequency_stride=16, time_stride=16),
    "segformer": speech("SegformerForSemanticSegmentation", "SegformerConfig", (3, 64, 64), num_encoder_blocks=2, depths=[1, 1], sr_ratios=[2, 1], hidden_sizes=[16, 32], patch_sizes=[7, 3], strides=[4, 2], num_attention_heads=[1, 2], mlp_ratios=[4, 4], decoder_hidden_size=32),
    "vit_hf": speech("ViTForImageClassification", "ViTConfig", (3, 32, 32), **TINY, image_size=32, patch_size=8),
    "dinov2": speech("Dinov2ForImageClassification", "Dinov2Config", (3, 32, 32), hidden_size=48, num_hidden_layers=2, num_attention_heads=4, image_size=32, patch_size=8),
    "yolos": speech("YolosForObjectDetection", "YolosConfig", (3, 64, 64), **TINY, image_size=[64, 64], patch_size=16, num_detection_tokens=10),
    "clip_vision": speech("CLIPVisionModel", "CLIPVisionConfig", (3, 32, 32), **TINY, image_size=32, patch_size=8),
    "clip_text": family("CLIPTextModel", "CLIPTextConfig", **{**SMALL, "bos_token_id": 1, "eos_token_id": 2}),
    "bart": encoder_decoder("BartForConditionalGeneration", "BartConfig", **ENCODER_DECODER),
    "marian": encoder_decoder("MarianMTModel", "MarianConfig", **ENCODER_DECODER),
    "t5": encoder_decoder("T5ForConditionalGeneration", "T5Config", vocab_size=100, d_model=48, d_kv=12, d_ff=96, num_layers=2, num_heads=4, pad_token_id=0, decoder_start_token_id=0),
    "mpnet": family("MPNetForSequenceClassification", "MPNetConfig", mask=True, **SMALL),
    "phi": family("PhiForCausalLM", "PhiConfig", decoder=True, **{**SMALL, "bos_token_id": 1, "eos_token_id": 2}),
    "gemma2": family("Gemma2ForCausalLM", "Gemma2Config", decoder=True, **DECODER, head_dim=16),
    "qwen3": family("Qwen3ForCausalLM", "Qwen3Config", decoder=True, **DECODER, head_dim=16),
    "falcon": family("FalconForCausalLM", "FalconConfig", decoder=True, vocab_size=100, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, pad_token_id=0, bos_token_id=1, eos_token_id=2),
    "starcoder2": family("Starcoder2ForCausalLM", "Starcoder2Config", decoder=True, **DECODER),
    "gptj": family("GPTJForCausalLM", "GPTJConfig", decoder=True, vocab_size=100, n_embd=64, n_layer=2, n_head=4, n_positions=64, rotary_dim=8, bos_token_id=1, eos_token_id=2),
    "cohere": family("CohereForCausalLM", "CohereConfig", decoder=True, **DECODER),
    "convbert": family("ConvBertForSequenceClassification", "ConvBertConfig", mask=True, embedding_size=64, **SMALL),
    "funnel": family("FunnelForSequenceClassification", "FunnelConfig", mask=True, vocab_size=100, block_sizes=[1, 1], num_decoder_layers=1, d_model=64, n_head=4, d_head=16, d_inner=128, max_position_embeddings=64, pad_token_id=0),
    "fnet_mixer": lambda: (nn.Sequential(nn.Linear(12, 32), nn.GELU(), nn.LayerNorm(32), nn.Linear(32, 32), nn.GELU(), nn.Flatten(), nn.Linear(320, 5)), (torch.randn(1, 10, 12),)),
}
