"""Encodes the few ASN.1 types that CMS and RFC 3161 need, in DER (X.690)."""

from datetime import UTC, datetime


def tagged(tag: int, content: bytes) -> bytes:
    """One value with a single-byte tag and a definite length."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*items: bytes) -> bytes:
    return tagged(0x30, b"".join(items))


def set_of(*items: bytes) -> bytes:
    """A SET OF, whose members DER sorts by their encoding."""
    return tagged(0x31, b"".join(sorted(items)))


def explicit(number: int, content: bytes) -> bytes:
    """A context-specific constructed tag around a whole value."""
    return tagged(0xA0 | number, content)


def implicit(number: int, value: bytes) -> bytes:
    """A constructed value whose own tag is replaced by a context-specific one."""
    return bytes([0xA0 | number]) + value[1:]


def integer(value: int) -> bytes:
    return tagged(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octet_string(content: bytes) -> bytes:
    return tagged(0x04, content)


def utf8_string(text: str) -> bytes:
    return tagged(0x0C, text.encode())


def null() -> bytes:
    return tagged(0x05, b"")


def object_identifier(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    content = b"".join(_base_128(arc) for arc in [first * 40 + second, *rest])
    return tagged(0x06, content)


def generalized_time(moment: datetime) -> bytes:
    text = moment.astimezone(UTC).strftime("%Y%m%d%H%M%SZ")
    return tagged(0x18, text.encode())


def utc_time(moment: datetime) -> bytes:
    text = moment.astimezone(UTC).strftime("%y%m%d%H%M%SZ")
    return tagged(0x17, text.encode())


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    """An AlgorithmIdentifier (RFC 5280, section 4.1.1.2)."""
    return sequence(object_identifier(dotted), parameters)


def attribute(dotted: str, *values: bytes) -> bytes:
    """An Attribute (RFC 5652, section 5.3)."""
    return sequence(object_identifier(dotted), set_of(*values))


def _base_128(arc: int) -> bytes:
    groups = [arc & 0x7F]
    while arc := arc >> 7:
        groups.append(0x80 | (arc & 0x7F))
    return bytes(reversed(groups))
