"""Golden cases of the row kernels that round as onnxruntime does."""

from __future__ import annotations

from dataclasses import replace

from case_models import KernelCase, Rng, random_case
from support import random_models as models
from support.tflite_writer import Writer

FULL = (1, 2, 3, 3)


def even_cases() -> list[KernelCase]:
    """add, mul and softmax; what outputs are to be is onnxruntime's."""

    def operands(kind: str, name: str, second: tuple[int, ...]) -> KernelCase:
        def build(rng: Rng) -> bytes:
            return models.binary(rng, kind, (FULL, second))

        return random_case(name, build, FULL, second, smooth=False)

    def softmax(rng: Rng) -> bytes:
        writer = Writer()
        x = writer.input((1, 1, 3, 5), scale=models.random_scale(rng, 0.02, 0.1), zero_point=3)
        return writer.finish([writer.softmax(x)])

    made = [
        operands("add", "add_even", FULL),
        operands("add", "add_even_channels", (1, 1, 1, 3)),
        operands("mul", "mul_even", FULL),
        operands("mul", "mul_even_pixels", (1, 2, 3, 1)),
        random_case("softmax_even", softmax, (1, 1, 3, 5), smooth=False),
    ]
    return [replace(case, even=True) for case in made]
