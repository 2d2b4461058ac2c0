"""C identifiers made from, and checked against, what a user wrote.

Generated names must serve C and C++, must not be taken by the standard library, and a model called
``time`` must not put a ``time.h`` in front of the system's.
"""

from __future__ import annotations

import re
import unicodedata

MAX_LENGTH = 48
"""Longest name of a model or a tensor: leaves room for suffixes within C99's 63 characters."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KEYWORDS = _words(
    """
    auto break case char const continue default do double else enum extern float for goto if inline
    int long register restrict return short signed sizeof static struct switch typedef union
    unsigned void volatile while
    alignas alignof and and_eq asm bitand bitor bool catch char8_t char16_t char32_t class co_await
    co_return co_yield compl concept const_cast consteval constexpr constinit decltype delete
    dynamic_cast explicit export false friend mutable
    namespace new noexcept not not_eq nullptr operator or or_eq private protected public
    reinterpret_cast requires static_assert static_cast template this thread_local throw true try
    typeid typename typeof using virtual wchar_t xor xor_eq
    """
)
"""Keywords of C99, C11, C23 and C++20."""

_STANDARD_HEADERS = _words(
    """
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
    stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings tgmath threads
    time uchar wchar wctype unistd fcntl malloc memory new random thread thumbnet main
    """
)

_STANDARD_TYPES = _words(
    """
    size ssize ptrdiff off int8 int16 int32 int64 uint8 uint16 uint32 uint64 intptr uintptr intmax
    uintmax int_fast8 int_fast16 int_fast32 int_fast64 uint_fast8 uint_fast16 uint_fast32
    uint_fast64 int_least8 int_least16 int_least32 int_least64 uint_least8 uint_least16
    uint_least32 uint_least64 max_align float double div ldiv lldiv clock time wint mbstate
    """
)

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def fault(name: str) -> str | None:
    """What keeps ``name`` from being an identifier in C and C++; None where nothing does."""
    if not _IDENTIFIER.match(name):
        return "is not a C identifier (a letter, then letters, digits and underscores)"
    if "__" in name:
        return "holds two underscores in a row, which C++ reserves"
    if name in KEYWORDS:
        return "is a keyword of C or C++"
    if len(name) > MAX_LENGTH:
        return f"has {len(name)} characters; the limit is {MAX_LENGTH}"
    return None


def model_fault(name: str) -> str | None:
    """As :func:`fault`, and what keeps ``name``.h, ``name``_t and ``name``_run from being ours."""
    lower = name.lower()
    if lower in _STANDARD_HEADERS or lower in _STANDARD_TYPES or lower.startswith("thumbnet_"):
        return f"is taken: {name}.h or {name}_t belongs to C, to a firmware or to thumbnet"
    return fault(name)


def model_name(stem: str) -> str:
    """The nearest valid model name to a file's stem; never fails."""
    words = _ascii_words(stem) or "model"
    candidates = (words, f"{words[: MAX_LENGTH - 6]}_model", f"model_{words}")
    names = (candidate[:MAX_LENGTH].rstrip("_").replace("__", "_") for candidate in candidates)
    return next(name for name in names if model_fault(name) is None)


def constant_name(text: str) -> str:
    """``text`` as the tail of a macro or enumerator, such as NO_PERSON; "" if none is left."""
    return _ascii_words(text).upper()


def _ascii_words(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_")
