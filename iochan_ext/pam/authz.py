"""Ask PAM whether an account is permitted: the account phase alone, without any conversation.

The peer has proved its name to somebody else already; PAM says whether a user of that name may use the
service now (QEMU's ``authz-pam``). libpam is loaded when the first object is made.
"""

from __future__ import annotations

import ctypes
from functools import cache

from typing_extensions import override

from iochan.authz.base import Authz
from iochan.core.errors import AddressError, show_text
from iochan.objects import ObjectType, Property

__all__ = ["AUTHZ_PAM", "PamAuthz"]

_LIBRARY = "libpam.so.0"
# <security/_pam_types.h>
_SUCCESS = 0
_CONVERSATION_ERROR = 19
_SILENT = 0x8000

_Conversation = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p
)


class _ConversationRecord(ctypes.Structure):
    """``struct pam_conv``."""

    _fields_ = (  # type: ignore[mutable-override]
        ("function", _Conversation),
        ("data", ctypes.c_void_p),
    )


def _talk(_count: int, _messages: int, _answers: int, _data: int) -> int:
    return _CONVERSATION_ERROR


# Kept for as long as the module: libpam has its address only.
_refuse_to_talk = _Conversation(_talk)


class PamAuthz(Authz):
    """Lets in whom PAM's account rules of *service* permit; a question may wait for whatever PAM asks.

    Args:
        service: The name of a file in ``/etc/pam.d``.

    Raises:
        AddressError: libpam is not installed, or *service* is no name.
    """

    def __init__(self, service: str) -> None:
        if not service or "\0" in service or "/" in service:
            message = f"authz-pam: service {show_text(service)} is no name: name a file of /etc/pam.d"
            raise AddressError(message)
        self._service = service
        self._library = _load()

    @override
    def refusal(self, identity: str) -> str | None:
        if "\0" in identity:
            return "its name has a NUL, which no account has: reissue its credentials"
        library = self._library
        handle = ctypes.c_void_p()
        talk = _ConversationRecord(_refuse_to_talk, None)
        names = self._service.encode(), identity.encode("utf-8", "surrogateescape")
        status = library.pam_start(*names, ctypes.byref(talk), ctypes.byref(handle))
        if status != _SUCCESS:
            return f"PAM could not begin for service {self._service!r} (status {status}): look at its file"
        try:
            status = library.pam_acct_mgmt(handle, _SILENT)
            if status == _SUCCESS:
                return None
            text = (library.pam_strerror(handle, status) or b"").decode("utf-8", "replace")
            return f"PAM's service {self._service!r} says {text!r}: mend the account or /etc/pam.d"
        finally:
            library.pam_end(handle, status)


@cache
def _load() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError as error:
        message = f"authz-pam: {_LIBRARY} cannot be loaded: install PAM (libpam0g on Debian)"
        raise AddressError(message) from error
    text, pointer = ctypes.c_char_p, ctypes.c_void_p
    library.pam_start.argtypes = (text, text, pointer, pointer)
    library.pam_acct_mgmt.argtypes = (pointer, ctypes.c_int)
    library.pam_end.argtypes = (pointer, ctypes.c_int)
    library.pam_strerror.argtypes = (pointer, ctypes.c_int)
    library.pam_strerror.restype = text
    return library


AUTHZ_PAM = ObjectType(
    "authz-pam",
    {"service": Property("text", required=True, doc="the PAM service whose account rules decide")},
    PamAuthz,
)
"""``--object authz-pam,id=…,service=…``."""
