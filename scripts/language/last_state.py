"""Trains an LSTM and a BiLSTM whose last states are classified, as PyTorch has them, and exports them to ONNX.

    python scripts/language/last_state.py DATA/movies OUT

DATA is what scripts/language/sentiment.mjs writes. OUT gets NAME.onnx and NAME.npz for lstm-last and bilstm-last.
Sentences are 40 tokens long, padded in front, so that the last state has read the last word.
"""

import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

LENGTH, WIDTH, EPOCHS, RATE, BATCH = 40, 64, 7, 3e-3, 64
HIDDEN_WORDS, UNKNOWN = 0.2, 1


def read(folder: Path, split: str, vocabulary: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    sentences, labels = [], []
    for line in (folder / f"{split}.jsonl").read_text().splitlines():
        sample = json.loads(line)
        words = re.findall(r"[^\W_']+(?:'[^\W_]*)*|[^\s\w]", sample["text"].lower())
        ids = [vocabulary.get(word, UNKNOWN) for word in words][:LENGTH] or [UNKNOWN]
        sentences.append([0] * (LENGTH - len(ids)) + ids)
        labels.append(sample["label"])
    return np.array(sentences, np.int64), np.array(labels, np.int64)


class LastState(nn.Module):
    def __init__(self, words: int, both: bool):
        super().__init__()
        self.emb = nn.Embedding(words, WIDTH, padding_idx=0)
        self.rnn = nn.LSTM(WIDTH, WIDTH, batch_first=True, bidirectional=both)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(WIDTH * (2 if both else 1), 2)
        self.both = both

    def forward(self, input_ids):
        _, (last, _) = self.rnn(self.drop(self.emb(input_ids)))
        return self.fc(self.drop(torch.cat([last[-2], last[-1]], 1) if self.both else last[-1]))


def train(model: nn.Module, sentences: np.ndarray, labels: np.ndarray) -> None:
    x, y = torch.tensor(sentences), torch.tensor(labels)
    steps = len(x) // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, EPOCHS * steps + 1)
    model.train()
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(x)).split(BATCH)[:steps]:
            words = x[chosen]
            words = torch.where((words > 0) & (torch.rand(words.shape) < HIDDEN_WORDS), UNKNOWN, words)
            loss = nn.functional.cross_entropy(model(words), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()


def main(data: Path, out: Path) -> None:
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    words = json.loads((data / "vocabulary.json").read_text())
    vocabulary = {word: i for i, word in enumerate(words)}
    splits = {split: read(data, split, vocabulary) for split in ("train", "valid", "test")}
    arrays = {f"{axis}_{split}": part for split, pair in splits.items() for axis, part in zip("xy", pair)}
    for name, both in (("lstm-last", False), ("bilstm-last", True)):
        torch.manual_seed(0)
        model = LastState(len(vocabulary), both)
        train(model, *splits["train"])
        x, y = splits["test"]
        with torch.no_grad():
            print(name, 100 * float((model(torch.tensor(x)).argmax(1).numpy() == y).mean()), flush=True)
        np.savez(out / f"{name}.npz", **arrays)
        torch.onnx.export(
            model,
            (torch.tensor(x[:2]),),
            str(out / f"{name}.onnx"),
            input_names=["input_ids"],
            output_names=["logits"],
            dynamic_axes={"input_ids": {0: "batch"}},
            dynamo=False,
            opset_version=17,
        )


main(Path(sys.argv[1]), Path(sys.argv[2]))
