"""Graph passes: each rewrites a graph into an equivalent, simpler one."""

from thumbnet.passes.pipeline import PASSES, run_passes

__all__ = ["PASSES", "run_passes"]
