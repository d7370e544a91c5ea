"""Exports the model zoo to ONNX with random weights, in a throwaway Python environment.

usage: python export.py OUT_DIR [--only NAME ...] [--exporter old|new] [--set usual|wide|further|more|unseen|adverse|papers|later|tasks|batches|guests]
needs: torch, torchvision, timm, transformers, onnx (onnxscript for the new exporter). Nothing is downloaded.
"""
import argparse
import importlib
import pathlib
import sys
import time

import torch
from torch import nn


def torchvision_model(name, size=224, **options):
    def make():
        import torchvision
        return torchvision.models.get_model(name, weights=None, **options), (torch.randn(1, 3, size, size),)
    return make


def segmentation(name):
    def make():
        import torchvision

        class Out(nn.Module):
            def __init__(self, net):
                super().__init__()
                self.net = net

            def forward(self, x):
                return self.net(x)["out"]
        return Out(torchvision.models.get_model(name, weights=None, weights_backbone=None, aux_loss=False) if name.startswith(("fcn", "deeplab"))
                   else torchvision.models.get_model(name, weights=None, weights_backbone=None)), (torch.randn(1, 3, 128, 128),)
    return make


def timm_model(name, size=224):
    def make():
        import timm
        return timm.create_model(name, pretrained=False, exportable=True), (torch.randn(1, 3, size, size),)
    return make


