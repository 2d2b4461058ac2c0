"""Reads one small YAML mapping as plain values that remember their lines.

Only scalars, lists and mappings with text keys come out: no objects (the safe loader), no duplicate
keys, no aliases (a few bytes of them can stand for gigabytes), no file beyond a size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from thumbnet.errors import ThumbnetError

MAX_SIZE = 64 * 1024
"""Bytes of the largest file that is read."""

_PLAIN_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")

Key = tuple[str | int, ...]
"""Where a value stands: keys and list indices from the root."""


@dataclass(frozen=True)
class Document:
    """A file's values; ``lines`` has the 1-based line of every key and list item."""

    file: str
    values: Mapping[str, object]
    lines: Mapping[Key, int]

    def place(self, key: Key = ()) -> str:
        """``file:line`` of a key, or of the nearest thing around it that is there."""
        while key and key not in self.lines:
            key = key[:-1]
        return f"{self.file}:{self.lines[key]}" if key else self.file


def read(path: Path) -> Document:
    """The mapping in the file ``path``.

    Raises:
        ThumbnetError: the file is missing, not a regular file, unreadable, too large, not UTF-8,
            not YAML, or holds anything else than such a mapping.
    """
    file = str(path)
    text = _text(path, file)
    builder = _Builder(file)
    try:
        node = builder.yaml.compose(text)
        if not isinstance(node, MappingNode):
            found = "nothing" if node is None else _kind(node)
            raise ThumbnetError(
                file, f"holds {found}; expected keys and values", "write at least: model: FILE"
            )
        values = builder.mapping(node, ())
    except MarkedYAMLError as error:
        raise _syntax_error(file, error) from error
    except YAMLError as error:
        raise ThumbnetError(file, f"is not YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise ThumbnetError(file, "is nested too deeply") from error
    return Document(file, values, builder.lines)


@dataclass
class _Builder:
    file: str
    yaml: YAML = field(default_factory=lambda: YAML(typ="safe", pure=True))
    lines: dict[Key, int] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def value(self, node: Node, key: Key) -> object:
        if id(node) in self.seen:
            raise self.error(node, "aliases (*name) are not supported here", "write the value out")
        self.seen.add(id(node))
        if not isinstance(node, ScalarNode) and str(node.tag) not in _PLAIN_TAGS:
            raise self.error(node, f"tag {node.tag} is not supported here", "leave it out")
        if isinstance(node, MappingNode):
            return self.mapping(node, key)
        if isinstance(node, SequenceNode):
            return [self.item(child, (*key, index)) for index, child in enumerate(node.value)]
        return self.scalar(node)

    def item(self, node: Node, key: Key) -> object:
        self.lines[key] = node.start_mark.line + 1
        return self.value(node, key)

    def mapping(self, node: MappingNode, key: Key) -> dict[str, object]:
        values: dict[str, object] = {}
        for name_node, value_node in node.value:
            name = self.scalar(name_node)
            if not isinstance(name, str):
                raise self.error(name_node, f"key {name!r} is not text", "quote it or correct it")
            path = (*key, name)
            if name in values:
                raise self.error(
                    name_node,
                    f'duplicate key "{name}" (first on line {self.lines[path]})',
                    "keep one of the two",
                )
            self.lines[path] = name_node.start_mark.line + 1
            values[name] = self.value(value_node, path)
        return values

    def scalar(self, node: Node) -> object:
        if not isinstance(node, ScalarNode):
            raise self.error(node, f"{_kind(node)} stands where a key is expected")
        try:
            value: object = self.yaml.constructor.construct_object(node)
        except ValueError as error:
            raise self.error(node, f"value {node.value[:60]!r} cannot be read: {error}") from error
        if value is None or isinstance(value, str | int | float | bool):
            return value
        found = {"date": "a date", "datetime": "a time"}.get(type(value).__name__, "bytes")
        raise self.error(node, f"{node.value[:60]!r} is read as {found}", "quote it")

    def error(self, node: Node, problem: str, remedy: str = "") -> ThumbnetError:
        return ThumbnetError(f"{self.file}:{node.start_mark.line + 1}", problem, remedy)


def _kind(node: Node) -> str:
    kinds = {MappingNode: "a mapping", SequenceNode: "a list", ScalarNode: "a single value"}
    return kinds.get(type(node), "something else")


def _text(path: Path, file: str) -> str:
    try:
        if path.is_dir():
            raise ThumbnetError(file, "is a directory", "name the manifest in it")
        if path.exists() and not path.is_file():
            raise ThumbnetError(file, "is not a regular file")
        with path.open("rb") as stream:
            content = stream.read(MAX_SIZE + 1)
    except FileNotFoundError as error:
        raise ThumbnetError(file, "does not exist", "check the path of the manifest") from error
    except (OSError, ValueError) as error:
        raise ThumbnetError(file, f"cannot be read: {_reason(error)}") from error
    if len(content) > MAX_SIZE:
        raise ThumbnetError(file, f"is larger than {MAX_SIZE} bytes: not a manifest")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ThumbnetError(
            f"{file}:{line}",
            f"is not UTF-8 text: byte 0x{content[error.start]:02x} at offset {error.start}",
            "save the manifest as UTF-8; if it is a model, name it in a manifest (model: FILE)",
        ) from error


def _syntax_error(file: str, error: MarkedYAMLError) -> ThumbnetError:
    mark = error.problem_mark or error.context_mark
    place = file if mark is None else f"{file}:{mark.line + 1}"
    return ThumbnetError(place, f"cannot be read as YAML: {error.problem or error.context}")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
