"""Draws docs/terminal.svg: real commands and their output on a terminal.

Run it with ``python -m benchmarks.terminal docs/terminal.svg``.
"""

from __future__ import annotations

import io
import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COMMANDS = (
    'cinesent predict "A quiet, funny and deeply moving film; the cast is superb." '
    '"Two hours I will never get back."',
    "cinesent predict --explain "
    '"Predictable plot, wooden acting: a dull waste of a wonderful cast."',
)
WIDTH = 88


def output_of(command: str) -> str:
    """Run a command on a pseudo-terminal; return what it writes, colours included."""
    controller, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    words = [sys.executable, "-m", *shlex.split(command)]
    with subprocess.Popen(
        words, stdout=terminal, stderr=terminal, stdin=terminal, env=environment
    ) as process:
        os.close(terminal)
        written = b""
        while True:
            try:
                block = os.read(controller, 65536)
            except OSError:  # Linux reports the end of a pseudo-terminal as an error
                break
            if not block:
                break
            written += block
    os.close(controller)
    if process.returncode:
        raise SystemExit(f"{command} ended with status {process.returncode}")
    return written.decode().replace("\r\n", "\n")


def draw(path: Path) -> None:
    """Write the picture, without references to fonts on the web."""
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    for number, command in enumerate(COMMANDS):
        if number:
            console.print()
        console.print(Text.assemble(("$ ", "bold green"), command), soft_wrap=False)
        console.print(Text.from_ansi(output_of(command).rstrip("\n")))
    picture = console.export_svg(title="cinesent")
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    picture = "\n".join(line.rstrip() for line in picture.splitlines() if line.strip())
    path.write_text(picture.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas") + "\n")


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
