from __future__ import annotations

from iochan.core import facts
from iochan.core.attribute import Attribute


def test_each_fact_has_a_name_of_its_own() -> None:
    found = [getattr(facts, name) for name in facts.__all__]
    assert all(isinstance(fact, Attribute) for fact in found)
    assert len({fact.name for fact in found}) == len(found)
