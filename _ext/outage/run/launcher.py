"""Starts the kernel of a run: ipykernel's own, but what is printed at once leaves it in pieces.

One message holds what one ``print`` wrote, and the runner has it as bytes, as text and as JSON at
the same time: a text of 100 MB would cost it three times that.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

PIECE = 500_000  # characters


def send_in_pieces(stream: Any) -> None:
    """Have the streams of this class send a long text piece by piece.

    The class is changed, and before there is a kernel: while a cell runs, IPython puts a ``write`` of its
    own on each stream, and what it puts back afterwards is the one that it found first.
    """
    whole = stream.write

    def write(self: Any, text: Any) -> int:
        """Write ``text``; each piece of a long one is sent before the next one is written."""
        if not isinstance(text, str) or len(text) <= PIECE:
            return int(whole(self, text))  # which says what it thinks of something that is no text
        for start in range(0, len(text), PIECE):
            whole(self, text[start : start + PIECE])
            self.flush()
        return len(text)

    stream.write = write


if __name__ == "__main__":
    if Path(sys.path[0]) == Path.cwd():  # nothing there may stand in for a module of the kernel's own
        del sys.path[0]
    from ipykernel.iostream import OutStream
    from ipykernel.kernelapp import launch_new_instance

    send_in_pieces(OutStream)
    launch_new_instance()
