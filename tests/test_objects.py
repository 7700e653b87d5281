"""Objects from text: both forms, every kind of property, and what a refusal says and keeps to itself."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iochan.core.errors import AddressError
from iochan.core.registry import register
from iochan.objects import OBJECTS, ObjectStore, ObjectType, Property, parse_object


@dataclass(frozen=True)
class Creds:
    dir: str
    verify_peer: bool
    count: int | None
    size: int | None
    more: object
    password: str | None


CREDS = ObjectType(
    "creds",
    {
        "dir": Property("path", required=True, doc="where the files are"),
        "verify-peer": Property("bool", default=True),
        "count": Property("int"),
        "size": Property("size"),
        "more": Property("json"),
        "password": Property("text", secret=True),
    },
    Creds,
)


@pytest.fixture
def store() -> ObjectStore:
    store = ObjectStore()
    store.register_type(CREDS)
    return store


def test_both_forms_make_the_same_object(store: ObjectStore) -> None:
    text = 'creds,id=c0,dir=/a,,b,verify-peer=off,count=-0x10,size=4K,more={"a":[1,,2]},password=p=q'
    json = """{"qom-type": "creds", "id": "c1", "dir": "/a,b", "verify-peer": false, "count": -16,
        "size": 4096, "more": {"a": [1, 2]}, "password": "p=q"}"""
    made = store.add(text)
    assert made == store.add(json) == Creds("/a,b", False, -16, 4096, {"a": [1, 2]}, "p=q")
    assert store.get("c0", Creds) is made


def test_what_is_not_given_is_its_default(store: ObjectStore) -> None:
    assert store.add("creds,id=c0,dir=x") == Creds("x", True, None, None, None, None)


def test_a_bare_word_is_a_switch_that_is_on() -> None:
    assert parse_object("creds,id=c0,verify-peer") == {"qom-type": "creds", "id": "c0", "verify-peer": "on"}


def test_the_type_may_be_named() -> None:
    assert parse_object("qom-type=creds,id=c0") == {"qom-type": "creds", "id": "c0"}


@pytest.mark.parametrize(
    ("text", "size"), {"7": 7, "7b": 7, "1k": 1024, "2M": 2 << 20, "3G": 3 << 30}.items()
)
def test_a_size_may_have_a_unit(store: ObjectStore, text: str, size: int) -> None:
    made = store.add(f"creds,id=c0,dir=x,size={text}")
    assert isinstance(made, Creds)
    assert made.size == size


REFUSALS = {
    "nothing": ("", "no qom-type"),
    "no type": ("id=c0,dir=x", "no qom-type"),
    "no id": ("creds,dir=x", "creds has no id"),
    "an id of no text": ('{"qom-type": "creds", "id": 5}', "creds has no id"),
    "a bad id": ("creds,id=0c,dir=x", "begin with a letter"),
    "an id with a slash": ("creds,id=a/b,dir=x", "begin with a letter"),
    "an unknown type": ("cerds,id=c0", r"unknown object type 'cerds' \(known: .*mean 'creds'"),
    "an unknown property": ("creds,id=c0,dri=x", r"unknown property 'dri' \(known: count, dir.*mean 'dir'"),
    "a missing property": ("creds,id=c0", "no dir, which it must have: add dir="),
    "a property twice": ("creds,id=c0,dir=x,dir=y", "'dir' is empty or given twice"),
    "a property twice in JSON": ('{"id": "a", "id": "b"}', "'id' is empty or given twice"),
    "an empty key": ("creds,id=c0,=x", "empty or given twice"),
    "an empty part": ("creds,id=c0,", "an empty part"),
    "an empty beginning": (",id=c0", "an empty part"),
    "a bad switch": ("creds,id=c0,dir=x,verify-peer=maybe", "verify-peer cannot be 'maybe': write on or off"),
    "a bad number": ("creds,id=c0,dir=x,count=1e3", "a number of at most 64 bits"),
    "a huge number": ("creds,id=c0,dir=x,count=99999999999999999999", "a number of at most 64 bits"),
    "a bad size": ("creds,id=c0,dir=x,size=-1", "a number of bytes"),
    "a huge size": ("creds,id=c0,dir=x,size=9999999T", "a number of bytes"),
    "an empty path": ("creds,id=c0,dir=", "a path without a NUL"),
    "NaN inside": ("creds,id=c0,dir=x,more=NaN", "more cannot be 'NaN': write JSON"),
    "bad JSON inside": ("creds,id=c0,dir=x,more={", "more cannot be '{': write JSON"),
    "a switch that is text": ('{"qom-type":"creds","id":"a","dir":"x","verify-peer":"on"}', "true or false"),
    "a number that is a switch": ('{"qom-type":"creds","id":"a","dir":"x","count":true}', "64 bits"),
    "bad JSON": ('{"a": ]', "at character 6"),
    "deep JSON": ('{"a":' + "[" * 60000, "too deep"),
    "a long number": ('{"a":' + "9" * 5000 + "}", "a number in it too long"),
    "not a number": ('{"a": NaN}', "has NaN"),
    "too long": ("creds,id=c0,dir=" + "x" * 65536, "65536 are the most"),
}


@pytest.mark.parametrize(("text", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(store: ObjectStore, text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        store.add(text)


def test_an_id_is_taken_once(store: ObjectStore) -> None:
    first = store.add("creds,id=c0,dir=x")
    with pytest.raises(AddressError, match="'c0' is taken"):
        store.add("creds,id=c0,dir=y")
    assert store.get("c0", Creds) is first


def test_an_object_is_asked_for_by_id_and_type(store: ObjectStore) -> None:
    store.add("creds,id=creds0,dir=x")
    with pytest.raises(AddressError, match=r"no object 'cred0' \(known: creds0; did you mean 'creds0'"):
        store.get("cred0", Creds)
    with pytest.raises(AddressError, match="is of type Creds, and bytes is needed"):
        store.get("creds0", bytes)


def test_nothing_is_kept_when_the_type_refuses(store: ObjectStore) -> None:
    def build() -> object:
        raise AddressError("not today")

    store.register_type(ObjectType("shy", {}, build))
    with pytest.raises(AddressError, match="not today"):
        store.add("shy,id=s0")
    with pytest.raises(AddressError, match="no object 's0'"):
        store.get("s0", object)


@pytest.mark.parametrize(
    "text",
    [
        '{"qom-type": "creds", "id": "c0", "dir": "x", "password": ["hunter2"]}',
        "creds,id=c0,dir=x,password=a,hunter2",
        '{"qom-type": "creds", "id": "c0", "password": "hunter2"',
        "creds,id=c0,password=hunter2",
    ],
    ids=["wrong kind", "a comma not doubled", "broken JSON", "another missing"],
)
def test_a_secret_is_never_shown(store: ObjectStore, text: str) -> None:
    with pytest.raises(AddressError) as caught:
        store.add(text)
    assert "hunter2" not in str(caught.value)


def test_a_store_shows_no_object(store: ObjectStore) -> None:
    store.add("creds,id=c0,dir=x,password=hunter2")
    assert "hunter2" not in repr(store)


def test_types_come_from_the_registry() -> None:
    # What a package registers in the entry-point group is found in the same place.
    made = ObjectType("registered", {}, dict)
    register(OBJECTS, "registered", made)  # type: ignore[arg-type] # a value, not a function
    store = ObjectStore()
    assert store.types()["registered"] is made
    assert store.add("registered,id=r0") == {}
    register(OBJECTS, "broken", dict)
    with pytest.raises(AddressError, match="its entry point is no ObjectType"):
        store.add("broken,id=b0")


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.text(max_size=20), min_size=1))
def test_any_value_can_be_written(values: dict[str, str]) -> None:
    text = ",".join(f"{key}={value.replace(',', ',,')}" for key, value in values.items())
    assert parse_object(text) == values
