"""Objects as we write them are objects as git reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pxctl.release.git import Git
from pxctl.release.objects import (
    Entry,
    NewObject,
    decode_commit,
    decode_tree,
    encode_commit,
    encode_pack,
    encode_tree,
    new_object,
)
from tests.release.world import run

WHEN = datetime(2026, 11, 1, 10, tzinfo=UTC)
names = st.text(st.characters(blacklist_characters="/\0", codec="utf-8"), min_size=1, max_size=12)
entries = st.dictionaries(
    names.filter(lambda n: n not in (".", "..", ".git")),
    st.tuples(st.sampled_from(["100644", "40000"]), st.binary(min_size=20, max_size=20)),
    max_size=8,
)


@given(entries)
def test_a_tree_survives_both_ways(raw: dict[str, tuple[str, bytes]]) -> None:
    tree = {name: Entry(mode, data.hex()) for name, (mode, data) in raw.items()}
    assert decode_tree(encode_tree(tree)) == tree


def test_git_agrees_on_ids_order_and_packs(tmp_path: Path) -> None:
    run(tmp_path, "init", "-q")
    blobs = [new_object("blob", bytes([i]) * (i * 40)) for i in range(120)]
    inner = new_object("tree", encode_tree({f"f{i}": Entry("100644", b.id) for i, b in enumerate(blobs)}))
    # git sorts `a.b` before the folder `a` and after the file `a`: the classic trap
    outer = new_object("tree", encode_tree({
        "a": Entry("40000", inner.id), "a.b": Entry("100644", blobs[0].id), "a0": Entry("100644", blobs[1].id),
    }))  # fmt: skip
    commit = new_object("commit", encode_commit(outer.id, None, ("A <b>\n", "c@d"), WHEN, "two\nlines"))
    pack, count = encode_pack([*blobs, inner, outer, commit, commit])
    assert count == 123
    run(tmp_path, "index-pack", "--stdin", "--strict", input=pack)
    run(tmp_path, "update-ref", "refs/heads/x", commit.id)
    assert run(tmp_path, "fsck", "--strict", "--no-dangling") == ""
    assert run(tmp_path, "log", "-1", "--format=%an|%ae|%ct|%B", "x") == f"A b|c@d|{int(WHEN.timestamp())}|two\nlines"
    with Git(tmp_path) as git:
        kinds = [found and found[1] for found in git.reader.many([outer.id, "0" * 40, commit.id])]
        assert kinds == ["tree", None, "commit"]


def test_an_empty_pack_is_a_pack(tmp_path: Path) -> None:
    pack, count = encode_pack(list[NewObject]())
    assert count == 0 and pack.startswith(b"PACK")


@settings(max_examples=50)
@given(st.text(), st.text(), st.text(), st.lists(st.binary(min_size=20, max_size=20), max_size=1))
def test_a_commit_survives_whatever_people_are_called(name: str, mail: str, message: str, parents: list[bytes]) -> None:
    parent = parents[0].hex() if parents else None
    data = encode_commit("1" * 40, parent, (name, mail), WHEN, message)
    found = decode_commit(data)
    assert (found.tree, found.time) == ("1" * 40, int(WHEN.timestamp()))
    assert found.parents == ((parent,) if parent else ())
