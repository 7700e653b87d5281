"""The manual's table of engines is the one of the code."""

from __future__ import annotations

import os
from pathlib import Path

from iochan.tls.ability import SINCE, TABLE, Ability, engines_with

PAGE = Path(__file__).parents[2] / "docs/reference/tls.md"
BEGIN, END = "<!-- engines -->\n", "<!-- end of engines -->\n"


def cell(engine: str, ability: Ability) -> str:
    since = SINCE.get(engine, {}).get(ability)
    if since is not None:
        return f"from Python {since[0]}.{since[1]} on"
    return "yes" if ability in TABLE[engine] else "no"


def table() -> str:
    rows = [("", *(f"`{name}`" for name in TABLE)), ("---",) * (len(TABLE) + 1)]
    rows += [(ability.value, *(cell(name, ability) for name in TABLE)) for ability in Ability]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def test_the_manual_has_the_table_of_the_code() -> None:
    text = PAGE.read_text("utf-8")
    before, rest = text.split(BEGIN)
    found, after = rest.split(END)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(f"{before}{BEGIN}{table()}{END}{after}", "utf-8")
        return
    assert found == table()


def test_every_ability_is_some_engines_and_the_first_engine_has_all() -> None:
    assert all(engines_with(ability)[0] == "bindings" for ability in Ability)
