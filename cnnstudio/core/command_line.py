"""Wrong use of a command as one sentence, for every command of the program."""

from __future__ import annotations

import argparse
import re
from typing import Any, Final, NoReturn

from cnnstudio.core.errors import StudioError

WRONG_USE: Final = 2
"""Exit status of a command that cannot be understood."""

_WORDS: Final = (
    (r"the following arguments are required: (.+)", "Something is missing: {0}"),
    (r"argument (\S+): invalid choice: '?(.*?)'? \(choose from (.*)\)", "{0} cannot be {1!r}; there are {2}"),
    (r"argument (\S+): invalid \S+ value: '(.*)'", "{0} cannot be {1!r}"),
    (r"argument (\S+): expected (?:one|at least one) argument", "{0} needs a value behind it"),
    (r"unrecognized arguments: (.+)", "Not understood: {0}"),
)
"""What argparse says, and what a person would."""


class WrongUse(StudioError):
    """The command cannot be understood; nothing was done."""


class Parser(argparse.ArgumentParser):
    """An `argparse` parser whose errors are sentences."""

    def __init__(self, **named: Any) -> None:
        """Makes a parser that takes options only under their full names, so that new ones break no script."""
        super().__init__(allow_abbrev=False, **named)

    def add_argument(self, *names: Any, **named: Any) -> argparse.Action:
        """As argparse's, but the help is plain text: to argparse it is a format string, where "85 %" is a mistake."""
        named["help"] = str(named.get("help", "")).replace("%", "%%")
        return super().add_argument(*names, **named)

    def error(self, message: str) -> NoReturn:
        """Raises what argparse would print.

        Raises:
            WrongUse: Always.
        """
        raise WrongUse(f"{in_words(message)}.", remedy=f"See {self.prog} --help.")


def in_words(message: str) -> str:
    """One of argparse's messages as the beginning of a sentence, without its full stop."""
    for pattern, words in _WORDS:
        found = re.fullmatch(pattern, message)
        if found is not None:
            return words.format(*(group.replace("'", "") for group in found.groups()))
    return f"{message[:1].upper()}{message[1:].rstrip('.')}"
