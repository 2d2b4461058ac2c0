"""All operator families, by kind, and the check of a graph against their limits."""

from __future__ import annotations

from functools import cache

from thumbnet.errors import ThumbnetError, ThumbnetErrors
from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.base import Constraint, Family
from thumbnet.operators.batch_matmul import BatchMatMul
from thumbnet.operators.binary import (
    Binary,
    Comparison,
    Div,
    FloorDiv,
    Logical,
    Prelu,
    SquaredDifference,
)
from thumbnet.operators.cast import Cast
from thumbnet.operators.concatenation import Concatenation
from thumbnet.operators.conv_2d import Conv2d
from thumbnet.operators.conv_2d_int16 import Conv2dInt16
from thumbnet.operators.depth import DepthToSpace, SpaceToDepth
from thumbnet.operators.depthwise_conv_2d import DepthwiseConv2d
from thumbnet.operators.depthwise_conv_2d_int16 import DepthwiseConv2dInt16
from thumbnet.operators.elementwise import Elementwise
from thumbnet.operators.elementwise_int16 import ElementwiseInt16
from thumbnet.operators.functions_int16 import LeakyReluInt16, SigmoidInt16
from thumbnet.operators.inverted_bottleneck import InvertedBottleneck
from thumbnet.operators.lookup import (
    ByteFunction,
    HardSwish,
    LogicalNot,
    Lookup,
    ReciprocalRoot,
)
from thumbnet.operators.lstm import Lstm
from thumbnet.operators.normalize import L2Normalization, LogSoftmax
from thumbnet.operators.pad import Pad
from thumbnet.operators.pick import Pick
from thumbnet.operators.pool import Pool
from thumbnet.operators.pool_int16 import MeanInt16, PoolInt16
from thumbnet.operators.quantize import Quantize
from thumbnet.operators.reduce import Mean
from thumbnet.operators.reductions import AnyOrAll, ArgExtreme, Extreme, Sum
from thumbnet.operators.requantize import ReluInt16, Requantize
from thumbnet.operators.reshape import Reshape
from thumbnet.operators.resize import ResizeNearestNeighbor
from thumbnet.operators.resize_bilinear import ResizeBilinear
from thumbnet.operators.select import Select
from thumbnet.operators.softmax import Softmax
from thumbnet.operators.softmax_int16 import SoftmaxInt16
from thumbnet.operators.softmax_to_int16 import SoftmaxToInt16
from thumbnet.operators.svdf import Svdf
from thumbnet.operators.transpose import Transpose
from thumbnet.operators.transpose_conv import TransposeConv, TransposeConvInt16


@cache
def families() -> dict[str, Family]:
    """Operator kind -> family."""
    listed: list[Family] = [
        Conv2d(),
        DepthwiseConv2d(),
        Elementwise(),
        Binary(),
        Logical(),
        Comparison(),
        SquaredDifference(),
        Prelu(),
        Div(),
        FloorDiv(),
        Select(),
        BatchMatMul(),
        L2Normalization(),
        LogSoftmax(),
        Sum(),
        Extreme(),
        AnyOrAll(),
        ArgExtreme(),
        Pad(),
        Pick(),
        SpaceToDepth(),
        DepthToSpace(),
        Pool(),
        Mean(),
        Reshape(),
        Transpose(),
        Concatenation(),
        ResizeNearestNeighbor(),
        ResizeBilinear(),
        Softmax(),
        Lookup(),
        HardSwish(),
        ByteFunction(),
        ReciprocalRoot(),
        LogicalNot(),
        Cast(),
        Quantize(),
        InvertedBottleneck(),
        Svdf(),
        Lstm(),
        Requantize(),
        SoftmaxToInt16(),
        TransposeConv(),
        Conv2dInt16(),
        DepthwiseConv2dInt16(),
        TransposeConvInt16(),
        ElementwiseInt16(),
        ReluInt16(),
        LeakyReluInt16(),
        SigmoidInt16(),
        SoftmaxInt16(),
        PoolInt16(),
        MeanInt16(),
    ]
    return {kind: family for family in listed for kind in family.kinds}


def family(operator: Operator) -> Family:
    """The family of an operator of a checked graph."""
    return families()[operator.kind]


def check_supported(graph: Graph, file: str) -> None:
    """Reports every operator of ``graph`` that lies outside its family's limits, all at once.

    Raises:
        ThumbnetErrors: one error an operator; ``file`` is the model file's name.
    """
    errors = []
    for operator in graph.operators:
        place = f'{file}: node "{operator.name}" ({operator.kind.upper()})'
        found = families().get(operator.kind)
        if found is None:
            errors.append(ThumbnetError(place, "operator is not supported", "see SUPPORTED_OPS.md"))
            continue
        for constraint in found.constraints:
            problem = constraint(graph, operator)
            if problem is not None:
                limit = constraint_text(constraint)
                errors.append(
                    ThumbnetError(
                        place,
                        f"{problem}; {operator.kind} supports {limit}",
                        f"export within this limit, see SUPPORTED_OPS.md#{operator.kind}",
                    )
                )
    if errors:
        raise ThumbnetErrors(errors)


def is_supported(graph: Graph, operator: Operator) -> bool:
    """Whether an operator lies within its family's limits."""
    found = families().get(operator.kind)
    return found is not None and all(limit(graph, operator) is None for limit in found.constraints)


def constraint_text(constraint: Constraint) -> str:
    """The limit in the user's words: the first line of the constraint's docstring."""
    return (constraint.__doc__ or "").strip().splitlines()[0].rstrip(".")
