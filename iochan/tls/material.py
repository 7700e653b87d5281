"""What X.509 credentials are made of, read from QEMU's files or given from memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from iochan.core.errors import CredsError
from iochan.tls.endpoint import Endpoint
from iochan.tls.pemfile import (
    check_directory,
    parse_certificates,
    parse_crls,
    parse_key,
    read_descriptor,
    read_file,
)
from iochan.tls.staple import Staple

__all__ = ["MAX_IDENTITIES", "KeyPair", "Material", "TlsKey"]

MAX_IDENTITIES = 5
"""The plain one and those of index 0 to 3 (QEMU's limit)."""

TlsKey: TypeAlias = (
    rsa.RSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
    | dsa.DSAPrivateKey
)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """One identity: a chain of certificates, its own first, and the key.

    Attributes:
        certificate_file: Where the chain came from, for messages.
        key_file: Where the key came from, for messages.
        staple: The answer of the CA's responder about the certificate, if there is one.
    """

    certificate_file: str
    key_file: str
    chain: tuple[x509.Certificate, ...]
    key: TlsKey
    staple: Staple | None = None

    @classmethod
    def parse(
        cls, names: tuple[str, str], certificate: bytes, key: bytes, password: bytes | None = None
    ) -> KeyPair:
        """Return the identity of PEM text; *names* of the two begin messages.

        Raises:
            CredsError: One of them is unusable, or they do not belong together.
        """
        chain = parse_certificates(names[0], certificate)
        private = parse_key(names[1], key, password)
        if not isinstance(private, TlsKey):
            message = f"{names[1]}: a key of this kind cannot be used for TLS: make an EC or RSA key"
            raise CredsError(message)
        form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        if private.public_key().public_bytes(*form) != chain[0].public_key().public_bytes(*form):
            message = f"{names[1]}: is not the key of {names[0]}: give the two that were made together"
            raise CredsError(message)
        return cls(*names, tuple(chain), private)

    def refused(self, reasons: Sequence[str]) -> CredsError:
        """Return the error for an identity that OpenSSL does not take, with its *reasons*."""
        why = "; ".join(reasons) or "no reason given"
        return CredsError(f"{self.certificate_file}: refused by OpenSSL ({why}): reissue it")


@dataclass(frozen=True, slots=True)
class Material:
    """All that X.509 credentials of one side are made of.

    Attributes:
        authority_file: Where the CAs came from, for messages.
        authorities: Who vouches for peers, and for the identities.
        identities: Our own; the first is preferred.
        crls: What the CAs revoked.
        crl_file: Where these came from, for messages.
    """

    endpoint: Endpoint
    authority_file: str
    authorities: tuple[x509.Certificate, ...]
    identities: tuple[KeyPair, ...] = ()
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    crl_file: str = ""

    @classmethod
    def from_directory(cls, directory: Path, endpoint: Endpoint, password: bytes | None = None) -> Material:
        """Return what the files of *directory* hold for *endpoint*.

        Raises:
            CredsError: One is missing or unusable.
        """
        check_directory(directory)
        path = directory / "ca-cert.pem"
        authorities = parse_certificates(str(path), read_file(path))
        crl = directory / "ca-crl.pem"
        crls = parse_crls(str(crl), read_file(crl)) if os.path.lexists(crl) else ()
        identities = [
            _with_staple(
                KeyPair.parse((str(cert), str(key)), read_file(cert), read_file(key), password), cert
            )
            for cert, key in _identity_files(directory, endpoint)
        ]
        return cls(endpoint, str(path), tuple(authorities), tuple(identities), tuple(crls), str(crl))

    @classmethod
    def from_pem(
        cls,
        endpoint: Endpoint,
        ca: bytes,
        identities: Sequence[tuple[bytes, bytes]] = (),
        crl: bytes | None = None,
        password: bytes | None = None,
    ) -> Material:
        """Return what PEM text in memory holds; each identity is a chain and a key.

        Raises:
            CredsError: Some of it is unusable, or there are too many identities.
        """
        if len(identities) > MAX_IDENTITIES:
            message = f"{len(identities)} identities, and {MAX_IDENTITIES} are the most: leave some out"
            raise CredsError(message)
        if endpoint is Endpoint.SERVER and not identities:
            message = "server credentials: no identity is given: give a certificate and its key"
            raise CredsError(message)
        pairs = []
        for index, (certificate, key) in enumerate(identities):
            names = (f"certificate {index} from memory", f"key {index} from memory")
            pairs.append(KeyPair.parse(names, certificate, key, password))
        name, crl_name = "CA certificates from memory", "revocation list from memory"
        crls = () if crl is None else parse_crls(crl_name, crl)
        return cls(endpoint, name, tuple(parse_certificates(name, ca)), tuple(pairs), tuple(crls), crl_name)

    @classmethod
    def from_descriptors(
        cls,
        endpoint: Endpoint,
        ca: int,
        identities: Sequence[tuple[int, int]] = (),
        crl: int | None = None,
        password: bytes | None = None,
    ) -> Material:
        """Return what files hold that were passed by their descriptors, as a service manager does.

        Each descriptor is read to its end and closed, also when another is bad.

        Args:
            endpoint: The side.
            ca: Of the CAs' certificates.
            identities: Of a chain and of its key, for each identity.
            crl: Of the revocation lists; None for no such file.
            password: What decrypts the keys.

        Raises:
            CredsError: Some of it is unusable, or there are too many identities.
        """
        wanted = {"CA certificates": ca, "revocation list": crl}
        for index, pair in enumerate(identities):
            wanted |= {f"certificate {index}": pair[0], f"key {index}": pair[1]}
        data: dict[str, bytes] = {}
        failure: CredsError | None = None
        for name, descriptor in wanted.items():
            try:
                if descriptor is not None:
                    data[name] = read_descriptor(f"{name} by descriptor", descriptor)
            except CredsError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        pems = [(data[f"certificate {index}"], data[f"key {index}"]) for index in range(len(identities))]
        return cls.from_pem(endpoint, data["CA certificates"], pems, data.get("revocation list"), password)


def _with_staple(pair: KeyPair, certificate_file: Path) -> KeyPair:
    """Return *pair* with the answer in the file beside it: ``server-ocsp.der`` for ``server-cert.pem``."""
    path = certificate_file.with_name(certificate_file.stem.replace("-cert", "-ocsp") + ".der")
    if not os.path.lexists(path):
        return pair
    return replace(pair, staple=Staple.parse(str(path), read_file(path), pair.chain[0]))


def _identity_files(directory: Path, endpoint: Endpoint) -> Iterator[tuple[Path, Path]]:
    """Yield the pairs of files that are to be read; those of an index end at the first that is missing."""
    side = endpoint.value
    plain = directory / f"{side}-cert.pem", directory / f"{side}-key.pem"
    indexed = [
        (directory / f"{side}-cert-{index}.pem", directory / f"{side}-key-{index}.pem")
        for index in range(MAX_IDENTITIES - 1)
    ]
    there = [pair for pair in (plain, *indexed) if any(map(os.path.lexists, pair))]
    if plain in there or (endpoint is Endpoint.SERVER and not there):
        yield plain
    for pair in indexed:
        if pair not in there:
            return
        yield pair
