"""From samples to medians, ratios and verdicts: arithmetic only.

A contender's samples stand in the order of the rounds; a failed sample is None. Ratios are taken
inside a round, because all contenders of one round saw the same machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.rows.row import Bar, Cap, Row

Series = Sequence[float | None]


@dataclass
class Samples:
    """What a row's contenders did: a figure, and extras by title, for each round.

    Attributes:
        notes: why a contender has no samples, or what its last failure was.
    """

    figures: dict[str, list[float | None]]
    extras: dict[str, dict[str, list[float]]]
    notes: dict[str, str]


@dataclass(frozen=True)
class Verdict:
    """A bar and what became of it; ``value`` is None when it could not be measured."""

    text: str
    value: float | None
    passed: bool

    @property
    def word(self) -> str:
        """One word for the table."""
        if self.value is None:
            return "NOT MEASURED"
        return "OK" if self.passed else "BELOW"


def middle(series: Series) -> float | None:
    """The median of what succeeded; None when nothing did."""
    values = [value for value in series if value is not None]
    return median(values) if values else None


def ratio(ours: Series, reference: Series) -> float | None:
    """The median over the rounds of ours / reference."""
    return middle([a / b for a, b in zip(ours, reference, strict=True) if a is not None and b])


def best(several: Sequence[Series], *, less_is_better: bool) -> list[float | None]:
    """The best of several contenders in each round."""
    choose = min if less_is_better else max
    rounds = ([value for value in values if value is not None] for values in zip(*several, strict=True))
    return [choose(values) if values else None for values in rounds]


def judge(row: Row, samples: Samples) -> list[Verdict]:
    """Hold the row's bars against its samples."""
    return [
        _judge_cap(bar, samples.extras) if isinstance(bar, Cap) else _judge_bar(bar, row, samples.figures)
        for bar in row.bars
    ]


def _judge_bar(bar: Bar, row: Row, figures: Mapping[str, Series]) -> Verdict:
    sign = "<=" if row.less_is_better else ">="
    against = bar.against[0] if len(bar.against) == 1 else f"best of {', '.join(bar.against)}"
    text = f"{bar.ours} {sign} {bar.limit:.2f} x {against}"
    rivals = [figures[name] for name in bar.against if name in figures]
    if bar.ours not in figures or not rivals:
        return Verdict(text, None, passed=False)
    value = ratio(figures[bar.ours], best(rivals, less_is_better=row.less_is_better))
    if value is None:
        return Verdict(text, None, passed=False)
    return Verdict(text, value, passed=value <= bar.limit if row.less_is_better else value >= bar.limit)


def _judge_cap(cap: Cap, extras: Mapping[str, Mapping[str, Series]]) -> Verdict:
    text = f"{cap.ours} <= {cap.limit:g} {cap.extra}"
    value = middle(extras.get(cap.ours, {}).get(cap.extra, ()))
    return Verdict(text, value, passed=value is not None and value <= cap.limit)
