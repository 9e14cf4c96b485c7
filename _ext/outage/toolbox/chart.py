"""A picture in a runbook: one PNG, drawn by matplotlib, that reads in a light and in a dark theme.

matplotlib is slow to import, so it is imported when a picture is drawn.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE = "image/png"
TITLE = "Picture: "
"""What the text of a picture begins with; its title follows."""
BEFORE, AFTER, LIMIT = "#b3261e", "#1b5e20", "#6b6b6b"
"""Colours that mean the same in every picture; they differ in lightness too."""


def picture(draw: Callable[[Axes], None], title: str, *, width: float = 7.0, height: float = 2.6) -> bytes:
    """A PNG of 100 dots an inch, on white.

    Args:
        draw: puts everything but the title on the axes.
        title: says what is to be seen; dollar signs and the like stay as they are.
        width: in inches, as ``height`` is.
        height: in inches.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    with mpl.rc_context({"text.parse_math": False, "font.size": 9.0}):
        figure, axes = pyplot.subplots(
            figsize=(width, height), dpi=100, layout="constrained", facecolor="white"
        )
        draw(axes)
        axes.set_title(title)
        png = io.BytesIO()
        figure.savefig(png, format="png", metadata={"Software": None})
        pyplot.close(figure)
    return png.getvalue()


def show(draw: Callable[[Axes], None], title: str, *, height: float = 2.6) -> None:
    """Show a picture as the output of a cell; its title is the text for who does not see it."""
    from IPython.core.getipython import get_ipython

    words = f"{TITLE}{title}"
    shell = get_ipython()
    if shell is None:
        print(words)
        return
    png = base64.b64encode(picture(draw, title, height=height)).decode()
    shell.display_pub.publish({PICTURE: png, "text/plain": words}, {PICTURE: {"alt": title}})
