"""Makes the files beside it: EmbeddingBag as PyTorch's exporters write it. usage: python make.py (torch 2.14, onnxscript 0.7)"""
import pathlib
import warnings

import onnx
import torch
from torch import nn

warnings.filterwarnings("ignore")
folder = pathlib.Path(__file__).parent


def bare(graph):
    """Without stack traces, which name the machine, in inner networks too."""
    for each in (*graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        each.ClearField("metadata_props")
        each.ClearField("doc_string")
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                bare(attribute.g)
    graph.ClearField("metadata_props")
    graph.ClearField("doc_string")


class Bags(nn.Module):
    def __init__(self, mode, padding):
        super().__init__()
        self.bag, self.head = nn.EmbeddingBag(9, 3, mode=mode, padding_idx=padding), nn.Linear(3, 2)

    def forward(self, x):
        return self.head(self.bag(x))


for mode, padding, exporter in (
    ("mean", None, "old"), ("sum", None, "old"), ("max", None, "old"),
    ("mean", None, "new"), ("sum", None, "new"), ("max", None, "new"), ("mean", 2, "new"), ("sum", 0, "new"),
):
    torch.manual_seed(0)
    network, ids = Bags(mode, padding).eval(), torch.randint(1, 9, (2, 4))
    path = folder / f"{mode}{'' if padding is None else padding}.{exporter}.onnx"
    names = {"input_names": ["x"], "output_names": ["y"]}
    if exporter == "old":
        torch.onnx.export(network, (ids,), path, opset_version=17, dynamo=False, dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}}, **names)
    else:
        free = [{0: torch.export.Dim.DYNAMIC}]
        torch.onnx.export(network, (ids,), path, opset_version=18, dynamo=True, dynamic_shapes=free, external_data=False, **names)
    file = onnx.load(path)
    file.ClearField("metadata_props")
    bare(file.graph)
    onnx.save(file, path)
