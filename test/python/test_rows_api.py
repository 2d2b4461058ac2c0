"""``input: rows``: begin, push_row and finish, in the right order and in every wrong one."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support import inputs
from support.compiled import compile_file
from support.litert import run as run_litert
from support.small_networks import Net
from support.tflite_model import Value
from thumbnet.emulator.measure import SANITIZERS, WARNINGS
from thumbnet.emulator.toolchain import Toolchain
from thumbnet.errors import ThumbnetError
from thumbnet.manifest import load
from thumbnet.pipeline import compile_model
from thumbnet.target import resolve_target

DRIVER = Path(__file__).parent / "support" / "rows_api.c"
SCENARIOS = re.findall(r'\{"(\w+)", \w+\}', DRIVER.read_text())
ROWS = {"input": "rows", "objective": "ram"}


def left(net: Net) -> list[Value]:
    """Kernels, strides and a residual, then whole tensors: several stages."""
    x = net.image(1, 21, 17, 3)
    y = net.conv(x, 4, 3, stride=2)
    z = net.sum(net.conv(net.depthwise(y), 4, 1), y)
    z = net.depthwise(net.conv(z, 12, 1), stride=2)
    return [net.dense(net.conv(net.conv(z, 3, 1), 3, 3))]


def right(net: Net) -> list[Value]:
    """Fewer rows than columns, an even kernel, and a mean."""
    x = net.image(1, 9, 30, 1)
    y = net.conv(x, 5, 4, padding="valid")
    return [net.dense(net.mean(net.conv(y, 6, 1), (1, 2), keep_dims=True))]


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[str]]:
    """The driver with both models, as a function from a scenario to the words of a command."""
    folder = tmp_path_factory.mktemp("rows")
    toolchain = Toolchain(resolve_target("host"), "rows_api", "-O0", SANITIZERS)
    objects, words = [], []
    for build in (left, right):
        name, net = build.__name__, Net()
        model = folder / f"{name}.tflite"
        model.write_bytes(net.finish(build(net)))
        compiled = compile_file(model, schedule=ROWS)
        assert compiled.plan.pushed
        for file, text in compiled.files.items():
            (folder / file).write_text(text)
        source, made = folder / f"{name}.c", folder / f"{name}.o"
        objects.append(toolchain.compile(source, made, "-std=c99", *WARNINGS))
        shape = compiled.graph.tensor(compiled.graph.inputs[0]).shape
        image = inputs.smooth(shape, "int8", 5)
        (expected,) = run_litert(model.read_bytes(), [image])
        assert len(np.unique(expected)) > 1
        for suffix, values in (("in", image), ("out", expected)):
            (folder / f"{name}.{suffix}").write_bytes(values.tobytes())
            words.append(str(folder / f"{name}.{suffix}"))
    flags = ("-std=c99", f"-I{folder}", *WARNINGS)
    objects.append(toolchain.compile(DRIVER, folder / "driver.o", *flags))
    program = toolchain.link_program(objects, folder / "program", 0)
    return lambda scenario: [str(program), scenario, *words]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_rows(command: Callable[[str], list[str]], scenario: str) -> None:
    done = subprocess.run(
        command(scenario), capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stdout + done.stderr[-3000:]


def test_the_driver_has_scenarios() -> None:
    """Guards the test above against a list that is not read."""
    assert len(SCENARIOS) == len(
        re.findall(r"^static void (?!read|init|push_l|fin\w+_[lr])", DRIVER.read_text(), re.M)
    )


# -- networks that cannot take rows ---------------------------------------------------------------


def refusal(folder: Path, build: Callable[[Net], list[Value]]) -> str:
    """The error's one line for a network with ``input: rows``."""
    net = Net()
    (folder / "net.tflite").write_bytes(net.finish(build(net)))
    (folder / "thumbnet.yaml").write_text("model: net.tflite\nschedule:\n  input: rows\n")
    with pytest.raises(ThumbnetError) as caught:
        compile_model(load(folder / "thumbnet.yaml"), resolve_target("generic"))
    message = caught.value.message()
    assert "\n" not in message
    return message.replace(str(folder), "")


def named(net: Net, value: Value, name: str) -> Value:
    """Gives a tensor, and so the operator that makes it, a name."""
    net.graph.tensors[value.index].name = name
    return value


def test_two_inputs_are_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, lambda net: [net.sum(net.image(), net.image())])
    assert message == (
        "/thumbnet.yaml:3: schedule.input: rows needs a model of one input; this one has 2. "
        "Remedy: use input: arena or input: buffer."
    )


def test_an_operator_that_needs_the_whole_input_is_named(tmp_path: Path) -> None:
    def build(net: Net) -> list[Value]:
        x = net.image(1, 6, 5, 2)
        return [net.conv(x), named(net, net.dense(x), "scores")]

    message = refusal(tmp_path, build)
    assert message == (
        '/thumbnet.yaml:3: schedule.input: rows: node "scores" (FULLY_CONNECTED) needs all of the '
        "input at once. Remedy: use input: arena or input: buffer."
    )


def test_an_operator_between_two_uses_of_the_input_is_named(tmp_path: Path) -> None:
    def build(net: Net) -> list[Value]:
        x = net.image(1, 6, 5, 2)
        scores = named(net, net.dense(named(net, net.conv(x), "made")), "scores")
        again = net.reshape(scores, (1, 1, 1, 4))
        return [net.sum(named(net, net.conv(x, 4), "late"), again)]

    message = refusal(tmp_path, build)
    assert 'node "scores" (FULLY_CONNECTED) needs all of "made" at once' in message
    assert 'at once, and node "late" (CONV_2D) still reads the input after it' in message


def test_rows_that_keep_no_fixed_distance_are_refused(tmp_path: Path) -> None:
    """13 rows from 7: how far the resized rows lag behind the input's depends on the row."""

    def build(net: Net) -> list[Value]:
        x = net.image(1, 13, 6, 2)
        small = net.conv(x, 2, 3, stride=2)
        return [named(net, net.sum(net.resize_nearest_neighbor(small, (13, 6)), x), "late")]

    assert 'node "late" (ADD) needs all of the input at once' in refusal(tmp_path, build)


def test_an_input_that_is_an_output_is_refused(tmp_path: Path) -> None:
    def build(net: Net) -> list[Value]:
        x = net.image()
        return [net.conv(x), x]

    assert 'rows: the input "t0" is an output, too' in refusal(tmp_path, build)


def test_too_little_ram_does_not_offer_rows_that_are_refused(tmp_path: Path) -> None:
    """The remedy of a model that does not fit is one that works."""
    net = Net()
    (tmp_path / "net.tflite").write_bytes(net.finish([net.sum(net.image(), net.image())]))
    with pytest.raises(ThumbnetError) as caught:
        compile_file(tmp_path / "net.tflite", schedule={"ram": 16})
    assert "rows" not in caught.value.remedy
