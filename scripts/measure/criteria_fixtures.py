"""What the papers' own code and Torch-Pruning score on fixed tensors, for test/engine/strategies/criteria/published.json.

    python scripts/measure/criteria_fixtures.py PUBLISHED OUT.json

PUBLISHED holds checkouts of the papers' repositories, none of which is part of this project:
    HRank                            github.com/lmbxmu/HRank                          c03ac85
    CHIP_NeurIPS2021                 github.com/Eclipsess/CHIP_NeurIPS2021            418041b
    filter-pruning-geometric-median  github.com/he-y/filter-pruning-geometric-median  44fbab4
    Taylor_pruning                   github.com/NVlabs/Taylor_pruning                 4b70120
    layer-adaptive-sparsity          github.com/jaeho-lee/layer-adaptive-sparsity     94e53b1
    FisherPruning                    github.com/jshilong/FisherPruning                456106c
    ThiNet_Code                      github.com/Roll920/ThiNet_Code
Needs torch, torch-pruning (1.6.1), numpy, scipy. Their scripts parse arguments and load data sets when they are imported,
so that single functions are taken out of the files by name; what they call on a GPU or in older versions of torch and
numpy is answered by what it is called today.
"""

import ast
import contextlib
import io
import json
import os
import re
import sys
import tempfile
import time
import types
from importlib import metadata

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch_pruning as tp
from scipy.spatial import distance

PUBLISHED, OUT = sys.argv[1:3]
torch.matrix_rank = torch.linalg.matrix_rank
torch.Tensor.cuda = lambda self, *_, **__: self
np.mat = np.asmatrix


def taken(path, name, **names):
    """A function of a published file by name, run with the given globals; methods become plain functions."""
    with open(os.path.join(PUBLISHED, path)) as file:
        source = re.sub(r"^(\s*)print (.+)$", r"\1print(\2)", file.read(), flags=re.M)
    source = source.replace("async=True", "non_blocking=True")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            scope = {"np": np, "torch": torch, "distance": distance, "time": time, **names}
            exec(compile(ast.Module([node], []), path, "exec"), scope)  # noqa: S102
            return scope[name], scope
    raise SystemExit(f"{path} has no function {name}.")


def quietly(function, *args):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        return function(*args), said.getvalue()


