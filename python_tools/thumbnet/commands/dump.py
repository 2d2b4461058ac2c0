"""``thumbnet dump``: a model's graph as text, as imported and as compiled."""

from __future__ import annotations

from pathlib import Path

from thumbnet.ir.dump import dump as graph_text
from thumbnet.manifest import load_or_implicit
from thumbnet.passes import run_passes
from thumbnet.pipeline import float_operator, import_model


def dump(path: Path) -> None:
    """Print the graph before and after the passes."""
    manifest = load_or_implicit(path)
    manifest.require_model()
    imported = import_model(manifest)
    print(f"# as imported\n{graph_text(imported)}", end="")
    if float_operator(imported) is None:  # passes are for what can be built
        print(f"\n# after the passes\n{graph_text(run_passes(imported))}", end="")
