"""Bit-exact numpy interpreter of a graph."""

from thumbnet.reference.interpreter import run, run_all

__all__ = ["run", "run_all"]
