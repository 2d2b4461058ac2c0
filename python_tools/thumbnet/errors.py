"""The one exception type that reaches a user: a message with place, value, limit and remedy."""

from __future__ import annotations


class ThumbnetError(Exception):
    """An input or usage error, reported without a traceback and with exit status 2.

    ``place`` says where (file, and node, key or line), ``problem`` what is wrong there with the
    offending value and the limit, ``remedy`` what the user can do about it.
    """

    def __init__(self, place: str, problem: str, remedy: str = "") -> None:
        self.place = place
        self.problem = problem
        self.remedy = remedy
        super().__init__(self.message())

    def message(self) -> str:
        """The message on one line: place, problem and remedy."""
        text = f"{self.place}: {self.problem.rstrip('.')}."
        return f"{text} Remedy: {self.remedy.rstrip('.')}." if self.remedy else text


class ThumbnetErrors(ThumbnetError):  # noqa: N818 - several errors are one exception
    """Several independent errors of one input, all reported at once."""

    def __init__(self, errors: list[ThumbnetError]) -> None:
        self.errors = list(errors)
        first = self.errors[0]
        super().__init__(first.place, first.problem, first.remedy)

    def message(self) -> str:
        """One line an error."""
        return "\n".join(error.message() for error in self.errors)
