"""ATen's operators as ONNX's, so that a network comes out as it does by way of a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thumbnet.frontends.onnx_model import Attribute
from thumbnet.frontends.pytorch_calls import Call, Nodes, Ref, Translator


def convolution(nodes: Nodes, call: Call) -> None:
    """conv1d and conv2d."""
    x, weights = call.ref("input"), call.ref("weight")
    spatial = len(weights.shape) - 2
    dilations = call.integers("dilation", spatial)
    padding = call.arguments.get("padding")
    if isinstance(padding, str):
        reach = [d * (k - 1) for d, k in zip(dilations, weights.shape[2:], strict=True)]
        reach = [0] * spatial if padding == "valid" else reach
        before = [total // 2 for total in reach]
        after = [total - half for total, half in zip(reach, before, strict=True)]
    else:
        before = after = call.integers("padding", spatial)
    nodes.emit(
        "Conv",
        [x.name, weights.name, *_optional(call, "bias")],
        call.name,
        strides=tuple(call.integers("stride", spatial)),
        pads=(*before, *after),
        dilations=tuple(dilations),
        group=call.integer("groups", 1),
    )


def _optional(call: Call, name: str) -> list[str]:
    return [call.ref(name).name] if call.given(name) else []


def transposed(nodes: Nodes, call: Call) -> None:
    """conv_transpose1d and conv_transpose2d."""
    weights = call.ref("weight")
    spatial = len(weights.shape) - 2
    pads = call.integers("padding", spatial)
    nodes.emit(
        "ConvTranspose",
        [call.ref("input").name, weights.name, *_optional(call, "bias")],
        call.name,
        strides=tuple(call.integers("stride", spatial)),
        pads=(*pads, *pads),
        dilations=tuple(call.integers("dilation", spatial)),
        output_padding=tuple(call.integers("output_padding", spatial)),
        group=call.integer("groups", 1),
    )


def batch_norm(nodes: Nodes, call: Call) -> None:
    """Batch normalization by the running statistics."""
    x = call.ref("input")
    channels = x.shape[1]
    inputs = [x.name]
    for name, default in (("weight", 1.0), ("bias", 0.0)):
        given = call.given(name)
        constant = np.full(channels, default)
        inputs.append(call.ref(name).name if given else nodes.constant(call, name, constant))
    inputs += [call.ref("running_mean").name, call.ref("running_var").name]
    nodes.emit("BatchNormalization", inputs, f"{call.name}.0", epsilon=call.number("eps"))


def linear(nodes: Nodes, call: Call) -> None:
    """A dense layer over the last dimension."""
    x, weights = call.ref("input"), call.ref("weight")
    bias = _optional(call, "bias")
    if len(x.shape) == 2:
        nodes.emit("Gemm", [x.name, weights.name, *bias], call.name, transB=1)
        return
    turned = nodes.emit("Transpose", [weights.name], f"{call.name}/turned", perm=(1, 0))
    made = nodes.emit("MatMul", [x.name, turned], f"{call.name}/product" if bias else call.name)
    if bias:
        nodes.emit("Add", [made, *bias], call.name)


def matmul(nodes: Nodes, call: Call) -> None:
    """matmul, mm and bmm."""
    second = "mat2" if call.op in ("mm", "bmm") else "other"
    nodes.emit("MatMul", [call.ref().name, call.ref(second).name], call.name)


def addmm(nodes: Nodes, call: Call) -> None:
    """A product of two matrices and a sum."""
    if call.number("beta", 1) != 1 or call.number("alpha", 1) != 1:
        raise call.refuse("alpha or beta; 1 is supported", "fold it")
    names = [call.ref(name).name for name in ("mat1", "mat2", "self")]
    nodes.emit("Gemm", names, call.name)


def alone(op: str, **attributes: Attribute) -> Translator:
    """A function of one tensor and nothing else."""
    return lambda nodes, call: _emit_alone(nodes, call, op, attributes)


def _emit_alone(nodes: Nodes, call: Call, op: str, attributes: dict[str, Attribute]) -> None:
    name = "self" if "self" in call.arguments else "input"
    nodes.emit(op, [call.ref(name).name], call.name, **attributes)


def of_two(op: str) -> Translator:
    """A function of two tensors, or of one and a number."""

    def translate(nodes: Nodes, call: Call) -> None:
        if call.number("alpha", 1) != 1:
            raise call.refuse("alpha; 1 is supported", "multiply before")
        if call.given("rounding_mode"):
            raise call.refuse("a rounding mode; none is supported", "round behind")
        second = "exponent" if "exponent" in call.arguments else "other"
        names = [nodes.operand(call, name) for name in ("self", second)]
        nodes.emit(op, names[::-1] if call.op == "rsub" else names, call.name)

    return translate


def clamp(nodes: Nodes, call: Call) -> None:
    """clamp, hardtanh and relu6."""
    names = ("min", "max") if "min" in call.arguments else ("min_val", "max_val")
    low, high = (call.number(n) if call.given(n) else None for n in names)
    if call.op == "relu6":
        low, high = 0.0, 6.0
    bounds = [
        "" if bound is None else nodes.constant(call, role, bound)
        for role, bound in (("low", low), ("high", high))
    ]
    nodes.emit("Clip", [call.ref().name, *bounds], call.name)


def silu(nodes: Nodes, call: Call) -> None:
    """A product with the own sigmoid."""
    x = call.ref().name
    nodes.emit("Mul", [x, nodes.emit("Sigmoid", [x], f"{call.name}/sigmoid")], call.name)


def gelu(nodes: Nodes, call: Call) -> None:
    """GELU with the error function or with tanh."""
    how = str(call.arguments.get("approximate", "none"))
    nodes.emit("Gelu", [call.ref().name], call.name, approximate=how)


def elu(nodes: Nodes, call: Call) -> None:
    """ELU."""
    if call.number("scale", 1) != 1 or call.number("input_scale", 1) != 1:
        raise call.refuse("a scale; 1 is supported", "multiply behind")
    nodes.emit("Elu", [call.ref().name], call.name, alpha=call.number("alpha", 1))


def softplus(nodes: Nodes, call: Call) -> None:
    """Softplus; what PyTorch makes linear above its threshold is so within float32's last bits."""
    if call.number("beta", 1) != 1:
        raise call.refuse("beta; 1 is supported", "multiply before")
    nodes.emit("Softplus", [call.ref().name], call.name)


