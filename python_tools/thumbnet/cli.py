"""The command line: words to calls, errors to one message and an exit status.

Exit status: 0; 1 where ``doctor`` misses something or ``measure`` finds outputs that are not
exact; 2 for an input or a usage error; 70 for a fault of thumbnet itself. Commands are imported
when they run, so that build systems, which ask often, do not wait for numpy.
"""
# ruff: noqa: PLC0415 (imports are where they are needed; see above)

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from thumbnet.errors import ThumbnetError

EXIT_USAGE = 2
EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Compiles trained neural networks into specialised C for microcontrollers.",
)

ManifestPath = Annotated[
    Path, typer.Argument(metavar="MANIFEST", help="thumbnet.yaml, or a bare .tflite or .onnx.")
]
ModelPath = Annotated[
    Path, typer.Argument(metavar="MODEL|MANIFEST", help="A .tflite, an .onnx, or a thumbnet.yaml.")
]
TargetName = Annotated[
    str, typer.Option("--target", metavar="T", help="A core (cortex-m4), a board, host or generic.")
]
Ram = Annotated[
    str | None, typer.Option(metavar="BYTES", help="RAM for the arena, such as 65536 or 64K.")
]
Flash = Annotated[
    str | None, typer.Option(metavar="BYTES", help="Flash for the weights, such as 512K or 1M.")
]
Optimize = Annotated[
    str | None,
    typer.Option(metavar="WHAT", help="speed, balanced or size, whatever the manifest says."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        from thumbnet import __version__

        print(f"thumbnet {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
def build(
    manifest: ManifestPath,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where NAME.c, .h and .json go.")],
    target: TargetName = "generic",
    ram: Ram = None,
    flash: Flash = None,
    optimize: Optimize = None,
) -> None:
    """Write a model's C sources: all of them or, after an error, none."""
    from thumbnet.commands.build import build as run

    run(manifest, target, out, ram, flash, optimize)


@app.command()
def measure(
    model: ModelPath,
    target: TargetName,
    inputs: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=".npz (one array an input) or .npy, samples first."),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Inferences: of the file's, or that many made-up ones."),
    ] = None,
    optimize: Optimize = None,
    as_json: AsJson = False,
    frontend: Annotated[
        bool, typer.Option("--frontend", help="Measure the manifest's front end, too.")
    ] = False,
) -> None:
    """Run a model on an emulated target: exactness, instructions, stack, sizes."""
    from thumbnet.commands.measure import measure as run

    if not run(model, target, inputs, count, optimize, as_json, frontend):
        raise typer.Exit(1)


@app.command()
def plan(
    model: ModelPath,
    target: TargetName = "generic",
    ram: Ram = None,
    flash: Flash = None,
    optimize: Optimize = None,
    as_json: AsJson = False,
    front: Annotated[
        bool, typer.Option("--front", help="Show the Pareto front of RAM and work, too.")
    ] = False,
    lock: Annotated[
        bool, typer.Option("--lock", help="Write the plan to a lock file beside the manifest.")
    ] = False,
) -> None:
    """Show the stages with their line buffers and live bytes, the peak, and the memory map."""
    from thumbnet.commands.plan import plan as run

    run(model, target, ram, flash, optimize, as_json, front, lock)


@app.command()
def quantize(
    manifest: ManifestPath,
    target: TargetName = "generic",
    count: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Validation samples to run.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Quantize a float32 model as MANIFEST says: accuracy, noise by layer, predicted cost."""
    from thumbnet.commands.quantize import quantize as run

    run(manifest, target, count, as_json)


@app.command()
def inputs(manifest: ManifestPath) -> None:
    """Print as JSON what a build of MANIFEST reads and writes (for build systems)."""
    from thumbnet.commands.inputs import inputs as run

    run(manifest)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Show which compilers, emulators and packages are there, and how to get the others."""
    from thumbnet.commands.doctor import doctor as run

    if not run(as_json):
        raise typer.Exit(1)


@app.command()
def dump(model: ModelPath) -> None:
    """Print a model's graph before and after the passes."""
    from thumbnet.commands.dump import dump as run

    run(model)


def run_command(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (default: the process's); return its exit status."""
    try:
        command = typer.main.get_command(app)
        status = command.main(
            None if arguments is None else list(arguments), "thumbnet", standalone_mode=False
        )
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (head, a pager) has gone; what is left to flush at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_INTERRUPTED
    except Exception as error:
        message = _message(error)
        return _internal(error) if message is None else _fail(message)
    return status if isinstance(status, int) else 0


def main() -> None:
    """Run the process's command line and exit."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the terminal cannot show must not end the command.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(run_command())


def _message(error: Exception) -> str | None:
    """What a user did wrong; None where thumbnet did."""
    if isinstance(error, ThumbnetError):
        return error.message()
    if isinstance(error, ModuleNotFoundError):
        missing = (error.name or "thumbnet").partition(".")[0]
        remedy = "Remedy: see thumbnet doctor."
        return None if missing == "thumbnet" else f"Python package {missing} is missing. {remedy}"
    # Typer's usage errors have no public base class that all its versions share.
    format_message = getattr(error, "format_message", None)
    return (
        None if format_message is None else f"{format_message().rstrip('.')}. See thumbnet --help."
    )


def _fail(message: str) -> int:
    # Several errors are several lines of one message.
    print("thumbnet: error: " + message.replace("\n", "\n  "), file=sys.stderr)
    return EXIT_USAGE


def _internal(error: Exception) -> int:
    if os.environ.get("THUMBNET_DEBUG") == "1":
        traceback.print_exc()
    kind = type(error).__name__
    print(
        f"thumbnet: internal error: {kind}: {error}\nThis is a fault of thumbnet. Please report "
        "it to its maintainers with the model and with what THUMBNET_DEBUG=1 adds.",
        file=sys.stderr,
    )
    return EXIT_INTERNAL
