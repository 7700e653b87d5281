from __future__ import annotations

import pytest

from iochan.core.errors import CredsError
from iochan.objects import ObjectStore
from iochan.testing.pki import ThrowAwayPki
from iochan.tls.ability import TABLE
from iochan.tls.anon import AnonCreds
from iochan.tls.engines import select
from iochan.tls.engines.select import ENVIRONMENT, choose_engine
from iochan.tls.psk import PskCreds
from iochan.tls.settings import Settings
from iochan.tls.x509 import X509Creds


@pytest.mark.parametrize("name", TABLE)
def test_an_engine_is_asked_for_by_name(name: str) -> None:
    assert choose_engine(name).name == name
    assert choose_engine(name).abilities == TABLE[name]


def test_without_a_wish_it_is_the_first_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    assert choose_engine().name == next(iter(TABLE))


def test_the_environment_chooses_for_who_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "ssl")
    assert (choose_engine().name, choose_engine("pyopenssl").name) == ("ssl", "pyopenssl")


def test_an_unknown_one_is_refused_and_the_known_are_told() -> None:
    with pytest.raises(CredsError, match=r"TLS engine 'sll' is unknown.*ssl"):
        choose_engine("sll")


def test_one_that_does_not_go_with_what_is_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(select._ENGINES, "bindings", None)
    with pytest.raises(CredsError, match="does not go with this pyOpenSSL and cryptography: take pyopenssl"):
        choose_engine("bindings")


def test_an_object_names_its_engine(tmp_path_factory: pytest.TempPathFactory) -> None:
    pki = ThrowAwayPki(tmp_path_factory.mktemp("pki"))
    (pki.dir / "keys.psk").write_text("qemu:00112233445566778899aabbccddeeff\n")
    objects = ObjectStore()
    objects.add(f"tls-creds-x509,id=a,dir={pki.dir},engine=ssl")
    objects.add(f"tls-creds-psk,id=b,dir={pki.dir},engine=bindings")
    objects.add("tls-creds-anon,id=c,engine=pyopenssl")
    found = objects.get("a", X509Creds), objects.get("b", PskCreds), objects.get("c", AnonCreds)
    assert [creds.engine.name for creds in found] == ["ssl", "bindings", "pyopenssl"]
    with pytest.raises(CredsError, match="TLS engine 'none' is unknown"):
        X509Creds(pki.dir, settings=Settings(engine="none"))
