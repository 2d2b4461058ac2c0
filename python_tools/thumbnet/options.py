"""What a network's kernels are chosen for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Isa = Literal["portable", "dsp", "mve"]
"""Instruction sets that kernels are written for: plain C99, Arm's DSP extension, Helium."""

Optimize = Literal["speed", "balanced", "size"]
"""What flash is spent on: an instantiation of its own where that is faster, one that layers share,
or the fewest bytes."""


@dataclass(frozen=True)
class Build:
    """What a graph's kernels are chosen for; ``core`` is that whose instructions are counted."""

    isa: Isa = "portable"
    optimize: Optimize = "balanced"
    core: str = "cortex-m4"


GENERIC = Build()
