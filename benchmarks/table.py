"""Figures as plain text of fixed width, and as values for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.figures import Samples, judge, middle, ratio

if TYPE_CHECKING:
    from typing import Any

    from benchmarks.rows.row import Row

NAME = 20
COLUMN = 12
THOUSAND = 1000


def number(value: float | None) -> str:
    """A figure with three or four digits that mean something."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= THOUSAND else f"{value:.3g}"


def text(row: Row, samples: Samples) -> str:
    """The row's table, and a line for each bar."""
    titles = (row.unit, "ratio", "spread", *row.extras)
    lines = [
        f"{row.name}: {row.title}",
        "",
        "contender".ljust(NAME) + "".join(t.rjust(COLUMN) for t in titles),
    ]
    for name, figures in samples.figures.items():
        cells = [number(middle(figures)), _ratio(row, samples, name), _spread(figures)]
        cells += [number(middle(samples.extras[name][title])) for title in row.extras]
        lines.append(name.ljust(NAME) + "".join(cell.rjust(COLUMN) for cell in cells))
    lines += [f"{name.ljust(NAME)}  {reason}" for name, reason in samples.notes.items()]
    lines.append("")
    for verdict in judge(row, samples):
        lines.append(f"  {verdict.word:<13}{number(verdict.value):>6}   {verdict.text}")
    return "\n".join(lines) + "\n"


def values(row: Row, samples: Samples) -> dict[str, Any]:
    """The same for JSON, with every sample."""
    return {
        "title": row.title,
        "unit": row.unit,
        "reference": row.reference,
        "contenders": {
            name: {
                "samples": figures,
                "median": middle(figures),
                "ratio": _ratio_value(row, samples, name),
                "extras": samples.extras[name],
            }
            for name, figures in samples.figures.items()
        },
        "notes": samples.notes,
        "bars": [
            {"bar": verdict.text, "value": verdict.value, "verdict": verdict.word}
            for verdict in judge(row, samples)
        ],
    }


def _ratio_value(row: Row, samples: Samples, name: str) -> float | None:
    reference = samples.figures.get(row.reference)
    return None if reference is None else ratio(samples.figures[name], reference)


def _ratio(row: Row, samples: Samples, name: str) -> str:
    value = _ratio_value(row, samples, name)
    return "-" if value is None else f"{value:.2f}"


def _spread(figures: list[float | None]) -> str:
    known = [figure for figure in figures if figure is not None]
    centre = middle(known)
    return f"{(max(known) - min(known)) / centre:.0%}" if centre else "-"
