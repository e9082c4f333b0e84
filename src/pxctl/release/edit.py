"""Changes to a tree, as new tree objects: only the folders that changed are written."""

from __future__ import annotations

from collections.abc import Mapping

from pxctl.release.objects import (
    BLOB_MODE,
    TREE_MODE,
    Entry,
    NewObject,
    decode_tree,
    encode_tree,
    id_at,
    new_object,
)
from pxctl.release.view import View


def with_changes(view: View, changes: Mapping[str, str | None]) -> tuple[dict[str, Entry], list[NewObject]]:
    """The root tree after some paths got another blob (None: removed), and the tree objects this makes below it.

    Folders that become empty disappear. Cost grows with the folders that changed, not with the tree.
    """
    made: list[NewObject] = []
    nested: dict[str, dict[str, str | None]] = {}
    root = dict(view.root)
    for path, id_ in changes.items():
        head, slash, rest = path.partition("/")
        if slash:
            nested.setdefault(head, {})[rest] = id_
        else:
            _put(root, head, id_)
    for name, inner in nested.items():
        entry = root.get(name)
        below = entry.id if entry is not None and entry.mode == TREE_MODE else None
        _store(root, name, _changed(view, below, inner, made), view, made)
    return root, made


def _changed(view: View, tree_id: str | None, changes: Mapping[str, str | None], made: list[NewObject]) -> bytes:
    """The bytes of a tree after changes below it. Files that only get another blob are replaced in place."""
    raw = view.raw(tree_id) if tree_id is not None else b""
    nested: dict[str, dict[str, str | None]] = {}
    rest: dict[str, str | None] = {}
    spliced = bytearray(raw)
    for path, id_ in changes.items():
        head, slash, below = path.partition("/")
        if slash:
            nested.setdefault(head, {})[below] = id_
        elif id_ is not None and (at := id_at(raw, head)):
            spliced[at : at + 20] = bytes.fromhex(id_)
        else:
            rest[head] = id_
    if not nested and not rest:
        return bytes(spliced)
    result = decode_tree(bytes(spliced))
    for name, id_ in rest.items():
        _put(result, name, id_)
    view.load_trees(result[n].id for n in nested if n in result and result[n].mode == TREE_MODE)
    for name, inner in nested.items():
        entry = result.get(name)
        below_id = entry.id if entry is not None and entry.mode == TREE_MODE else None
        _store(result, name, _changed(view, below_id, inner, made), view, made)
    return encode_tree(result)


def _put(tree: dict[str, Entry], name: str, id_: str | None) -> None:
    if id_ is None:
        tree.pop(name, None)
    else:
        tree[name] = Entry(BLOB_MODE, id_)


def _store(tree: dict[str, Entry], name: str, below: bytes, view: View, made: list[NewObject]) -> None:
    if not below:
        tree.pop(name, None)
        return
    item = new_object("tree", below)
    made.append(item)
    view.remember(item)
    tree[name] = Entry(TREE_MODE, item.id)
