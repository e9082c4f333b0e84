"""Writing what no pxctl would write: commits on an environment branch with whatever in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pxctl.release import documents
from pxctl.release.edit import with_changes
from pxctl.release.objects import BLOB_MODE, Entry, NewObject, encode_commit, encode_pack, encode_tree, new_object
from pxctl.release.sign import RELEASE_NAMESPACE, SigningKey
from pxctl.release.view import payload_tree
from tests.release.world import Company, run


def commit(
    firm: Company,
    base: str,
    files: dict[str, bytes | None],
    edit: Callable[[dict[str, Any]], None] | None = None,
    key: SigningKey | None = None,
    parent: str | None = "",
    fix_payload: bool = True,
    keep_signature: bool = False,
) -> str:
    """A commit on `parent` (default: base) whose tree is base's with changes; RELEASE.json edited, signed if asked."""
    view = firm.branch.view(base)
    blobs = {path: new_object("blob", data) for path, data in files.items() if data is not None}
    root, trees = with_changes(view, {path: blobs[path].id if path in blobs else None for path in files})
    extra: list[NewObject] = [*blobs.values(), *trees]
    if edit is not None:
        value = json.loads(view.release_bytes or b"{}")
        if fix_payload:
            value["payload_tree"] = payload_tree(root)
        edit(value)
        record = new_object("blob", json.dumps(value, indent=2).encode() + b"\n")
        root[documents.RELEASE] = Entry(BLOB_MODE, record.id)
        extra.append(record)
        if not keep_signature:
            root.pop(documents.SIGNATURE, None)
        if key is not None:
            signature = new_object("blob", key.sign(record.data, RELEASE_NAMESPACE).encode())
            root[documents.SIGNATURE] = Entry(BLOB_MODE, signature.id)
            extra.append(signature)
    top = new_object("tree", encode_tree(root))
    made = new_object(
        "commit",
        encode_commit(top.id, base if parent == "" else parent, ("M", "m@x"), datetime(2026, 11, 2, tzinfo=UTC), "x"),
    )
    firm.git.run("unpack-objects", "-q", input=encode_pack([*extra, top, made])[0])
    return made.id


def put(firm: Company, tip: str) -> None:
    """Force the branch to a commit, as somebody with enough rights would."""
    if firm.remote is not None:
        run(firm.root, "push", "-q", "--force", str(firm.remote), f"{tip}:refs/heads/env/production")
    else:
        run(firm.root, "update-ref", "refs/heads/env/production", tip)


def again(firm: Company, commits: list[str], parent: str | None) -> str:
    """The same trees on another parent, one after the other; the new tip."""
    for one in commits:
        view = firm.branch.view(one)
        assert view.header is not None
        data = encode_commit(view.header.tree, parent, ("M", "m@x"), datetime(2026, 11, 2, tzinfo=UTC), "x")
        made = new_object("commit", data)
        firm.git.run("unpack-objects", "-q", input=encode_pack([made])[0])
        parent = made.id
    assert parent is not None
    return parent
