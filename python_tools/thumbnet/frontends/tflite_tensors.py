"""Tensors of a TFLite file as IR tensors: shapes, types, quantization and constants, checked."""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np
import numpy.typing as npt

from thumbnet.errors import ThumbnetError
from thumbnet.frontends.flatbuffer import Malformed
from thumbnet.frontends.tflite_schema import RawModel, RawTensor
from thumbnet.ir.graph import Array, DType, Quantization, Tensor

MAX_RANK = 6
MAX_ELEMENTS = 1 << 24
"""Of one tensor: sixty times the largest that a microcontroller holds."""
SCALE_RANGE = (1e-30, 1e30)
"""Scales outside are not meant; within it multipliers and activation bounds stay finite."""
MAX_TENSOR_NAME = 200
MAX_OPERATOR_NAME = 64

_DTYPES = {dtype.name: dtype for dtype in DType}
_OUTPUT_NUMBER = re.compile(r":[0-9]+\Z")
_FOREIGN = re.compile(r"[^A-Za-z0-9_./:;+-]+")


def printable(raw: str) -> str:
    """A name of the file without characters that are foreign to messages and C comments."""
    return _FOREIGN.sub("_", raw)[:MAX_TENSOR_NAME]


def short_name(raw: str) -> str:
    """A tensor's name as the name of its operator: the end of its first path.

    A converter joins the names of what it fused with ";" and each is a path of scopes.
    """
    name = printable(raw)
    name = _OUTPUT_NUMBER.sub("", name.split(";")[0] or name)
    while len(name) > MAX_OPERATOR_NAME and "/" in name:
        name = name.split("/", 1)[1]
    return name[-MAX_OPERATOR_NAME:]


class Names:
    """Hands every name out once."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """``name``, with a number behind it if it is taken."""
        found = name
        while found in self.counts:
            self.counts[name] += 1
            found = f"{name}_{self.counts[name]}"
        self.counts[found] = 1
        return found


class Tensors:
    """The tensors of a model, decoded when first asked for."""

    def __init__(self, model: RawModel, file: str) -> None:
        self.model = model
        self.file = file
        self.names = Names()
        self.found: dict[int, Tensor] = {}
        self._named: dict[int, str] = {}
        self.unsigned: set[str] = set()
        """Tensors that are int8 here and uint8 in the file."""

    def get(self, index: int) -> Tensor:
        """Tensor ``index``.

        Raises:
            Malformed: its parts contradict one another.
            ThumbnetError: it is of a sort that the compiler does not know.
        """
        if index not in self.found:
            raw = self.model.tensor(index)
            if index not in self._named:
                # Once, so that a tensor that is at fault is the same in all messages.
                self._named[index] = self.names.unique(printable(raw.name) or f"tensor_{index}")
            self.found[index] = self._build(raw, self._named[index])
        return self.found[index]

    def variable(self, index: int) -> Tensor | None:
        """Tensor ``index`` if it keeps its value from one inference to the next, else None."""
        raw = self.model.tensor(index)
        if not raw.variable or raw.unusual:
            return None
        if index not in self.found:
            name = self.names.unique(printable(raw.name) or f"tensor_{index}")
            plain = dataclasses.replace(raw, variable=False, buffer=0)
            self.found[index] = self._build(plain, name)
        return self.found[index]

    def replace(self, index: int, tensor: Tensor) -> None:
        """Tensor ``index`` is ``tensor``, of the same name, from now on."""
        self.found[index] = tensor

    def type_name(self, index: int) -> str:
        """The type of tensor ``index`` as the schema calls it."""
        return self.model.tensor(index).type_name

    def _build(self, raw: RawTensor, name: str) -> Tensor:
        place = f'{self.file}: tensor "{name}"'
        if raw.unusual or raw.variable:
            what = raw.unusual or "a variable"
            raise ThumbnetError(
                place, f"is {what}", "export dense weights and a network without state"
            )
        # Of int4 there are only constants: unpacked here, they are int8 for good.
        packed = raw.type_name == "INT4" and raw.buffer != 0
        dtype = DType.INT8 if packed else _DTYPES.get(raw.type_name)
        if dtype is None:
            raise ThumbnetError(
                place,
                f"has type {raw.type_name}; thumbnet knows {', '.join(_DTYPES)}",
                "quantize the model to int8",
            )
        shape = _shape(raw, place)
        data = self._data(raw, dtype, shape, place)
        if packed and data is None:
            raise ThumbnetError(
                place, "has type INT4 and is no constant", "quantize activations to int8"
            )
        quantization = _quantization(raw, dtype, shape, place, constant=data is not None)
        tensor = Tensor(name, shape, dtype, quantization, data)
        if dtype is DType.UINT8 and quantization is not None:
            self.unsigned.add(name)
            return as_signed(tensor)
        return tensor

    def _data(
        self, raw: RawTensor, dtype: DType, shape: tuple[int, ...], place: str
    ) -> Array | None:
        if raw.buffer == 0:  # by convention the empty buffer
            return None
        content = self.model.buffer(raw.buffer)
        if content.size == 0:
            return None
        self.model.reader.spend(content.size)  # tensors may share a buffer, but not endlessly
        count = math.prod(shape)
        packed = raw.type_name == "INT4"
        if content.size != ((count + 1) // 2 if packed else count * dtype.size):
            raise Malformed(
                f"{_local(place)} of {count} {raw.type_name} has {content.size} bytes of data"
            )
        if packed:
            return _unpacked(content, count).reshape(shape)
        stored = content.view(dtype.numpy.newbyteorder("<"))
        return stored.astype(dtype.numpy, copy=False).reshape(shape)


def _unpacked(content: npt.NDArray[np.uint8], count: int) -> Array:
    """Two's complement of four bits, the lower half of a byte first, as int8."""
    low = (content << 4).view(np.int8) >> 4
    high = content.view(np.int8) >> 4
    return np.stack([low, high], axis=1).reshape(-1)[:count]


