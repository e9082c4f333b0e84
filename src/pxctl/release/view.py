"""What an environment branch holds at one commit, read only as far as somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from pxctl.core.errors import GitError
from pxctl.core.ids import tenant_shard
from pxctl.model.release import Pins, Release, SafeModeFile, Signers
from pxctl.release import documents
from pxctl.release.objects import (
    TREE_MODE,
    Commit,
    Entry,
    NewObject,
    decode_commit,
    decode_tree,
    encode_tree,
    id_at,
    new_object,
)

Tree = Mapping[str, Entry]


class Store(Protocol):
    """Where git objects come from."""

    def many(self, names: Iterable[str]) -> list[tuple[str, str, bytes] | None]:
        """(id, kind, data) for each id, or None."""
        ...


def tenant_path(tenant: str) -> str:
    """Where a tenant's pins lie."""
    return f"tenants/{tenant_shard(tenant)}/{tenant}.yaml"


def tombstone_path(tenant: str) -> str:
    """Where it is recorded that a tenant was removed."""
    return f"tombstones/{tenant_shard(tenant)}/{tenant}.yaml"


def version_folder(subject: str) -> str:
    """The folder of a subject's versions: `policies`, `providers`, `flags` or `roster`."""
    return subject.partition("/")[0]


def version_path(subject: str, stem: str, number: int) -> str:
    """Where one file of a version lies; `stem` is the source file's name without ending."""
    return f"versions/{version_folder(subject)}/{stem}@{number}.yaml"


