"""Arguments that begin with a dash and are texts all the same.

``cinesent predict "- great"`` is a review, not an option. An argument that begins with a dash is
taken for a text if it holds a space and its first word is not the name of an option.
"""

from __future__ import annotations

from collections.abc import Sequence

import typer
from typer.core import TyperCommand

from cinesent.cli.failures import UsageError

# No argument of a process can hold this character, so it marks texts without doubt.
_MARK = "\0"


class TextCommand(TyperCommand):
    """A command whose arguments are texts, which may begin with a dash."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Parse the arguments, those that are texts marked so that the parser leaves them alone."""
        try:
            return super().parse_args(ctx, self._marked(args))
        except UsageError as error:
            if "no such option" in str(error).lower() and not getattr(error, "possibilities", None):
                error.message = (  # type: ignore[attr-defined]
                    f"{error}. A text that begins with a dash goes after --: "
                    f"{ctx.command_path} -- '- great'."
                )
            raise

    def _marked(self, args: Sequence[str]) -> list[str]:
        flags = {
            name: getattr(param, "is_flag", True) for param in self.params for name in param.opts
        }
        marked: list[str] = []
        takes_value = False
        for place, argument in enumerate(args):
            if argument == "--":
                return [*marked, *args[place:]]
            is_text = not takes_value and _is_text(argument, flags)
            marked.append(_MARK + argument if is_text else argument)
            takes_value = not takes_value and not flags.get(argument, True)
        return marked


def without_marks(text: str) -> str:
    """Return an argument of a :class:`TextCommand` as it was typed."""
    return text.removeprefix(_MARK)


def _is_text(argument: str, options: dict[str, bool]) -> bool:
    if not argument.startswith("-") or not any(map(str.isspace, argument)):
        return False
    first = argument.split(maxsplit=1)[0].partition("=")[0]
    return first not in options
