"""What a check of credentials found out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum

from typing_extensions import override

from iochan.core.errors import CredsError

__all__ = ["Finding", "Verdict"]


class Verdict(Enum):
    """How good a finding is: credentials with an error are refused."""

    FINE = "fine"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of one file.

    Attributes:
        verdict: How good it is.
        file: The file, or what else the credentials came from.
        field: What was looked at, such as ``key usage``.
        value: What was found there.
        cure: What to do about it; empty when nothing has to be done.
    """

    verdict: Verdict
    file: str
    field: str
    value: str
    cure: str = ""

    @classmethod
    def of_error(cls, error: CredsError) -> Finding:
        """Return the finding that a failure to load is; its message has the form file, fact, cure."""
        file, _, rest = str(error).partition(": ")
        value, _, cure = rest.rpartition(": ")
        return cls(Verdict.ERROR, file, "file", value or rest, cure)

    @override
    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.value, self.cure) if part)

    def as_json(self) -> dict[str, str]:
        """Return it as JSON has it."""
        return {**asdict(self), "verdict": self.verdict.value}
