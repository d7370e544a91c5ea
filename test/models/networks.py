"""Exports reference networks (random weights, realistic BatchNorm statistics) with both PyTorch exporters."""
import sys, warnings, torch, torch.nn as nn, torch.nn.functional as F
warnings.filterwarnings('ignore')

def cbr(i, o, k=3, s=1, p=None, g=1, act=nn.ReLU):
    layers = [nn.Conv2d(i, o, k, s, (k - 1) // 2 if p is None else p, groups=g, bias=False), nn.BatchNorm2d(o)]
    if act: layers.append(act(inplace=True))
    return nn.Sequential(*layers)

class Bottleneck(nn.Module):
    def __init__(s, i, w, stride):
        super().__init__()
        o = w * 4
        s.a, s.b, s.c = cbr(i, w, 1), cbr(w, w, 3, stride), cbr(w, o, 1, act=None)
        s.down = cbr(i, o, 1, stride, act=None) if stride != 1 or i != o else None
        s.relu = nn.ReLU(inplace=True)
    def forward(s, x):
        return s.relu(s.c(s.b(s.a(x))) + (s.down(x) if s.down else x))

class Basic(nn.Module):
    def __init__(s, i, o, stride):
        super().__init__()
        s.a, s.b = cbr(i, o, 3, stride), cbr(o, o, 3, act=None)
        s.down = cbr(i, o, 1, stride, act=None) if stride != 1 or i != o else None
    def forward(s, x):
        return F.relu(s.b(s.a(x)) + (s.down(x) if s.down else x))

class ResNet(nn.Module):
    def __init__(s, block, counts, width, classes, small):
        super().__init__()
        e = 4 if block is Bottleneck else 1
        s.stem = cbr(3, width, 3) if small else nn.Sequential(cbr(3, width, 7, 2), nn.MaxPool2d(3, 2, 1))
        layers, i = [], width
        for n, count in enumerate(counts):
            for k in range(count):
                w = width * 2 ** n
                layers.append(block(i, w, 2 if k == 0 and n > 0 else 1)); i = w * e
        s.layers = nn.Sequential(*layers)
        s.pool, s.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(i, classes)
    def forward(s, x):
        return s.fc(torch.flatten(s.pool(s.layers(s.stem(x))), 1))

class SE(nn.Module):
    def __init__(s, c):
        super().__init__()
        q = max(8, c // 4)
        s.pool, s.a, s.b = nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, q, 1), nn.Conv2d(q, c, 1)
    def forward(s, x):
        return x * F.hardsigmoid(s.b(F.relu(s.a(s.pool(x)))))

class Inverted(nn.Module):
    def __init__(s, i, e, o, k, stride, act, se):
        super().__init__()
        s.res = stride == 1 and i == o
        l = []
        if e != i: l.append(cbr(i, e, 1, act=act))
        l.append(cbr(e, e, k, stride, g=e, act=act))
        if se: l.append(SE(e))
        l.append(cbr(e, o, 1, act=None))
        s.l = nn.Sequential(*l)
    def forward(s, x):
        return x + s.l(x) if s.res else s.l(x)

class MobileV2(nn.Module):
    def __init__(s, classes, small, div=1):
        super().__init__()
        cfg = [(1,16,1,1),(6,24,2,2),(6,32,3,2),(6,64,4,2),(6,96,3,1),(6,160,3,2),(6,320,1,1)]
        c = 32 // div
        l = [cbr(3, c, 3, 1 if small else 2, act=nn.ReLU6)]
        for t, o, n, st in cfg:
            for k in range(n if not small else min(n, 2)):
                l.append(Inverted(c, c * t, o // div, 3, (st if not (small and o == 24) else 1) if k == 0 else 1, nn.ReLU6, False)); c = o // div
        l.append(cbr(c, 1280 // div, 1, act=nn.ReLU6))
        s.f = nn.Sequential(*l); s.c = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280 // div, classes))
    def forward(s, x):
        x = F.adaptive_avg_pool2d(s.f(x), (1, 1))
        return s.c(torch.flatten(x, 1))

class MobileV3(nn.Module):
    def __init__(s, classes, small):
        super().__init__()
        R, H = nn.ReLU, nn.Hardswish
        cfg = [(3,16,16,True,R,2),(3,72,24,False,R,2),(3,88,24,False,R,1),(5,96,40,True,H,2),(5,240,40,True,H,1),(5,240,40,True,H,1),(5,120,48,True,H,1),(5,144,48,True,H,1),(5,288,96,True,H,2),(5,576,96,True,H,1),(5,576,96,True,H,1)]
        if small: cfg = [(3,8,8,True,R,1),(3,24,12,False,R,2),(5,48,16,True,H,2),(5,64,16,True,H,1)]
        c = cfg[0][1]
        l = [cbr(3, c, 3, 1 if small else 2, act=H)]
        for k, e, o, se, a, st in cfg:
            l.append(Inverted(c, e, o, k, st, a, se)); c = o
        l.append(cbr(c, c * 6, 1, act=H))
        s.f = nn.Sequential(*l); s.pool = nn.AdaptiveAvgPool2d(1)
        s.c = nn.Sequential(nn.Linear(c * 6, c * 10), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(c * 10, classes))
    def forward(s, x):
        return s.c(torch.flatten(s.pool(s.f(x)), 1))

class Fire(nn.Module):
    def __init__(s, i, q, e):
        super().__init__()
        s.s, s.a, s.b = nn.Conv2d(i, q, 1), nn.Conv2d(q, e, 1), nn.Conv2d(q, e, 3, padding=1)
    def forward(s, x):
        x = F.relu(s.s(x)); return torch.cat([F.relu(s.a(x)), F.relu(s.b(x))], 1)

class Squeeze(nn.Module):
    def __init__(s, classes, small):
        super().__init__()
        P = lambda: nn.MaxPool2d(3, 2, ceil_mode=True)
        if small:
            s.f = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), P(), Fire(16, 8, 16), Fire(32, 8, 16), P(), Fire(32, 12, 24))
            c = 48
        else:
            s.f = nn.Sequential(nn.Conv2d(3, 64, 3, 2), nn.ReLU(), P(), Fire(64,16,64), Fire(128,16,64), P(), Fire(128,32,128), Fire(256,32,128), P(), Fire(256,48,192), Fire(384,48,192), Fire(384,64,256), Fire(512,64,256))
            c = 512
        s.c = nn.Sequential(nn.Dropout(0.5), nn.Conv2d(c, classes, 1), nn.ReLU(), nn.AdaptiveAvgPool2d((1, 1)))
    def forward(s, x):
        return torch.flatten(s.c(s.f(x)), 1)

class Inception(nn.Module):
    def __init__(s, i, a, b0, b1, c0, c1, d):
        super().__init__()
        s.a = cbr(i, a, 1); s.b = nn.Sequential(cbr(i, b0, 1), cbr(b0, b1, 3)); s.c = nn.Sequential(cbr(i, c0, 1), cbr(c0, c1, 3))
        s.d = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), cbr(i, d, 1))
    def forward(s, x):
        return torch.cat([s.a(x), s.b(x), s.c(x), s.d(x)], 1)

class GoogLeNet(nn.Module):
    def __init__(s, classes, small):
        super().__init__()
        if small:
            s.f = nn.Sequential(cbr(3, 16, 3), nn.MaxPool2d(3, 2, ceil_mode=True), Inception(16, 8, 8, 12, 4, 8, 4), Inception(32, 12, 8, 16, 4, 8, 8), nn.MaxPool2d(2, 2, ceil_mode=True), Inception(44, 16, 12, 24, 6, 12, 12))
            c = 64
        else:
            s.f = nn.Sequential(cbr(3, 64, 7, 2), nn.MaxPool2d(3, 2, ceil_mode=True), cbr(64, 64, 1), cbr(64, 192, 3), nn.MaxPool2d(3, 2, ceil_mode=True),
              Inception(192,64,96,128,16,32,32), Inception(256,128,128,192,32,96,64), nn.MaxPool2d(3,2,ceil_mode=True),
              Inception(480,192,96,208,16,48,64), Inception(512,160,112,224,24,64,64), Inception(512,128,128,256,24,64,64), Inception(512,112,144,288,32,64,64), Inception(528,256,160,320,32,128,128), nn.MaxPool2d(2,2,ceil_mode=True),
              Inception(832,256,160,320,32,128,128), Inception(832,384,192,384,48,128,128))
            c = 1024
        s.l = nn.Linear(c, classes); s.pool = nn.AdaptiveAvgPool2d(1); s.d = nn.Dropout(0.2)
    def forward(s, x):
        # as torchvision's transform_input
        x = torch.cat([x[:, 0:1] * (0.229 / 0.5) - 0.03, x[:, 1:2] * (0.224 / 0.5) - 0.088, x[:, 2:3] * (0.225 / 0.5) - 0.188], 1)
        return s.l(s.d(torch.flatten(s.pool(s.f(x)), 1)))

class Shuffle(nn.Module):
    """Grouped convolution, channel shuffle by view/transpose, chunk."""
    def __init__(s, classes):
        super().__init__()
        s.stem, s.g1, s.g2 = cbr(3, 16, 3, 2), cbr(16, 32, 3, g=4), cbr(16, 16, 3, g=16)
        s.head = nn.Linear(32, classes)
    def forward(s, x):
        x = s.g1(s.stem(x))
        n, c, h, w = x.shape
        x = x.view(n, 4, c // 4, h, w).transpose(1, 2).contiguous().view(n, c, h, w)
        a, b = x.chunk(2, 1)
        x = torch.cat([a, s.g2(b)], 1)
        return F.softmax(s.head(x.mean([2, 3])), 1)

class VGG(nn.Module):
    def __init__(s, classes):
        super().__init__()
        s.f = nn.Sequential(cbr(3, 16), nn.MaxPool2d(2), cbr(16, 32), nn.MaxPool2d(2), cbr(32, 48), nn.MaxPool2d(2))
        s.c = nn.Sequential(nn.Linear(48 * 16, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, classes))
    def forward(s, x):
        x = s.f(x); return F.log_softmax(s.c(x.view(x.size(0), -1)), dim=1)

class LeNet(nn.Module):
    def __init__(s, classes):
        super().__init__()
        s.a, s.b = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5); s.l = nn.Sequential(nn.Linear(256, 120), nn.Tanh(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, classes))
    def forward(s, x):
        x = F.max_pool2d(F.relu(s.a(x)), 2); x = F.avg_pool2d(torch.tanh(s.b(x)), 2)
        return s.l(x.reshape(-1, 256))

def settle(m, size, ch):
    """Gives BatchNorm statistics that fit the random weights, so that outputs vary."""
    torch.manual_seed(1)
    for mod in m.modules():
        if isinstance(mod, nn.BatchNorm2d):
            nn.init.uniform_(mod.weight, 0.5, 1.5); nn.init.normal_(mod.bias, 0, 0.2); mod.momentum = None
    m.train()
    with torch.no_grad():
        for _ in range(2): m(torch.randn(16 if size <= 32 else 4, ch, size, size))
    return m.eval()


import onnx
def strip(path):
    m = onnx.load(path, load_external_data=False)
    for n in m.graph.node: del n.metadata_props[:]; n.doc_string = ''
    for v in list(m.graph.value_info) + list(m.graph.input) + list(m.graph.output): del v.metadata_props[:]
    del m.graph.value_info[:]; del m.graph.metadata_props[:]
    for t in m.graph.initializer: del t.metadata_props[:]
    onnx.save(m, path)

class Tiny(nn.Module):
    def __init__(s, *l): super().__init__(); s.l = nn.Sequential(*l)
    def forward(s, x): return s.l(x)

def v3():
    m = MobileV3(5, True)
    l = [cbr(3, 4, act=nn.Hardswish), Inverted(4, 8, 4, 3, 1, nn.ReLU, True), Inverted(4, 12, 6, 5, 2, nn.Hardswish, True)]
    m.f = nn.Sequential(*l); m.c = nn.Sequential(nn.Linear(6, 8), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(8, 5)); return m
def v2():
    m = MobileV2(5, True)
    m.f = nn.Sequential(cbr(3, 4, 3, 2, act=nn.ReLU6), Inverted(4, 8, 4, 3, 1, nn.ReLU6, False), Inverted(4, 8, 6, 3, 2, nn.ReLU6, False)); m.c = nn.Sequential(nn.Dropout(0.2), nn.Linear(6, 5)); return m
def vgg():
    m = VGG(5)
    m.f = nn.Sequential(cbr(3, 4), nn.MaxPool2d(2), cbr(4, 6), nn.MaxPool2d(2)); m.c = nn.Sequential(nn.Linear(96, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 5)); return m
def lenet():
    m = LeNet(5); m.a = nn.Conv2d(1, 3, 3); m.b = nn.Conv2d(3, 4, 3)
    m.l = nn.Sequential(nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 6), nn.Sigmoid(), nn.Linear(6, 5))
    m.forward = lambda x: m.l(F.avg_pool2d(torch.tanh(m.b(F.max_pool2d(F.relu(m.a(x)), 2))), 2).reshape(-1, 16))
    return m
def squeeze():
    m = Squeeze(5, True)
    m.f = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), Fire(4, 2, 3), nn.MaxPool2d(3, 2, ceil_mode=True), Fire(6, 3, 4))
    m.c = nn.Sequential(nn.Dropout(0.5), nn.Conv2d(8, 5, 1), nn.ReLU(), nn.AdaptiveAvgPool2d((1, 1))); return m
