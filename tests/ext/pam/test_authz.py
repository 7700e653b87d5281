from __future__ import annotations

import ctypes.util

import pytest

from iochan.core.errors import AddressError
from iochan.objects import ObjectStore
from iochan_ext.pam import authz
from iochan_ext.pam.authz import PamAuthz

needs_pam = pytest.mark.skipif(ctypes.util.find_library("pam") is None, reason="libpam is not installed")


@needs_pam
def test_an_account_of_the_system_comes_in_and_an_unknown_one_does_not() -> None:
    made = ObjectStore().add("authz-pam,id=a,service=login")
    assert isinstance(made, PamAuthz)
    assert made.is_allowed("root")
    assert "PAM's service 'login' says" in str(made.refusal("nobody-has-this-name"))
    assert "has a NUL" in str(made.refusal("root\0"))


@needs_pam
def test_a_service_that_is_not_set_up_refuses() -> None:
    assert not PamAuthz("iochan-has-no-such-service").is_allowed("nobody-has-this-name")


@pytest.mark.parametrize("service", ["", "a/b", "a\0"])
def test_a_service_is_a_name(service: str) -> None:
    with pytest.raises(AddressError, match="is no name"):
        PamAuthz(service)


def test_a_missing_library_is_told_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authz, "_LIBRARY", "libno-such-pam.so.0")
    authz._load.cache_clear()
    with pytest.raises(AddressError, match=r"libno-such-pam\.so\.0 cannot be loaded: install PAM"):
        PamAuthz("login")
