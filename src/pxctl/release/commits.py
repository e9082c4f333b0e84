"""Commits on branches of people: a release request on top of main, without touching the work tree."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pxctl.core.errors import GitError
from pxctl.model.release import Actor
from pxctl.release.edit import with_changes
from pxctl.release.git import Git
from pxctl.release.objects import encode_commit, encode_pack, encode_tree, new_object
from pxctl.release.view import View


def commit_file(
    git: Git, parent: str, path: str, data: bytes, actor: Actor, when: datetime, message: str,
    remove: Iterable[str] = (),
) -> str:  # fmt: skip
    """Write a commit that adds one file to `parent`, and removes others; no reference points to it yet. Its id."""
    base = git.resolve(parent)
    if base is None:
        raise GitError(f"`{parent}` is not a commit here")
    view = View(git.reader, base)
    blob = new_object("blob", data)
    root, trees = with_changes(view, {**dict.fromkeys(remove), path: blob.id})
    top = new_object("tree", encode_tree(root))
    commit = new_object("commit", encode_commit(top.id, base, (actor.name, actor.email), when, message))
    git.run("unpack-objects", "-q", input=encode_pack((blob, *trees, top, commit))[0])
    return commit.id
