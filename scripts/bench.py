"""Measures all shared models and writes test/bench/*.json and BENCHMARKS.md from them.

    scripts/bench.py [--builds cortex-m4 "cortex-m4 speed" ...] [--models NAME ...]
                     [--predictions] [--table]

A build is a target and what its flash is spent on, ``balanced`` where nothing is said.

``--predictions`` only predicts instructions anew, of plans that are what they were measured as;
``--table`` only writes BENCHMARKS.md from the committed results.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import bench_streams

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT.parent / "shared" / "models"
RESULTS = ROOT / "test" / "bench" / "results.json"
PEERS = ROOT / "test" / "bench" / "peers.json"
BUILDS = (
    *("cortex-m4", "cortex-m4 speed", "cortex-m4 size"),
    *("cortex-m0plus", "cortex-m3", "cortex-m7", "cortex-m33", "cortex-m55", "rv32imc"),
)
PEERS_BUILD = "cortex-m4 speed"
"""The build that stands beside the peers."""
MOST_FIELDS = (
    "exact",
    "instructions",
    "predicted_instructions",
    "arena_bytes",
    "state_bytes",
    "stack_bytes",
    "code_bytes",
    "weight_bytes",
    "macs",
    "peak_operator",
)


def measure(model: Path, build: str) -> dict[str, Any] | None:
    """What ``thumbnet measure --json`` says; None where the model is refused."""
    target, _, optimize = build.partition(" ")
    command = [sys.executable, "-m", "thumbnet", "measure", str(model), "--target", target]
    command += ["--optimize", optimize or "balanced", "--json", "--count", "2"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        print(f"{model.parent.name}: {done.stderr.strip().splitlines()[0][:150]}", flush=True)
        return None
    report: dict[str, Any] = json.loads(done.stdout)
    return {field: report[field] for field in MOST_FIELDS}


def model_files() -> list[Path]:
    """The model of every folder that has one."""
    folders = sorted(MODELS.iterdir())
    found = (sorted((*path.glob("*.tflite"), *path.glob("*.onnx"))) for path in folders)
    return [files[0] for files in found if files]


def models_of(builds: list[str], names: list[str]) -> list[tuple[str, Path]]:
    """Builds and models; all models where ``names`` is empty."""
    return [
        (build, path)
        for path in model_files()
        for build in builds
        if not names or path.parent.name in names
    ]


def refresh(builds: list[str], names: list[str]) -> None:
    """Predicts anew what the results have measured, where the plan still is the same."""
    results: dict[str, Any] = json.loads(RESULTS.read_text())
    models = [
        (build, path)
        for build, path in models_of(builds, names)
        if path.parent.name in results.get(build, {})
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda one: predict(one[1], one[0]), models)
        for (build, path), answer in zip(models, found, strict=True):
            row = results[build][path.parent.name]
            if answer is None or answer["arena_bytes"] != row["arena_bytes"]:
                print(f"{path.parent.name} {build}: another plan; measure it", flush=True)
                continue
            row["predicted_instructions"] = answer["predicted_instructions"]["total"]
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


def run(builds: list[str], names: list[str]) -> int:
    """Measures and merges into the results; returns how many models were refused."""
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    models = models_of(builds, names)
    refused = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda one: measure(one[1], one[0]), models)
        for (build, path), figures in zip(models, found, strict=True):
            refused += figures is None
            if figures is not None:
                results.setdefault(build, {})[path.parent.name] = figures
                print(path.parent.name, build, json.dumps(figures), flush=True)
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    return refused


def predict(model: Path, build: str) -> dict[str, Any] | None:
    """What ``thumbnet plan --json`` says; None where the model is refused."""
    target, _, optimize = build.partition(" ")
    command = [sys.executable, "-m", "thumbnet", "plan", str(model), "--target", target]
    command += ["--optimize", optimize or "balanced", "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    answer: dict[str, Any] | None = json.loads(done.stdout) if done.returncode == 0 else None
    return answer


def table() -> str:
    """BENCHMARKS.md."""
    results: dict[str, Any] = json.loads(RESULTS.read_text())
    peers: dict[str, Any] = json.loads(PEERS.read_text())
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench` from test/bench/*.json. Instructions are executed",
        "instructions of one inference on an emulated core: exactly repeatable, not cycles. RAM",
        "of ours is the arena with the input image in it, and what a model keeps for the next",
        "inference; code is flash without weights.",
        "",
    ]
    for target, models in sorted(results.items()):
        lines += [
            f"## {target}",
            "",
            "| model | MACs | engine | instructions | predicted | per MAC | RAM | stack | code "
            "| weights |",
            "|---|---|---|---|---|---|---|---|---|---|",
        ]
        for name, ours in sorted(models.items()):
            ratio = ours["instructions"] / max(ours["macs"], 1)
            ram = ours["arena_bytes"] + ours["state_bytes"]
            off = ours["predicted_instructions"] / ours["instructions"] - 1
            lines.append(
                f"| {name} | {ours['macs']:,} | thumbnet{'' if ours['exact'] else ' (INEXACT)'} | "
                f"{ours['instructions']:,} | {off:+.1%} | {ratio:.2f} | {ram:,} | "
                f"{ours['stack_bytes']:,} | {ours['code_bytes']:,} | {ours['weight_bytes']:,} |"
            )
            for peer, figures in peers.get(name, {}).items() if target == PEERS_BUILD else ():
                ratio = figures["instructions"] / ours["macs"]
                lines.append(
                    f"| | | {peer} | {figures['instructions']:,} | | {ratio:.2f} | "
                    f"{figures['ram']:,} | | {figures['code']:,} | |"
                )
        lines.append("")
    measured = {name: ours["instructions"] for name, ours in results["cortex-m4"].items()}
    lines += bench_streams.section(measured)
    return "\n".join([*lines, f"Peers: {peers['note']}", ""])


def main() -> int:
    """Runs what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--builds", nargs="*", default=list(BUILDS))
    parser.add_argument("--models", nargs="*", default=[])
    parser.add_argument("--predictions", action="store_true")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    refused = 0
    if arguments.predictions:
        refresh(arguments.builds, arguments.models)
    elif not arguments.table:
        if not MODELS.is_dir():
            print(f"bench: {MODELS.parent.name}/models is absent", file=sys.stderr)
            return 2
        refused = run(arguments.builds, arguments.models)
        bench_streams.run(arguments.models)
    (ROOT / "BENCHMARKS.md").write_text(table())
    return min(refused, 1)


if __name__ == "__main__":
    sys.exit(main())
