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
from thumbnet.target import resolve_target

pytestmark = pytest.mark.xdist_group("rows_api")

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
    toolchain = Toolchain(resolve_target("host"), "rows_api", "-O1", SANITIZERS)
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
    assert len(SCENARIOS) == len(re.findall(r"^static void (?!read|init|push_l|fin\w+_[lr])", DRIVER.read_text(), re.M))


# -- networks that cannot take rows ---------------------------------------------------------------


def refusal(folder: Path, build: Callable[[Net], list[Value]], **schedule: object) -> str:
    """The error's one line for a network with ``input: rows``."""
    net = Net()
    (folder / "net.tflite").write_bytes(net.finish(build(net)))
    (folder / "thumbnet.yaml").write_text("model: net.tflite\nschedule:\n  input: rows\n")
    from thumbnet.manifest import load
    from thumbnet.pipeline import compile_model

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
        return [net.conv(named(net, net.transpose(net.image(), (0, 2, 1, 3)), "turned"))]

    message = refusal(tmp_path, build)
    assert message.startswith("/thumbnet.yaml:3: ")
    assert 'node "turned" (TRANSPOSE) needs all of the input at once' in message


def test_an_operator_between_two_uses_of_the_input_is_named(tmp_path: Path) -> None:
    def build(net: Net) -> list[Value]:
        x = net.image(1, 6, 6, 2)
        turned = named(net, net.transpose(net.conv(x), (0, 2, 1, 3)), "turned")
        return [named(net, net.sum(turned, x), "late")]

    message = refusal(tmp_path, build)
    assert 'node "turned" (TRANSPOSE) needs all of ' in message
    assert 'node "late" (ADD) still reads the input after it' in message


def test_an_unused_input_is_refused(tmp_path: Path) -> None:
    def build(net: Net) -> list[Value]:
        x = net.image()
        return [x]

    assert "rows" in refusal(tmp_path, build)
