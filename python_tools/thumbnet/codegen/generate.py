"""All generated files of a model."""

from __future__ import annotations

import json

from thumbnet.codegen.header import header
from thumbnet.codegen.model import Naming, Provenance
from thumbnet.codegen.source import source
from thumbnet.plan import Plan
from thumbnet.signal.front_end import FrontEnd


def generate(
    plan: Plan, naming: Naming, provenance: Provenance, front_end: FrontEnd | None = None
) -> dict[str, str]:
    """``<name>.h``, ``<name>.c`` and ``<name>.json`` (the plan's figures) as text."""
    return {
        f"{naming.name}.h": header(plan, naming, provenance, front_end),
        f"{naming.name}.c": source(plan, naming, provenance, front_end),
        f"{naming.name}.json": summary(plan, naming, provenance, front_end),
    }


def summary(
    plan: Plan, naming: Naming, provenance: Provenance, front_end: FrontEnd | None = None
) -> str:
    """The figures of the plan as JSON with sorted keys; sizes in bytes."""
    memory = plan.memory
    operators = [
        {
            "index": index,
            "name": step.operator.name,
            "kind": step.operator.kind,
            "macs": step.lowered.macs,
            "scratch_bytes": step.lowered.scratch,
            "live_bytes": memory.live_bytes[step.operator.name],
        }
        for index, step in enumerate(plan.steps)
    ]
    report = {
        "name": naming.name,
        "thumbnet": provenance.version,
        "model": provenance.file,
        "sha256": provenance.sha256,
        "arena_bytes": memory.total_size,
        "weight_bytes": plan.weight_bytes,
        "macs": plan.macs,
        "network_macs": plan.network_macs,
        "peak_operator": memory.peak,
        "operators": operators,
    }
    if front_end is not None:
        report["frontend_bytes"] = front_end.state_bytes
        report["frontend_flash_bytes"] = front_end.flash_bytes
    if memory.slow is not None:
        report |= {"fast_bytes": memory.arena_size, "slow_bytes": memory.slow.size}
    return json.dumps(report, indent=1, sort_keys=True) + "\n"
