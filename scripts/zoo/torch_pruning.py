"""Runs the zoo's models through Torch-Pruning: dependency graph, group-norm importance and one step to half the MACs.

usage: python torch_pruning.py OUT.json [--only NAME ...] [--limit SECONDS]
needs: torch, torch-pruning and what export.py needs. Each model runs in a process of its own, one thread, CPU seconds.
"""
import argparse
import importlib.util
import json
import pathlib
import resource
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
# This file must not stand in for the package of the same name.
sys.path = [path for path in sys.path if pathlib.Path(path or ".").resolve() != HERE]


def zoo():
    spec = importlib.util.spec_from_file_location("zoo_export", HERE / "export.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ZOO


def one(name):
    import torch
    import torch_pruning as tp

    torch.set_num_threads(1)
    torch.manual_seed(0)
    net, sample = zoo()[name]()
    net.eval()
    before, parameters = tp.utils.count_ops_and_params(net, sample)
    # Forwards warm up the allocator for both halves of what is timed.
    net(*sample)
    last = [m for m in net.modules() if isinstance(m, (torch.nn.Linear, torch.nn.Conv2d, torch.nn.Conv1d, torch.nn.ConvTranspose2d))][-1]
    start = time.process_time()
    pruner = tp.pruner.BasePruner(
        net, sample, importance=tp.importance.GroupMagnitudeImportance(p=2), pruning_ratio=0.29, ignored_layers=[last], round_to=None,
    )
    analysed = time.process_time()
    pruner.step()
    done = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    after, _ = tp.utils.count_ops_and_params(net, sample)
    return {"model": name, "analysis": analysed - start, "step": done - analysed, "total": done - start, "peakMb": peak,
            "macs": after / before if before else None, "params": parameters}


def main():
    a = argparse.ArgumentParser()
    a.add_argument("out")
    a.add_argument("--only", nargs="*")
    a.add_argument("--limit", type=float, default=120)
    a.add_argument("--one")
    a = a.parse_args()
    if a.one:
        try:
            result = one(a.one)
        except Exception as error:  # noqa: BLE001 - the failure is the result
            result = {"model": a.one, "error": f"{type(error).__name__}: {str(error).splitlines()[0][:160] if str(error) else ''}"}
        print(json.dumps(result))
        return
    out = pathlib.Path(a.out)
    known = {m["model"]: m for m in json.loads(out.read_text())["models"]} if out.exists() else {}
    for name in a.only or zoo():
        if name in known and not a.only:
            continue
        try:
            run = subprocess.run([sys.executable, "-W", "ignore", __file__, a.out, "--one", name], capture_output=True, text=True, timeout=a.limit)
            known[name] = json.loads(run.stdout.strip().splitlines()[-1])
        except subprocess.TimeoutExpired:
            known[name] = {"model": name, "error": f"not finished in {a.limit:.0f} s"}
        except (IndexError, ValueError):
            known[name] = {"model": name, "error": "the process ended without a result"}
        print(known[name], flush=True)
        out.write_text(json.dumps({"models": [known[n] for n in sorted(known)]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
