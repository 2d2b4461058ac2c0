"""Leaves the conversion of float inputs and outputs to the caller.

Not in the list of passes: the manifest's ``io: quantized`` asks for it, and it changes what the
model's borders are.
"""

from __future__ import annotations

from thumbnet.ir.graph import DType, Graph


def quantize_io(graph: Graph) -> Graph:
    """``graph`` without QUANTIZE of float inputs and DEQUANTIZE to float outputs at its borders."""
    inputs, outputs = list(graph.inputs), list(graph.outputs)
    operators = list(graph.operators)
    for operator in graph.operators:
        source, result = operator.inputs[0], operator.outputs[0]
        if operator.kind == "quantize" and source in inputs:
            alone = len(graph.consumers(source)) == 1 and source not in outputs
            if graph.tensor(source).dtype is DType.FLOAT32 and alone:
                inputs[inputs.index(source)] = result
                operators.remove(operator)
        elif operator.kind == "dequantize" and result in outputs:
            alone = not graph.consumers(result) and source not in outputs
            if alone and source not in graph.inputs:
                outputs[outputs.index(result)] = source
                operators.remove(operator)
    return graph.replace(operators=operators, inputs=tuple(inputs), outputs=tuple(outputs))
