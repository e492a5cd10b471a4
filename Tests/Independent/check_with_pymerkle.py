#!/usr/bin/env python3
"""Checks the entries and claims of a log with pymerkle, which nobody of this project wrote.

usage: check_with_pymerkle.py LOGDIR CLAIMS

Every leaf, root and proof is computed by pymerkle's InmemoryTree from the entries in the bundles; pymerkle's
security mode, its default, is the prefixes of RFC 6962. Signatures are not checked here: tlogcheck does that.
CLAIMS holds one JSON object a line, of the kinds that tlogcheck/claims.go describes.

Prints one line. Status 0: all agree. 1: something differs. 2: wrong usage, or a file that cannot be read.
"""

import base64
import json
import pathlib
import sys

from pymerkle import InclusionProof, InmemoryTree, verify_consistency, verify_inclusion
from pymerkle.proof import InvalidProof

BUNDLE_WIDTH = 256


class Different(Exception):
    """What the log says is not what pymerkle finds."""


def bundle_path(folder, number, width):
    """Where a bundle lies: `tile/entries/x001/234[.p/W]`; the full one may have replaced a partial one."""
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03}")
    full = folder.joinpath("tile", "entries", *groups)
    partial = full.with_name(full.name + ".p") / str(width)
    return partial if width < BUNDLE_WIDTH and partial.exists() else full


def read_bundle(path, width):
    """The first entries of a bundle: each stands behind its length, two bytes, big-endian."""
    data, position, entries = path.read_bytes(), 0, []
    while position < len(data) and len(entries) < width:
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        entries.append(data[start:position])
    if len(entries) < width or position > len(data):
        raise Different(f"`{path}` does not hold {width} whole entries")
    return entries


def read_checkpoint(note):
    """Size and root of a checkpoint."""
    _, size, root, *_ = note.split("\n")
    return int(size), base64.b64decode(root, validate=True)


def read_tree(folder):
    """The tree of all entries under the checkpoint; its root must be the checkpoint's."""
    size, root = read_checkpoint((folder / "checkpoint").read_text())
    tree = InmemoryTree("sha256")
    while (start := tree.get_size()) < size:
        width = min(BUNDLE_WIDTH, size - start)
        tree.append_entries(read_bundle(bundle_path(folder, start // BUNDLE_WIDTH, width), width))
    expect_root(tree, size, root)
    return tree


def expect_root(tree, size, root):
    if tree.get_root(size) != root:
        raise Different(f"size {size} has root {tree.get_root(size).hex()}, not {root.hex()}")


def expect_inclusion(tree, size, index, hashes):
    """pymerkle's inclusion proof is the leaf, then the siblings of RFC 6962: it verifies ours as its own."""
    own = tree.prove_inclusion(index + 1, size)
    leaf = tree.get_leaf(index + 1)
    claimed = InclusionProof(own.algorithm, own.security, size, index + 1, own.rule, [leaf, *hashes])
    verify_inclusion(leaf, tree.get_root(size), claimed, index=index + 1, size=size, algorithm="sha256")


def expect_consistency(tree, size, old, hashes):
    """That pymerkle proves the same growth, and that ours is its proof as RFC 6962 writes it."""
    proof = tree.prove_consistency(old, size)
    verify_consistency(
        tree.get_root(old), tree.get_root(size), proof, prior_size=old, later_size=size, algorithm="sha256")
    if hashes != rfc_6962_path(tree, proof):
        raise Different(f"the consistency proof from {old} to {size} is another one")


def rfc_6962_path(tree, proof):
    """The proof of RFC 6962 section 2.1.2 out of pymerkle's, which differs at the lower end.

    pymerkle goes down to the first leaf that is new and lists what lies to the right of it, all of it new
    (subset 0); the RFC has the one node over all these. And the RFC leaves out the last old node (the first
    of subset 1) where that is the whole old tree, which the verifier has.
    """
    if proof.prior_size == proof.size:
        return []
    count = proof.subset.index(1)
    node = proof.path[0]
    for sibling in proof.path[1:count]:
        node = tree.hash_pair(node, sibling)
    last_old, *rest = proof.path[count:]
    is_whole_old_tree = proof.prior_size & (proof.prior_size - 1) == 0
    return [node, *rest] if is_whole_old_tree else [last_old, node, *rest]


def check_claim(tree, claim):
    kind = claim["kind"]
    hashes = [base64.b64decode(text, validate=True) for text in claim.get("hashes", [])]
    if kind == "checkpoint":
        expect_root(tree, *read_checkpoint(claim["note"]))
    elif kind == "root":
        expect_root(tree, claim["size"], base64.b64decode(claim["root"], validate=True))
    elif kind == "inclusion":
        expect_inclusion(tree, claim["size"], claim["index"], hashes)
    elif kind == "consistency":
        expect_consistency(tree, claim["size"], claim["old"], hashes)
    else:
        raise ValueError(f"no such kind of claim: `{kind}`")


def main(arguments):
    if len(arguments) != 2:
        print("usage: check_with_pymerkle.py LOGDIR CLAIMS", file=sys.stderr)
        return 2
    try:
        claims = [json.loads(line) for line in pathlib.Path(arguments[1]).read_text().splitlines()]
        tree = read_tree(pathlib.Path(arguments[0]))
        for claim in claims:
            check_claim(tree, claim)
    except (Different, InvalidProof) as difference:
        print(f"failed: {difference}")
        return 1
    except (OSError, ValueError, KeyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    root = base64.b64encode(tree.get_root()).decode()
    print(f"verified {tree.get_size()} entries, root {root}, {len(claims)} claims")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
