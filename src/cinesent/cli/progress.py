"""How training looks: a line per message."""

from __future__ import annotations

from cinesent.cli.console import say
from cinesent.progress import Reporter


class MessageReporter(Reporter):
    """Writes messages to stderr."""

    def message(self, text: str) -> None:
        """Write the line."""
        say(text)

    def warning(self, text: str) -> None:
        """Write the line."""
        say(f"warning: {text}")
