"""What every part of the policy is made of: a frozen model, and the word ``none``."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


def read_none(value: Any) -> Any:
    """Read the word ``none`` as None."""
    return None if value == "none" else value


class Part(BaseModel):
    """A part of the policy: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")