class UNet(nn.Module):
    def __init__(self, c=16):
        super().__init__()
        block = lambda i, o: nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())
        self.a, self.b, self.c = block(3, c), block(c, 2 * c), block(2 * c, 4 * c)
        self.up1, self.up2 = nn.ConvTranspose2d(4 * c, 2 * c, 2, 2), nn.ConvTranspose2d(2 * c, c, 2, 2)
        self.d, self.e, self.pool, self.out = block(4 * c, 2 * c), block(2 * c, c), nn.MaxPool2d(2), nn.Conv2d(c, 4, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(self.pool(a))
        c = self.c(self.pool(b))
        d = self.d(torch.cat([self.up1(c), b], 1))
        return self.out(self.e(torch.cat([self.up2(d), a], 1)))


class DCGAN(nn.Module):
    def __init__(self):
        super().__init__()
        layers = [nn.ConvTranspose2d(100, 128, 4, 1, 0, bias=False), nn.BatchNorm2d(128), nn.ReLU()]
        for i, o in ((128, 64), (64, 32)):
            layers += [nn.ConvTranspose2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
        self.net = nn.Sequential(*layers, nn.ConvTranspose2d(32, 3, 4, 2, 1), nn.Tanh())

    def forward(self, z):
        return self.net(z)


class Yolo(nn.Module):
    """A small backbone with two detection heads that split and decode their channels."""
    def __init__(self, classes=4):
        super().__init__()
        conv = lambda i, o, s=1: nn.Sequential(nn.Conv2d(i, o, 3, s, 1, bias=False), nn.BatchNorm2d(o), nn.SiLU())
        self.a, self.b, self.c = conv(3, 16, 2), conv(16, 32, 2), conv(32, 64, 2)
        self.h1, self.h2, self.up = nn.Conv2d(64, 3 * (5 + classes), 1), nn.Conv2d(96, 3 * (5 + classes), 1), nn.Upsample(scale_factor=2)
        self.per = 5 + classes

    def decode(self, y):
        n, _, h, w = y.shape
        y = y.view(n, 3, self.per, h, w).permute(0, 1, 3, 4, 2)
        xy, wh, rest = y.split([2, 2, self.per - 4], -1)
        return torch.cat([xy.sigmoid() * 2, (wh.sigmoid() * 2) ** 2, rest.sigmoid()], -1).reshape(n, -1, self.per)

    def forward(self, x):
        b = self.b(self.a(x))
        c = self.c(b)
        return torch.cat([self.decode(self.h1(c)), self.decode(self.h2(torch.cat([self.up(c), b], 1)))], 1)


class TextCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(500, 32)
        self.convs = nn.ModuleList(nn.Conv1d(32, 24, k, padding=k // 2) for k in (3, 5))
        self.fc = nn.Linear(48, 2)

    def forward(self, ids):
        x = self.embed(ids).transpose(1, 2)
        return self.fc(torch.cat([c(x).relu().amax(2) for c in self.convs], 1))


class Recurrent(nn.Module):
    def __init__(self, kind, both):
        super().__init__()
        self.embed = nn.Embedding(500, 32)
        self.rnn = getattr(nn, kind)(32, 24, num_layers=2, batch_first=True, bidirectional=both)
        self.fc = nn.Linear(48 if both else 24, 2)

    def forward(self, ids):
        y, _ = self.rnn(self.embed(ids))
        return self.fc(y.mean(1))


def recurrent(kind, both):
    return lambda: (Recurrent(kind, both), (torch.randint(0, 500, (1, 12)),))


class PoolFormerBlock(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.n1, self.n2, self.pool = nn.GroupNorm(1, d), nn.GroupNorm(1, d), nn.AvgPool2d(3, 1, 1, count_include_pad=False)
        self.mlp = nn.Sequential(nn.Conv2d(d, 4 * d, 1), nn.GELU(), nn.Conv2d(4 * d, d, 1))
        self.s1, self.s2 = nn.Parameter(torch.ones(d)), nn.Parameter(torch.ones(d))

    def forward(self, x):
        y = self.n1(x)
        x = x + self.s1[:, None, None] * (self.pool(y) - y)
        return x + self.s2[:, None, None] * self.mlp(self.n2(x))


def bert():
    from transformers import BertConfig, BertForSequenceClassification
    config = BertConfig(vocab_size=500, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128, max_position_embeddings=64, num_labels=3)
    config._attn_implementation = "eager"

    class Out(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = BertForSequenceClassification(config)

        def forward(self, ids, mask):
            return self.net(input_ids=ids, attention_mask=mask).logits
    return Out(), (torch.randint(0, 500, (1, 16)), torch.ones(1, 16, dtype=torch.long))


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel
    config = GPT2Config(vocab_size=500, n_positions=64, n_embd=64, n_layer=2, n_head=4)
    config._attn_implementation = "eager"

    class Out(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = GPT2LMHeadModel(config)

        def forward(self, ids):
            return self.net(input_ids=ids, use_cache=False).logits
    return Out(), (torch.randint(0, 500, (1, 16)),)


def encoder():
    layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)

    class Out(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.net, self.fc = nn.Embedding(500, 64), nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Linear(64, 3)

        def forward(self, ids):
            return self.fc(self.net(self.embed(ids)).mean(1))
    return Out(), (torch.randint(0, 500, (1, 12)),)


image = lambda net, *shape: (lambda: (net(), (torch.randn(1, *shape),)))

ZOO = {
    **{name: torchvision_model(name) for name in (
        "alexnet vgg11 vgg16_bn resnet18 resnet50 resnext50_32x4d wide_resnet50_2 densenet121 squeezenet1_0 squeezenet1_1 shufflenet_v2_x1_0 "
        "mobilenet_v2 mobilenet_v3_small mobilenet_v3_large mnasnet1_0 efficientnet_b0 efficientnet_v2_s regnet_y_400mf regnet_x_400mf convnext_tiny "
        "vit_b_16 swin_t swin_v2_t maxvit_t").split()},
    "googlenet": torchvision_model("googlenet", aux_logits=False, init_weights=False),
    "inception_v3": torchvision_model("inception_v3", 299, aux_logits=False, init_weights=False),
    "fcn_resnet50": segmentation("fcn_resnet50"), "deeplabv3_resnet50": segmentation("deeplabv3_resnet50"),
    "lraspp_mobilenet_v3_large": segmentation("lraspp_mobilenet_v3_large"),
    **{name: timm_model(name) for name in "mixer_s32_224 poolformer_s12 ghostnet_100 res2net50_26w_4s dla34 mobilenetv1_100 deit_tiny_patch16_224".split()},
    "unet": image(UNet, 3, 64, 64), "dcgan": image(DCGAN, 100, 1, 1), "yolo_like": image(Yolo, 3, 64, 64),
    "poolformer_block": lambda: (nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), PoolFormerBlock(16), PoolFormerBlock(16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4)), (torch.randn(1, 3, 32, 32),)),
    "textcnn": lambda: (TextCNN(), (torch.randint(0, 500, (1, 12)),)),
    "lstm": recurrent("LSTM", False), "bilstm": recurrent("LSTM", True), "gru": recurrent("GRU", False), "bigru": recurrent("GRU", True), "rnn": recurrent("RNN", True),
    "bert": bert, "gpt2": gpt2, "encoder": encoder,
}


def main():
    a = argparse.ArgumentParser()
    a.add_argument("out")
    a.add_argument("--only", nargs="*")
    a.add_argument("--exporter", choices=["old", "new"], default="old")
    a.add_argument("--set", choices=["usual", "wide", "further", "more", "unseen", "adverse", "papers", "later", "tasks", "batches", "guests"], default="usual")
    a = a.parse_args()
    out = pathlib.Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    failed = []
    networks = ZOO if a.set == "usual" else importlib.import_module(a.set).ZOO
    for name, make in networks.items():
        path = out / f"{name}.{a.exporter}.onnx"
        if (a.only and name not in a.only) or path.exists():
            continue
        try:
            torch.manual_seed(0)
            start = time.time()
            net, sample, *own = make()
            net.eval()
            names = [f"input{i}" if i else "input" for i in range(len(sample))]
            if own and a.exporter == "new" and "opset_version" in own[0]:
                own[0]["opset_version"] = max(18, own[0]["opset_version"])
            options = {"dynamo": True, "opset_version": 18} if a.exporter == "new" else {"dynamo": False, "opset_version": 17}
            torch.onnx.export(net, sample, str(path), input_names=names, external_data=False, **{"output_names": ["output"], **options, **(own[0] if own else {})})
            print(f"{name}: {path.stat().st_size / 1e6:.1f} MB, {time.time() - start:.1f} s", flush=True)
        except Exception as error:  # noqa: BLE001 - the next network may still export
            path.unlink(missing_ok=True)
            failed.append(name)
            print(f"{name}: not exported: {type(error).__name__}: {str(error)[:300]}", flush=True)
    if failed:
        sys.exit(f"not exported: {', '.join(failed)}")


if __name__ == "__main__":
    main()