class Net(nn.Module):
    """Two readers of one feature map whose outputs are added: a coupled group of Fisher's kind."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 5, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(5)
        self.conv2 = nn.Conv2d(5, 4, 3, padding=1, bias=False)
        self.conv3 = nn.Conv2d(5, 4, 1, bias=False)
        self.conv4 = nn.Conv2d(4, 3, 3, padding=1, bias=False)
        self.fc = nn.Linear(3, 3)

    def forward(self, x):
        a = F.relu(self.bn1(self.conv1(x)))
        d = F.relu(self.conv2(a) + self.conv3(a))
        self.maps = {"a": a, "d": d}
        return self.fc(F.relu(self.conv4(d)).mean((2, 3)))


torch.manual_seed(5)
samples, side = 6, 6
net = Net().eval()
with torch.no_grad():
    net.bn1.weight.copy_(torch.tensor([0.7, -1.2, 0.4, 1.1, -0.3]))
    net.bn1.bias.copy_(0.3 * torch.randn(5))
    net.bn1.running_mean.copy_(0.1 * torch.randn(5))
    net.bn1.running_var.copy_(0.5 + torch.rand(5))
    for parameter in [*net.parameters(), *net.buffers()]:
        # Few digits, so that the file holds the very numbers.
        if parameter.is_floating_point():
            parameter.copy_((parameter * 1000).round() / 1000)
x = (torch.randn(samples, 2, side, side) * 100).round() / 100
labels = torch.tensor([0, 1, 2, 0, 1, 2])

# HRank and CHIP: the maps that the readers see.
with torch.no_grad():
    net(x)
    maps = {name: value.clone() for name, value in net.maps.items()}


def hrank(value):
    hook, scope = taken("HRank/rank_generation.py", "get_feature_hook", feature_result=torch.tensor(0.0), total=torch.tensor(0.0))
    hook(None, None, value)
    return scope["feature_result"]


def chip(value):
    norm, _ = taken("CHIP_NeurIPS2021/calculate_ci.py", "reduced_1_row_norm")
    score, _ = taken("CHIP_NeurIPS2021/calculate_ci.py", "ci_score", reduced_1_row_norm=norm)
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, value.numpy())
        file.flush()
        return score(file.name).mean(0)


def fpgm(weight):
    """The order in which filters go, by asking for one more each time."""
    similar, _ = taken("filter-pruning-geometric-median/pruning_cifar10.py", "get_filter_similar")
    filters, length = weight.shape[0], weight.numel()
    gone = []
    for count in range(1, filters + 1):
        codebook, _ = quietly(similar, None, weight, 1.0, count / filters + 1e-9, length)
        now = np.flatnonzero(codebook.reshape(filters, -1)[:, 0] == 0)
        gone.extend(int(i) for i in now if i not in gone)
    return gone


def thinet(value, weight):
    """Every position and output in place of the random ones, so that nothing is left to chance."""
    greedy, _ = taken("ThiNet_Code/ThiNet_ICCV/compress_model.py", "value_sum")
    patches = F.unfold(value, weight.shape[-1], padding=weight.shape[-1] // 2)
    channels, taps = value.shape[1], weight.shape[-1] ** 2
    patches = patches.reshape(value.shape[0], channels, taps, -1)
    parts = torch.einsum("nctp,oct->npoc", patches.double(), weight.reshape(weight.shape[0], channels, taps).double())
    parts = parts.reshape(-1, channels).numpy()
    total = parts.sum(1, keepdims=True)
    gone = []
    for count in range(1, channels):
        (kept, _), _ = quietly(greedy, parts, total, (channels - count) / channels + 1e-9)
        gone.extend(int(i) for i in range(channels) if i not in kept and i not in gone)
    return gone


# Gradients: of the sum over samples, so that every sample has its own.
def fisher():
    path = "FisherPruning/detection/tools/fisher_pruning.py"
    save, _ = taken(path, "save_input_forward_hook")
    after, _ = taken(path, "compute_fisher_backward_hook")
    group, _ = taken(path, "group_fishers")
    readers = {name: getattr(net, name) for name in ("conv2", "conv3", "conv4")}
    state = types.SimpleNamespace(
        conv_names={module: name for name, module in readers.items()},
        conv_inputs={module: [] for module in readers.values()},
        temp_fisher_info={module: torch.zeros(samples, module.in_channels) for module in readers.values()},
        flops={module: 0 for module in readers.values()},
        acts={module: 0 for module in readers.values()},
        groups={0: [net.conv2, net.conv3]},
        ancest={0: []},
        batch_fishers={},
    )
    state.temp_fisher_info[0] = torch.zeros(samples, 5)
    for module in readers.values():
        module.out_mask = torch.ones(module.out_channels)
    hooks = []
    for module in readers.values():
        hooks.append(module.register_forward_hook(lambda m, i, o: save(state, m, i, o)))
        hooks.append(module.register_full_backward_hook(lambda m, gi, go: after(state, m, gi)))
    F.cross_entropy(net(x), labels, reduction="sum").backward()
    group(state)
    for hook in hooks:
        hook.remove()
    # Summed over samples there; a mean here, and the half of equation 7.
    return {"a": state.batch_fishers[0] / samples / 2, "d": state.batch_fishers[net.conv4] / samples / 2}


def taylor():
    """Gates behind each map: the 2019 paper's squared gate gradient (method 23), and its rendering of the 2017 one (6)."""
    gates, _ = taken("Taylor_pruning/layers/gate_layer.py", "forward")
    result = {}
    net.zero_grad()
    logits = net(x)
    for name in ("a", "d"):
        net.maps[name].retain_grad()
    F.cross_entropy(logits, labels, reduction="sum").backward()
    for name in ("a", "d"):
        output, grad = net.maps[name], net.maps[name].grad
        gate = types.SimpleNamespace(weight=torch.ones(output.shape[1]), size_mask=(1, output.shape[1], 1, 1))
        assert torch.equal(gates(gate, output), output)
        hook_2019 = (grad * output).sum(-1).sum(-1)
        published_2017 = (grad * output).abs().mean(-1).mean(-1).mean(0)
        result[name] = {
            "gate2019": (hook_2019.t().pow(2).reshape(output.shape[1], -1).sum(1) / samples).detach(),
            "published2017": published_2017.detach(),
            "paper2017": (hook_2019.abs().mean(0)).detach(),
        }
    return result


