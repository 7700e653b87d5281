"""The numbers of RFB: RFC 6143, and what the community's specification and QEMU have added."""

from __future__ import annotations

from typing import Final

# Security types (RFC 6143, 7.1.2; VeNCrypt 0.2). The specification has 263 and 264 the other way round:
# these are what QEMU, gtk-vnc and LibVNCServer send.
SECURITY_NONE: Final = 1
SECURITY_VNC: Final = 2
RA2: Final = 5
RA2_NE: Final = 6
SECURITY_VENCRYPT: Final = 19
SECURITY_SASL: Final = 20
RA2_256: Final = 129
RA2_NE_256: Final = 130
VENCRYPT_PLAIN: Final = 256
TLS_NONE: Final = 257
TLS_VNC: Final = 258
TLS_PLAIN: Final = 259
X509_NONE: Final = 260
X509_VNC: Final = 261
X509_PLAIN: Final = 262
X509_SASL: Final = 263
TLS_SASL: Final = 264

SECURITY_NAMES: Final = {
    SECURITY_NONE: "None",
    SECURITY_VNC: "VncAuth",
    RA2: "RA2",
    RA2_NE: "RA2ne",
    SECURITY_VENCRYPT: "VeNCrypt",
    SECURITY_SASL: "SASL",
    RA2_256: "RA2_256",
    RA2_NE_256: "RA2ne_256",
    VENCRYPT_PLAIN: "Plain",
    TLS_NONE: "TLSNone",
    TLS_VNC: "TLSVnc",
    TLS_PLAIN: "TLSPlain",
    X509_NONE: "X509None",
    X509_VNC: "X509Vnc",
    X509_PLAIN: "X509Plain",
    X509_SASL: "X509SASL",
    TLS_SASL: "TLSSASL",
}
"""What people call them."""
RA2_TYPES: Final = frozenset({RA2, RA2_NE, RA2_256, RA2_NE_256})
"""RSA keys and AES: the whole connection is encrypted, or ("ne") the proof alone."""

# From a client.
SET_PIXEL_FORMAT: Final = 0
SET_ENCODINGS: Final = 2
UPDATE_REQUEST: Final = 3
KEY_EVENT: Final = 4
POINTER_EVENT: Final = 5
CLIENT_CUT_TEXT: Final = 6
ENABLE_CONTINUOUS: Final = 150
FENCE: Final = 248
SET_DESKTOP_SIZE: Final = 251
QEMU: Final = 255
QEMU_KEY: Final = 0

# From a server.
UPDATE: Final = 0
SET_COLOUR_MAP: Final = 1
BELL: Final = 2
SERVER_CUT_TEXT: Final = 3
END_OF_CONTINUOUS: Final = 150

# Encodings of pixels.
RAW: Final = 0
COPY_RECT: Final = 1
RRE: Final = 2
HEXTILE: Final = 5
ZLIB: Final = 6
TIGHT: Final = 7
ZRLE: Final = 16
TIGHT_PNG: Final = -260

# What a client can take besides pixels.
JPEG_QUALITY: Final = range(-32, -22)
"""The worst first."""
COMPRESSION: Final = range(-256, -246)
"""The quickest first."""
DESKTOP_SIZE: Final = -223
LAST_RECT: Final = -224
CURSOR: Final = -239
QEMU_EXTENDED_KEY: Final = -258
LED_STATE: Final = -261
DESKTOP_NAME: Final = -307
EXTENDED_DESKTOP_SIZE: Final = -308
FENCES: Final = -312
CONTINUOUS_UPDATES: Final = -313
CURSOR_WITH_ALPHA: Final = -314
VMWARE_CURSOR: Final = 0x574D5664
EXTENDED_MOUSE: Final = -316
EXTENDED_CLIPBOARD: Final = 0xC0A1E5CE - (1 << 32)

MORE_BUTTONS: Final = 1 << 7
"""In a pointer's buttons: those from the eighth on follow, if the client has asked for `EXTENDED_MOUSE`."""

LAST_RECT_COUNT: Final = 0xFFFF
"""The count of rectangles of an update that ends with a LastRect."""

# Bits of a fence.
FENCE_BLOCK_BEFORE: Final = 1 << 0
FENCE_BLOCK_AFTER: Final = 1 << 1
FENCE_SYNC_NEXT: Final = 1 << 2
FENCE_REQUEST: Final = 1 << 31
FENCE_KNOWN: Final = FENCE_BLOCK_BEFORE | FENCE_BLOCK_AFTER | FENCE_SYNC_NEXT

# Why a desktop has another size, and what became of a request for one.
SIZE_BY_SERVER: Final = 0
SIZE_BY_THIS_CLIENT: Final = 1
SIZE_BY_OTHER_CLIENT: Final = 2
SIZE_DONE: Final = 0
SIZE_PROHIBITED: Final = 1
SIZE_NO_RESOURCES: Final = 2
SIZE_BAD_LAYOUT: Final = 3

# LED states.
LED_SCROLL: Final = 1
LED_NUM: Final = 2
LED_CAPS: Final = 4

# Most of what a peer may send.
MAX_ENCODINGS: Final = 1024
MAX_CUT_TEXT: Final = 1 << 20
MAX_FENCE: Final = 64
MAX_SCREENS: Final = 255
MAX_NAME: Final = 4096
MAX_REASON: Final = 1024
MAX_CREDENTIAL: Final = 1024
"""Bytes of a user's name, and of a password (VeNCrypt's Plain)."""
MAX_SASL: Final = 8192
"""Bytes of a SASL message, and of a server's list of mechanisms."""