def leaky_relu(nodes: Nodes, call: Call) -> None:
    """Leaky ReLU."""
    slope = call.number("negative_slope", 0.01)
    nodes.emit("LeakyRelu", [call.ref().name], call.name, alpha=slope)


def prelu(nodes: Nodes, call: Call) -> None:
    """PReLU with a slope for all channels or for each, which are dimension 1."""
    x, weight = call.ref(), call.ref("weight")
    shape = [weight.shape[0], *[1] * (len(x.shape) - 2)] if len(x.shape) > 2 else [-1]
    target = nodes.constant(call, "shape", shape, "int64")
    slope = nodes.emit("Reshape", [weight.name, target], f"{call.name}/slope")
    nodes.emit("PRelu", [x.name, slope], call.name)


def concatenation(nodes: Nodes, call: Call) -> None:
    """Concatenation."""
    tensors = call.arguments.get("tensors")
    if not isinstance(tensors, list | tuple) or not all(isinstance(t, Ref) for t in tensors):
        raise call.refuse("its tensors are not a list")
    names = [t.name for t in tensors if isinstance(t, Ref)]
    nodes.emit("Concat", names, call.name, axis=call.integer("dim"))


def pool(op: str) -> Translator:
    """max_pool and avg_pool."""

    def translate(nodes: Nodes, call: Call) -> None:
        spatial = len(call.shape) - 2
        kernel = call.integers("kernel_size", spatial)
        strides = kernel if call.arguments.get("stride") in (None, [], ()) else None
        strides = call.integers("stride", spatial) if strides is None else strides
        pads = call.integers("padding", spatial)
        attributes: dict[str, Attribute] = {"ceil_mode": call.integer("ceil_mode")}
        if op == "AveragePool":
            if call.given("divisor_override"):
                raise call.refuse("divisor_override; none is supported", "multiply behind")
            attributes["count_include_pad"] = call.integer("count_include_pad", 1)
        else:
            attributes["dilations"] = tuple(call.integers("dilation", spatial))
        nodes.emit(
            op,
            [call.ref().name],
            call.name if len(call.shapes) == 1 else f"{call.name}.0",
            kernel_shape=tuple(kernel),
            strides=tuple(strides),
            pads=(*pads, *pads),
            **attributes,
        )

    return translate