@dataclass
class View:
    """The tree of one commit of an environment branch (`commit` None: there is no branch yet)."""

    store: Store
    commit: str | None
    _raw: dict[str, bytes] = field(default_factory=dict, repr=False)
    _trees: dict[str, Tree] = field(default_factory=dict, repr=False)
    _pins: dict[str, Pins] = field(default_factory=dict, repr=False)
    _views: dict[str, View] = field(default_factory=dict, repr=False)
    _tenants: dict[str, str | None] = field(default_factory=dict, repr=False)

    @cached_property
    def header(self) -> Commit | None:
        """The commit object."""
        if self.commit is None:
            return None
        found = self.store.many([self.commit])[0]
        if found is None or found[1] != "commit":
            raise GitError(f"commit {self.commit[:12]} is not here", hint="run `git fetch` or `git fsck`")
        return decode_commit(found[2])

    @cached_property
    def root(self) -> Tree:
        """The root tree."""
        return self.tree(self.header.tree) if self.header else {}

    def at(self, commit: str) -> View:
        """Another commit of the same repository; trees and pins that were read are shared."""
        if commit not in self._views:
            self._views[commit] = View(self.store, commit, self._raw, self._trees, self._pins, self._views)
        return self._views[commit]

    def trim(self, trees: int = 20_000) -> None:
        """Forget what was read, here and in the views that share it, where that is more than so many trees."""
        if len(self._raw) > trees:
            for kept in (self._raw, self._trees, self._pins, self._views):
                kept.clear()

    # trees and blobs

    def tree(self, id_: str) -> Tree:
        """The lines of a tree object."""
        if id_ not in self._trees:
            self._trees[id_] = decode_tree(self.raw(id_))
        return self._trees[id_]

    def raw(self, id_: str) -> bytes:
        """The bytes of a tree object."""
        self.load_trees([id_])
        return self._raw[id_]

    def load_trees(self, ids: Iterable[str]) -> None:
        """Read several tree objects at once."""
        wanted = [id_ for id_ in dict.fromkeys(ids) if id_ not in self._raw]
        for id_, found in zip(wanted, self.store.many(wanted), strict=True):
            if found is None or found[1] != "tree":
                raise GitError(f"tree {id_[:12]} is not here", hint="run `git fetch` or `git fsck`")
            self._raw[id_] = found[2]

    def remember(self, item: NewObject) -> None:
        """Keep a tree that was just made, so that it need not be read."""
        self._raw[item.id] = item.data

    def folder(self, path: str) -> Tree:
        """The lines of a folder; empty where there is none."""
        tree = self.root
        for part in path.split("/") if path else ():
            entry = tree.get(part)
            if entry is None or entry.mode != TREE_MODE:
                return {}
            tree = self.tree(entry.id)
        return tree

    def blob_id(self, path: str) -> str | None:
        """The id of the blob at a path, or None."""
        folder, _, name = path.rpartition("/")
        entry = self.folder(folder).get(name)
        return entry.id if entry is not None and entry.mode != TREE_MODE else None

    def blob(self, id_: str) -> bytes:
        """A blob's bytes."""
        found = self.store.many([id_])[0]
        if found is None or found[1] != "blob":
            raise GitError(f"blob {id_[:12]} is not here", hint="run `git fetch` or `git fsck`")
        return found[2]

    def read(self, path: str) -> bytes | None:
        """The bytes at a path, or None."""
        id_ = self.blob_id(path)
        return None if id_ is None else self.blob(id_)

    # what it means

    @cached_property
    def release_bytes(self) -> bytes | None:
        """RELEASE.json as it stands."""
        return self.read(documents.RELEASE)

    @cached_property
    def release(self) -> Release | None:
        """The release that this commit is. Raises GitError where RELEASE.json cannot be read."""
        if self.release_bytes is None:
            return None
        return documents.decode_release(self.release_bytes, f"{(self.commit or '')[:12]}:RELEASE.json")

    @cached_property
    def signers(self) -> Signers:
        """Who may do what from here on."""
        data = self.read(documents.SIGNERS)
        return Signers() if data is None else documents.decode_model(Signers, data, documents.SIGNERS)

    @cached_property
    def safe_mode(self) -> SafeModeFile:
        """Where safe mode is on."""
        data = self.read(documents.SAFE_MODE)
        return SafeModeFile() if data is None else documents.decode_model(SafeModeFile, data, documents.SAFE_MODE)

    def payload_tree(self) -> str:
        """The id of the tree without RELEASE.json, its signature and `evidence/`."""
        return payload_tree(self.root)

    def versions(self, kind: str) -> dict[str, dict[int, str]]:
        """File stem -> number -> blob id, of one kind of version."""
        found: dict[str, dict[int, str]] = {}
        for name, entry in self.folder(f"versions/{kind}").items():
            stem, _, number = name.removesuffix(".yaml").rpartition("@")
            if stem and number.isascii() and number.isdigit() and name.endswith(".yaml"):
                found.setdefault(stem, {})[int(number)] = entry.id
        return found

    def version_files(self, subject: str, number: int) -> dict[str, str]:
        """File stem -> blob id, of one version of a subject; empty where the tip no longer has it."""
        kind, _, name = subject.partition("/")
        versions = self.versions(kind)
        return {stem: ids[number] for stem, ids in versions.items() if number in ids and (not name or stem == name)}

    def numbers(self, subject: str) -> list[int]:
        """The version numbers of a subject that this commit holds."""
        kind, _, name = subject.partition("/")
        return sorted({n for stem, ids in self.versions(kind).items() if not name or stem == name for n in ids})

    def _shards(self, names: Iterable[str]) -> dict[str, str]:
        """The ids of the folders under `tenants/` by their two hex digits, all of them read."""
        top = self.folder("tenants")
        wanted = {name: top[name].id for name in names if name in top}
        self.load_trees(wanted.values())
        return wanted

    def tenant_ids(self) -> list[str]:
        """Every tenant of the environment, sorted."""
        return sorted(self.pins_blobs())

    def pins_blobs(self, tenants: Iterable[str] | None = None) -> dict[str, str]:
        """Tenant -> blob id of its pins; tenants that the environment does not have are left out. None: all."""
        if tenants is None:
            shards = self._shards(self.folder("tenants")).values()
            return {name.removesuffix(".yaml"): entry.id for id_ in shards for name, entry in self.tree(id_).items()}
        wanted, by_shard = list(tenants), dict[str, list[str]]()
        for tenant in wanted:
            if tenant not in self._tenants:
                by_shard.setdefault(tenant_shard(tenant), []).append(tenant)
        for shard, tree_id in self._shards(by_shard).items() if by_shard else ():
            raw = self._raw[tree_id]
            for tenant in by_shard.pop(shard):
                at = id_at(raw, f"{tenant}.yaml")
                self._tenants[tenant] = raw[at : at + 20].hex() if at else None
        self._tenants.update((tenant, None) for missing in by_shard.values() for tenant in missing)
        return {tenant: id_ for tenant in wanted if (id_ := self._tenants[tenant]) is not None}

    def pins_of_blobs(self, ids: Iterable[str]) -> dict[str, Pins]:
        """Blob id -> pins, each distinct blob read once."""
        wanted = list(dict.fromkeys(ids))
        missing = [id_ for id_ in wanted if id_ not in self._pins]
        for id_, found in zip(missing, self.store.many(missing), strict=True):
            if found is None:
                raise GitError(f"blob {id_[:12]} is not here", hint="run `git fsck`")
            self._pins[id_] = documents.decode_model(Pins, found[2], f"pins {id_[:12]}")
        return {id_: self._pins[id_] for id_ in wanted}

    def pins(self, tenants: Iterable[str] | None = None) -> dict[str, Pins]:
        """Tenant -> pins; tenants that the environment does not have are left out. None: all."""
        blobs = self.pins_blobs(tenants)
        values = self.pins_of_blobs(blobs.values())
        return {tenant: values[id_] for tenant, id_ in blobs.items()}


def payload_tree(root: Tree) -> str:
    """The id of a root tree's payload part."""
    inside = {name: entry for name, entry in root.items() if name not in documents.OUTSIDE_PAYLOAD}
    return new_object("tree", encode_tree(inside)).id
