"""Small models that have, together, every operator that the TFLite frontend reads."""

from __future__ import annotations

from support.every_byte_operator import every_byte_operator
from support.every_operator import every_operator


def every_model(*, runs_in_litert: bool = False) -> list[bytes]:
    """The models; see :func:`support.every_operator.every_operator`."""
    return [every_operator(runs_in_litert=runs_in_litert), every_byte_operator()]
