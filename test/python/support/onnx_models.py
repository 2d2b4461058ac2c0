"""Builds small ONNX models in memory, and runs them in onnxruntime and in the interpreter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from thumbnet.frontends.onnx import Imported, parse_onnx
from thumbnet.ir.graph import Array
from thumbnet.ir.verify import verify
from thumbnet.reference.interpreter import run

Floats = npt.NDArray[np.float32]


class OnnxModel:
    """A model that grows node by node; methods return names of tensors."""

    def __init__(self, opset: int = 17, dtype: npt.DTypeLike = np.int8) -> None:
        self.opset = opset
        self.dtype = dtype
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.count = 0

    def name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}_{self.count}"

    def input(
        self, shape: Sequence[int | str], dtype: int = TensorProto.FLOAT, name: str = "x"
    ) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, dtype, shape))
        return name

    def constant(self, value: object, dtype: npt.DTypeLike | None = None) -> str:
        array = np.asarray(value, dtype)
        name = self.name("constant")
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def many(
        self, op: str, inputs: Sequence[str], count: int, domain: str = "", **attributes: object
    ) -> list[str]:
        outputs = [self.name(op.lower()) for _ in range(count)]
        made = helper.make_node(op, inputs, outputs, domain=domain, **attributes)
        made.name = f"node_{outputs[0]}"
        self.nodes.append(made)
        return outputs

    def node(self, op: str, *inputs: str, domain: str = "", **attributes: object) -> str:
        return self.many(op, inputs, 1, domain, **attributes)[0]

    def scale(self, scale: float, zero_point: int) -> list[str]:
        """A scale and a zero point, which is given as of int8, in the model's type of bytes."""
        offset = 128 if self.dtype == np.uint8 else 0
        return [self.constant(scale, np.float32), self.constant(zero_point + offset, self.dtype)]

    def quantized(self, x: str, scale: float, zero_point: int = 0) -> str:
        """``x`` through QuantizeLinear and DequantizeLinear."""
        numbers = self.scale(scale, zero_point)
        return self.node("DequantizeLinear", self.node("QuantizeLinear", x, *numbers), *numbers)

    def weights(
        self,
        codes: Array,
        scale: float | Sequence[float],
        axis: int = 0,
        zero_point: int = 0,
    ) -> str:
        """Constant bytes through DequantizeLinear."""
        scales = np.asarray(scale, np.float32)
        zeros = np.full(scales.shape, zero_point, codes.dtype)
        attributes = {"axis": axis} if scales.ndim else {}
        inputs = (self.constant(codes), self.constant(scales), self.constant(zeros))
        return self.node("DequantizeLinear", *inputs, **attributes)

    def proto(self, *outputs: str, dtype: int = TensorProto.FLOAT) -> onnx.ModelProto:
        borders = [helper.make_tensor_value_info(name, dtype, None) for name in outputs]
        graph = helper.make_graph(self.nodes, "net", self.inputs, borders, self.constants)
        imports = [helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=imports, ir_version=10)

    def bytes(self, *outputs: str, dtype: int = TensorProto.FLOAT) -> bytes:
        return bytes(self.proto(*outputs, dtype=dtype).SerializeToString())


def imported(data: bytes) -> Imported:
    """The model, its graph verified."""
    found = parse_onnx(data, "net.onnx")
    verify(found.graph)
    return found


def arranged(value: Array, order: Sequence[int | None]) -> Array:
    """A tensor of the file in the order of memory that the graph has it in."""
    shape = tuple(1 if d is None else value.shape[d] for d in order)
    return np.ascontiguousarray(value.transpose([d for d in order if d is not None])).reshape(shape)


def session(data: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    # Else it makes uint8 of int8 and then leaves operators with one of each in float32.
    options.add_session_config_entry("session.qdqisint8allowed", "1")
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def made_up(data: bytes, seed: int, spread: float = 4.0) -> list[Array]:
    """Random inputs of a model; floats in [-spread, spread], bytes of all values."""
    random = np.random.default_rng(seed)
    found: list[Array] = []
    for item in session(data).get_inputs():
        shape = [size if isinstance(size, int) else 1 for size in item.shape]
        if item.type == "tensor(float)":
            found.append(random.uniform(-spread, spread, shape).astype(np.float32))
        else:
            dtype = np.dtype(item.type[7:-1])
            info = np.iinfo(str(dtype))
            found.append(random.integers(info.min, info.max, shape, dtype, endpoint=True))
    return found


def both(data: bytes, seed: int = 0, spread: float = 4.0) -> tuple[list[Array], list[Array]]:
    """The outputs of the interpreter, and of onnxruntime in the same order of memory."""
    model = imported(data)
    inputs = made_up(data, seed, spread)
    runtime = session(data)
    named = {item.name: value for item, value in zip(runtime.get_inputs(), inputs, strict=True)}
    wanted = runtime.run(None, named)
    given = [arranged(value, order) for value, order in zip(inputs, model.inputs, strict=True)]
    ordered = [arranged(value, order) for value, order in zip(wanted, model.outputs, strict=True)]
    return run(model.graph, given), ordered


def worst(data: bytes, seed: int = 0, spread: float = 4.0) -> float:
    """The greatest difference of any output, in the output's own unit."""
    found, wanted = both(data, seed, spread)
    for a, b in zip(found, wanted, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
    return max(
        float(np.abs(a.astype(np.float64) - b.astype(np.float64)).max())
        for a, b in zip(found, wanted, strict=True)
    )


def kinds(data: bytes) -> list[str]:
    """The operators' kinds, without what converts at the borders."""
    borders = ("quantize", "dequantize")
    return [op.kind for op in imported(data).graph.operators if op.kind not in borders]