def torch_pruning():
    """Scores of every group, as Torch-Pruning gives them before normalisation; keyed by the layer that makes it."""
    graph = tp.DependencyGraph().build_dependency(net, x)
    makers = {"a": net.conv1, "d": net.conv2, "e": net.conv4}
    kinds = {
        "group-norm": tp.importance.GroupMagnitudeImportance(p=2, group_reduction="mean", normalizer=None),
        "bn-scale": tp.importance.BNScaleImportance(normalizer=None),
    }
    scores = {}
    for name, maker in makers.items():
        group = graph.get_pruning_group(maker, tp.prune_conv_out_channels, idxs=list(range(maker.out_channels)))
        scores[name] = {kind: measure(group) for kind, measure in kinds.items()}
    return scores


def infinite():
    """Inf-FS, which NISP begins with, is published in MATLAB only (Roffo, Feature Selection Library, infFS): its
    unsupervised lines in numpy, with the paper's 0.9. On ranks, Spearman's correlation is that of the values."""
    rng = np.random.default_rng(3)
    features = np.stack([(rng.permutation(20) + 1) * scale for scale in (0.5, 1.0, 0.8, 1.7, 1.2)], 1)
    related = 1 - np.abs(np.corrcoef(features.T))
    spread = features.std(0, ddof=1)
    spread = np.maximum(spread[:, None], spread[None, :])
    spread = spread - spread.min()
    graph = 0.5 * related + 0.5 * spread / spread.max()
    paths = np.linalg.inv(np.eye(5) - 0.9 / np.abs(np.linalg.eigvals(graph)).max() * graph) - np.eye(5)
    return {"samples": 20, "width": 5, "data": features.ravel().tolist(), "energy": paths.sum(1)}


def plain(value):
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items() if entry is not None}
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return [float(f"{number:.8g}") for number in np.asarray(value.detach() if isinstance(value, torch.Tensor) else value).ravel()]
    if isinstance(value, list):
        return [float(f"{number:.8g}") for number in value]
    return value


lamp, _ = taken("layer-adaptive-sparsity/tools/pruners.py", "_normalize_scores")
tp_scores = torch_pruning()
document = {
    "about": "Made by scripts/measure/criteria_fixtures.py, which says from whose code; torch "
    + torch.__version__.split("+")[0]
    + ", torch-pruning "
    + metadata.version("torch-pruning"),
    "samples": samples,
    "side": side,
    "x": plain(x),
    "labels": labels.tolist(),
    "weights": {name: plain(value) for name, value in net.state_dict().items() if value.is_floating_point()},
    "logits": plain(net(x)),
    "hrank": {name: plain(hrank(value)) for name, value in maps.items()},
    "chip": {name: plain(chip(value)) for name, value in maps.items()},
    "fpgm": {name: fpgm(getattr(net, layer).weight.detach()) for name, layer in (("a", "conv1"), ("e", "conv4"))},
    "thinet": {"d": thinet(maps["d"], net.conv4.weight.detach())},
    "fisher": plain(fisher()),
    "taylor": plain(taylor()),
    "infinite": plain(infinite()),
    "torch-pruning": plain(tp_scores),
    "lamp": {name: plain(lamp(scores["group-norm"].clone())) for name, scores in tp_scores.items()},
}
with open(OUT, "w") as file:
    file.write(json.dumps(document) + "\n")