def as_signed(tensor: Tensor) -> Tensor:
    """A quantized uint8 tensor as int8: values and zero points less 128 mean the same."""
    quantization = tensor.quantization
    if tensor.dtype is not DType.UINT8 or quantization is None:
        raise ValueError(f"tensor {tensor.name!r} is not quantized to uint8")
    points = tuple(point - 128 for point in quantization.zero_point)
    data = (
        None if tensor.data is None else (tensor.data.view(np.uint8) ^ np.uint8(128)).view(np.int8)
    )
    signed = Quantization(quantization.scale, points, quantization.axis)
    return Tensor(tensor.name, tensor.shape, DType.INT8, signed, data)


def as_unsigned(tensor: Tensor) -> Tensor:
    """The uint8 variable whose int8 form is ``tensor``."""
    quantization = tensor.quantization
    if tensor.dtype is not DType.INT8 or quantization is None or tensor.data is not None:
        raise ValueError(f"tensor {tensor.name!r} is no variable quantized to int8")
    points = tuple(point + 128 for point in quantization.zero_point)
    unsigned = Quantization(quantization.scale, points, quantization.axis)
    return Tensor(tensor.name, tensor.shape, DType.UINT8, unsigned)


def _local(place: str) -> str:
    """The place without the file, for a message that names the file itself."""
    return place.split(": ", 1)[1]


def _shape(raw: RawTensor, place: str) -> tuple[int, ...]:
    shape = list(raw.shape)
    signature = raw.shape_signature
    if signature and len(signature) != len(shape):
        raise Malformed(f"{_local(place)} has shape {shape} and signature {list(signature)}")
    if any(size < 0 for size in signature[1:]):
        raise ThumbnetError(
            place,
            f"has the dynamic shape {list(signature)}; thumbnet supports fixed shapes"
            " (a dynamic batch is made 1)",
            "export with a fixed input shape",
        )
    if signature and signature[0] < 0:
        shape[0] = 1
    if len(shape) > MAX_RANK:
        raise ThumbnetError(
            place, f"has {len(shape)} dimensions; the limit is {MAX_RANK}", "reshape it"
        )
    if any(size < 1 for size in shape):
        raise ThumbnetError(
            place, f"has shape {shape}; sizes start at 1", "export with a fixed input shape"
        )
    if math.prod(shape) > MAX_ELEMENTS:
        raise ThumbnetError(
            place,
            f"has shape {shape}, {math.prod(shape)} elements; the limit is {MAX_ELEMENTS}",
            "use a smaller network",
        )
    return tuple(shape)


def _quantization(
    raw: RawTensor, dtype: DType, shape: tuple[int, ...], place: str, *, constant: bool
) -> Quantization | None:
    scale = raw.scale
    if not scale or dtype in (DType.FLOAT32, DType.BOOL, DType.INT64):
        return None
    zero_point = raw.zero_point or (0,) * len(scale)
    if len(zero_point) == 1:
        zero_point = zero_point * len(scale)
    if len(zero_point) != len(scale):
        raise Malformed(f"{_local(place)} has {len(scale)} scales, {len(zero_point)} zero points")
    if dtype is DType.INT32 and constant:
        # A bias. Its scale is input scale * weight scale by definition and is never used, and
        # some files give it the quantized dimension of the weights, which it does not have.
        return None
    low, high = SCALE_RANGE
    for value in scale:
        # Of weights, a scale may be negative (a folded batch normalization) and even zero.
        valid = abs(value) <= high if constant else low <= value <= high
        if not valid:
            raise ThumbnetError(
                place,
                f"has scale {value:g}; scales lie in [{low:g}, {high:g}]",
                "quantize again; the calibration data may hold NaN or only zeros",
            )
    info = np.iinfo(dtype.value)
    if min(zero_point) < info.min or max(zero_point) > info.max:
        raise Malformed(f"{_local(place)} has a zero point outside {raw.type_name}")
    if len(scale) == 1:
        return Quantization(scale, zero_point)
    axis = raw.quantized_dimension
    if not 0 <= axis < len(shape) or shape[axis] != len(scale):
        raise Malformed(
            f"{_local(place)} of shape {list(shape)} has {len(scale)} scales along dimension {axis}"
        )
    return Quantization(scale, zero_point, axis)