def google():
    m = GoogLeNet(5, True)
    m.f = nn.Sequential(cbr(3, 4), nn.MaxPool2d(3, 2, ceil_mode=True), Inception(4, 2, 2, 3, 2, 3, 2), Inception(10, 3, 2, 4, 2, 3, 2)); m.l = nn.Linear(12, 5); return m
def shuffle():
    m = Shuffle(5); m.stem, m.g1, m.g2, m.head = cbr(3, 8, 3, 2), cbr(8, 8, 3, g=4), cbr(4, 4, 3, g=4), nn.Linear(8, 5); return m
class Up(nn.Module):
    def __init__(s): super().__init__(); s.a, s.b, s.h = cbr(3, 4, 3, 2), cbr(4, 4), nn.Linear(4, 5)
    def forward(s, x):
        y = s.a(x); y = F.pad(y, (1, 0, 0, 1)); y = y[:, :, 1:, :-1]
        y = F.interpolate(s.b(y), scale_factor=2, mode='nearest') + F.interpolate(y, size=x.shape[2:], mode='bilinear', align_corners=False)
        y = torch.stack([y, y.abs()], 1).sum(1)
        return s.h(y.max(3)[0].mean(2).clamp(min=-1.0)).unsqueeze(0).squeeze(0)

specs = {'lenet': (lenet, 14, 1), 'vgg': (vgg, 16, 3), 'resnet': (lambda: ResNet(Bottleneck, [1, 1], 2, 5, True), 12, 3), 'mobilenet-v2': (v2, 16, 3), 'mobilenet-v3': (v3, 12, 3),
 'squeezenet': (squeeze, 14, 3), 'googlenet': (google, 12, 3), 'shufflenet': (shuffle, 12, 3), 'upsampling': (Up, 12, 3)}
