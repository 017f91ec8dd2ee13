"""A Merkle tree over log entries (RFC 6962, section 2.1)."""

from worlds.encoding import sha256


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry)


class MerkleTree:
    """The tree over `leaves` (leaf hashes), with every level computed once."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.size = len(leaves)
        self._levels = [leaves]
        while len(self._levels[-1]) > 1:
            self._levels.append(_parents(self._levels[-1]))

    def root(self) -> bytes:
        return self._levels[-1][0]

    def inclusion_proof(self, index: int) -> list[bytes]:
        """The siblings from the leaf up; a node without a sibling rises unchanged."""
        proof = []
        for level in self._levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                proof.append(level[sibling])
            index //= 2
        return proof


def _parents(level: list[bytes]) -> list[bytes]:
    pairs = zip(level[0::2], level[1::2], strict=False)
    parents = [sha256(b"\x01" + left + right) for left, right in pairs]
    return parents + level[len(parents) * 2 :]
