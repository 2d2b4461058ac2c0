"""Plan -> {file name: text}; no file I/O and no decisions."""

from thumbnet.codegen.generate import generate
from thumbnet.codegen.model import Naming, Provenance

__all__ = ["Naming", "Provenance", "generate"]