def adaptive_pool(nodes: Nodes, call: Call) -> None:
    """adaptive_avg_pool to one pixel, or to a divisor of the size."""
    x = call.ref()
    before, after = x.shape[2:], call.shape[2:]
    if all(size == 1 for size in after):
        nodes.emit("GlobalAveragePool", [x.name], call.name)
        return
    if any(old % new for old, new in zip(before, after, strict=True)):
        raise call.refuse(
            f"of {list(before)} to {list(after)}; divisors are supported", "pool to a divisor"
        )
    kernel = tuple(old // new for old, new in zip(before, after, strict=True))
    nodes.emit("AveragePool", [x.name], call.name, kernel_shape=kernel, strides=kernel)


def reduction(op: str) -> Translator:
    """mean, sum, amax and amin over dimensions."""

    def translate(nodes: Nodes, call: Call) -> None:
        x = call.ref()
        dims = call.integers("dim") if call.arguments.get("dim") not in (None, [], ()) else None
        axes = list(range(len(x.shape))) if dims is None else dims
        keep: dict[str, Attribute] = {"keepdims": call.integer("keepdim")}
        if op == "ReduceSum":
            nodes.emit(op, [x.name, nodes.constant(call, "axes", axes, "int64")], call.name, **keep)
        else:
            nodes.emit(op, [x.name], call.name, axes=tuple(axes), **keep)

    return translate


def argmax(nodes: Nodes, call: Call) -> None:
    """The place of the greatest value along a dimension."""
    if not call.given("dim"):
        raise call.refuse("over all dimensions; one is supported", "flatten before")
    keep = call.integer("keepdim")
    nodes.emit("ArgMax", [call.ref().name], call.name, axis=call.integer("dim"), keepdims=keep)


def softmax(op: str) -> Translator:
    """Of softmax and log_softmax."""
    return lambda nodes, call: _softmax(nodes, call, op)


def _softmax(nodes: Nodes, call: Call, op: str) -> None:
    nodes.emit(op, [call.ref().name], call.name, axis=call.integer("dim"))


def reshape(nodes: Nodes, call: Call) -> None:
    """view, reshape, flatten, squeeze and unsqueeze: the result's shape is known."""
    target = nodes.constant(call, "shape", call.shape, "int64")
    nodes.emit("Reshape", [call.ref().name, target], call.name)


def permute(nodes: Nodes, call: Call) -> None:
    """permute, transpose and t."""
    rank = len(call.ref().shape)
    order = list(range(rank))
    if call.op == "permute":
        order = [dim % rank for dim in call.integers("dims")]
    elif rank > 1:
        a, b = (call.integer("dim0") % rank, call.integer("dim1") % rank)
        a, b = (0, 1) if call.op == "t" else (a, b)
        order[a], order[b] = order[b], order[a]
    nodes.emit("Transpose", [call.ref().name], call.name, perm=tuple(order))


def slice_(nodes: Nodes, call: Call) -> None:
    """A slice of one dimension."""
    x, dim = call.ref(), call.integer("dim")
    start = call.integer("start")
    end = min(call.integer("end", x.shape[dim]), x.shape[dim])
    bounds = {"starts": start, "ends": end, "axes": dim, "steps": call.integer("step", 1)}
    names = [nodes.constant(call, role, [value], "int64") for role, value in bounds.items()]
    nodes.emit("Slice", [x.name, *names], call.name)


def select(nodes: Nodes, call: Call) -> None:
    """One place of a dimension."""
    index = nodes.constant(call, "index", call.integer("index"), "int64")
    nodes.emit("Gather", [call.ref().name, index], call.name, axis=call.integer("dim"))


def split(nodes: Nodes, call: Call) -> None:
    """split, split_with_sizes and chunk."""
    dim = call.integer("dim")
    sizes = nodes.constant(call, "sizes", [shape[dim] for shape in call.shapes], "int64")
    outputs = [f"{call.name}.{number}" for number in range(len(call.shapes))]
    nodes.emit("Split", [call.ref().name, sizes], outputs, axis=dim)


def pad(nodes: Nodes, call: Call) -> None:
    """Padding by pad and constant_pad_nd, whose pads begin with the last dimension's."""
    x, given = call.ref(), call.integers("pad")
    modes = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    mode = modes.get(str(call.arguments.get("mode", "constant")))
    if mode is None or len(given) % 2:
        raise call.refuse(f"mode {call.arguments.get('mode')!r} or pads {given}")
    before, after = [0] * len(x.shape), [0] * len(x.shape)
    for number in range(len(given) // 2):
        before[-1 - number], after[-1 - number] = given[2 * number : 2 * number + 2]
    pads = nodes.constant(call, "pads", [*before, *after], "int64")
    value = nodes.constant(call, "value", call.number("value"))
    nodes.emit(
        "Pad", [x.name, pads, *([value] if mode == "constant" else [])], call.name, mode=mode
    )


def upsample(mode: str) -> Translator:
    """upsample_nearest2d and upsample_bilinear2d."""

    def translate(nodes: Nodes, call: Call) -> None:
        sizes = nodes.constant(call, "sizes", call.shape, "int64")
        how, names = "asymmetric", [call.ref("input").name, "", "", sizes]
        if mode == "linear":
            how = "align_corners" if call.arguments.get("align_corners") else "half_pixel"
        kept: dict[str, Attribute] = {"nearest_mode": "floor"} if mode == "nearest" else {}
        nodes.emit(
            "Resize", names, call.name, mode=mode, coordinate_transformation_mode=how, **kept
        )

    return translate


def pixel_shuffle(nodes: Nodes, call: Call) -> None:
    """pixel_shuffle and pixel_unshuffle."""
    grows = call.op == "pixel_shuffle"
    block = call.integer("upscale_factor" if grows else "downscale_factor")
    op = "DepthToSpace" if grows else "SpaceToDepth"
    nodes.emit(op, [call.ref().name], call.name, blocksize=block, mode="CRD")


def expand(nodes: Nodes, call: Call) -> None:
    """Repeats dimensions of one."""
    shape = nodes.constant(call, "shape", call.shape, "int64")
    nodes.emit("Expand", [call.ref().name, shape], call.name)


def same(nodes: Nodes, call: Call) -> None:
    """What changes nothing in inference."""
    if call.op == "dropout" and call.arguments.get("train"):
        raise call.refuse("its training mode is on", "call eval()")
    _emit_alone(nodes, call, "Identity", {})


def _named(names: Sequence[str], translator: Translator) -> dict[str, Translator]:
    return dict.fromkeys(names, translator)


TRANSLATORS: dict[str, Translator] = {
    **_named(("conv1d", "conv2d"), convolution),
    **_named(("conv_transpose1d", "conv_transpose2d"), transposed),
    "_native_batch_norm_legit_no_training": batch_norm,
    "linear": linear,
    **_named(("matmul", "mm", "bmm"), matmul),
    "addmm": addmm,
    "relu": alone("Relu"),
    "sigmoid": alone("Sigmoid"),
    "tanh": alone("Tanh"),
    "hardswish": alone("HardSwish"),
    "hardsigmoid": alone("HardSigmoid", alpha=1 / 6, beta=0.5),
    "selu": alone("Selu"),
    "mish": alone("Mish"),
    "exp": alone("Exp"),
    "log": alone("Log"),
    "sqrt": alone("Sqrt"),
    "abs": alone("Abs"),
    "neg": alone("Neg"),
    "erf": alone("Erf"),
    "floor": alone("Floor"),
    "ceil": alone("Ceil"),
    "round": alone("Round"),
    "reciprocal": alone("Reciprocal"),
    "silu": silu,
    "gelu": gelu,
    "elu": elu,
    "softplus": softplus,
    "leaky_relu": leaky_relu,
    "prelu": prelu,
    **_named(("clamp", "hardtanh", "relu6"), clamp),
    "add": of_two("Add"),
    **_named(("sub", "rsub"), of_two("Sub")),
    "mul": of_two("Mul"),
    "div": of_two("Div"),
    "maximum": of_two("Max"),
    "minimum": of_two("Min"),
    "pow": of_two("Pow"),
    "cat": concatenation,
    **_named(("max_pool1d", "max_pool2d", "max_pool2d_with_indices"), pool("MaxPool")),
    **_named(("avg_pool1d", "avg_pool2d"), pool("AveragePool")),
    **_named(("adaptive_avg_pool1d", "adaptive_avg_pool2d"), adaptive_pool),
    "mean": reduction("ReduceMean"),
    "sum": reduction("ReduceSum"),
    "amax": reduction("ReduceMax"),
    "amin": reduction("ReduceMin"),
    "argmax": argmax,
    **_named(("softmax", "_softmax"), softmax("Softmax")),
    **_named(("log_softmax", "_log_softmax"), softmax("LogSoftmax")),
    **_named(("view", "reshape", "_unsafe_view", "flatten", "squeeze", "unsqueeze"), reshape),
    **_named(("permute", "transpose", "t"), permute),
    "slice": slice_,
    "select": select,
    **_named(("split", "split_with_sizes", "chunk"), split),
    **_named(("pad", "constant_pad_nd"), pad),
    "upsample_nearest2d": upsample("nearest"),
    "upsample_bilinear2d": upsample("linear"),
    **_named(("pixel_shuffle", "pixel_unshuffle"), pixel_shuffle),
    "expand": expand,
    **_named(("clone", "contiguous", "dropout", "alias", "detach", "lift_fresh_copy"), same),
}
"""ATen's operator, whatever its overload -> the nodes that it becomes."""
