"""Runs the zoo's models through Torch-Pruning: dependency graph, group-norm importance and one step to half the MACs.

usage: python torch_pruning.py OUT.json [--only NAME ...] [--limit SECONDS]
needs: torch, torch-pruning and what export.py needs. Each model runs in a process of its own, one thread, CPU seconds.
"""
import argparse
import copy
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


def one(name, repeats):
    import torch
    import torch_pruning as tp

    torch.set_num_threads(1)
    torch.manual_seed(0)
    net, sample = zoo()[name]()
    net.eval()
    before, parameters = tp.utils.count_ops_and_params(net, sample)
    # Forwards warm up the allocator for both halves of what is timed.
    net(*sample)
    runs = []
    peak = 0
    for turn in range(repeats):
        copy_of = net if turn == repeats - 1 else copy.deepcopy(net)
        last = [m for m in copy_of.modules() if isinstance(m, (torch.nn.Linear, torch.nn.Conv2d, torch.nn.Conv1d, torch.nn.ConvTranspose2d))][-1]
        start, wall = time.process_time(), time.perf_counter()
        pruner = tp.pruner.BasePruner(
            copy_of, sample, importance=tp.importance.GroupMagnitudeImportance(p=2), pruning_ratio=0.29, ignored_layers=[last], round_to=None,
        )
        analysed, analysed_wall = time.process_time(), time.perf_counter()
        pruner.step()
        done, done_wall = time.process_time(), time.perf_counter()
        if turn == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        runs.append({"analysis": analysed - start, "step": done - analysed, "total": done - start,
                     "analysisMs": 1000 * (analysed_wall - wall), "totalMs": 1000 * (done_wall - wall)})
    after, _ = tp.utils.count_ops_and_params(net, sample)
    return {"model": name, **{key: runs[0][key] for key in ("analysis", "step", "total")}, "runs": runs, "peakMb": peak,
            "macs": after / before if before else None, "params": parameters}


def main():
    a = argparse.ArgumentParser()
    a.add_argument("out")
    a.add_argument("--only", nargs="*")
    a.add_argument("--limit", type=float, default=120)
    a.add_argument("--one")
    a.add_argument("--repeats", type=int, default=1)
    a = a.parse_args()
    if a.one:
        try:
            result = one(a.one, a.repeats)
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