for name, (make, size, ch) in specs.items():
    torch.manual_seed(0); m = settle(make(), size, ch); x = torch.randn(2, ch, size, size); d = {'input': {0: 'batch'}, 'output': {0: 'batch'}}
    def old(form, version, x, fold, **k):
        torch.onnx.export(m, x, f'{name}.{form}.onnx', dynamo=False, opset_version=version, input_names=['input'], output_names=['output'], do_constant_folding=fold, **k)
    keep = torch.onnx.TrainingMode.PRESERVE
    old('torchscript-13-static', 13, x[:1], True)
    old('torchscript-17', 17, x, False, dynamic_axes=d, training=keep)
    old('torchscript-9', 9, x, True, dynamic_axes=d, training=keep)
    dyn = ({0: torch.export.Dim('batch')},)
    try:
        torch.onnx.export(m, (x,), f'{name}.dynamo-20.onnx', dynamo=True, external_data=False, dynamic_shapes=dyn, verbose=False)
        torch.onnx.export(m, (x,), f'{name}.dynamo-20-static.onnx', dynamo=True, external_data=False, verbose=False)
        torch.onnx.export(m, (x,), f'{name}.dynamo-20-raw.onnx', dynamo=True, external_data=False, optimize=False, dynamic_shapes=dyn, verbose=False)
        for form in ['20', '20-static', '20-raw']: strip(f'{name}.dynamo-{form}.onnx')
    except Exception as e: print(name, repr(e)[:300])

