"""A tree of files to one configuration: everything that could be read, and a finding for everything that could not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pxctl.core.digest import blob_id
from pxctl.core.span import Span
from pxctl.load.kinds import kind_of
from pxctl.load.reader import Locator, read
from pxctl.load.shape import Fault, build, faults, rebuild, value_at
from pxctl.load.tree import Tree, UnreadableError
from pxctl.load.yaml_places import NOWHERE, Problem
from pxctl.model.configuration import Configuration, Loaded
from pxctl.model.document import Document, Path
from pxctl.model.finding import Edit, Finding, Severity
from pxctl.model.reading import Reading, Readings

if TYPE_CHECKING:
    from pxctl.model.catalogue import Catalogue
    from pxctl.model.project import Project

LISTS = {"roster": "tenants", "guarantees": "guarantees", "config_keys": "keys"}
OBJECTS = {"roster": "tenant", "guarantees": "guarantee", "config_keys": "config_key"}
NAMES = {
    "provider": "id",
    "policy": "name",
    "scenario": "name",
    "tenant": "id",
    "guarantee": "name",
    "config_key": "name",
}


def load(
    tree: Tree,
    *,
    catalogue: Catalogue | None = None,
    require_project: bool = True,
    readings: Readings | None = None,
) -> Loaded:
    """Read every file of a tree. Never raises for what files say: `findings` tells, and such files are left out.

    What `readings` hold of a file is not found out again, and what is read anew is put there.
    """
    loading = _Loading(readings)
    for path in tree.paths():
        loading.add_path(tree, path)
    if require_project and "pxctl.yaml" not in loading.seen and "pxctl.json" not in loading.seen:
        hint = "run `pxctl init`, or name the repository with --repo DIR"
        loading.report(Finding(code="PX0019", severity=Severity.ERROR, span=Span("pxctl.yaml"),
                               message="the repository has no pxctl.yaml", hint=hint))  # fmt: skip
    if catalogue is None:
        from pxctl.load.catalogue import load_catalogue

        catalogue = load_catalogue()
    return loading.done(catalogue, tree.source)


def load_document(file: str, kind: str, data: bytes) -> tuple[Document, Any, list[Finding]]:
    """One file: its document, its model (None where something is wrong) and its findings."""
    document, problems = read(file, kind, data)
    findings = [_problem(document, problem) for problem in problems]
    if any(problem.fatal for problem in problems):
        return document, None, findings
    if not isinstance(document.data, dict):
        empty = document.data is None
        message = "the file is empty" if empty else "the file must hold a mapping: `field: value`"
        hint = "write its fields, or remove the file"
        return document, None, [*findings, _problem(document, Problem("PX0010", message, NOWHERE, hint))]
    model = build(kind, document.data)
    if model is None:
        findings += [
            Finding(
                code=fault.code,
                severity=Severity.ERROR,
                span=document.span(*fault.path, key=fault.key),
                message=fault.message,
                hint=fault.hint,
                path=fault.path,
                fix=_fix(document, fault),
            )
            for fault in faults(kind, document.data)
        ]
    return document, None if findings else model, findings


def _recalled(readings: Readings, file: str, kind: str, data: bytes) -> tuple[Document, Any, list[Finding]] | None:
    """What `load_document` answered for the same file with the same bytes, or None where that is not known."""
    blob = blob_id(data)
    reading = readings.get((file, blob))
    model = rebuild(kind, reading.data) if reading is not None and reading.sound else None
    if reading is None or (reading.sound and model is None):
        return None
    text = data.decode("utf-8", "replace")
    return Document(file, kind, text, reading.data, blob, Locator(file, text)), model, list(reading.findings)


def _fix(document: Document, fault: Fault) -> tuple[Edit, ...]:
    if fault.code not in ("PX0011", "PX0013") or not isinstance(document.locate, Locator):
        return ()
    from pxctl.load.fixes import safe_fix

    return safe_fix(
        document.file,
        document.kind,
        fault.code,
        fault.path,
        value_at(document.data, fault.path),
        document.locate.composed,
    )


def _problem(document: Document, problem: Problem) -> Finding:
    return Finding(code=problem.code, severity=Severity.ERROR, span=problem.place.span(document.file),
                   message=problem.message, hint=problem.hint, path=problem.path)  # fmt: skip


@dataclass(slots=True)
class _Loading:
    """What has been read so far."""

    readings: Readings | None = None
    seen: set[str] = field(default_factory=set)
    documents: dict[str, Document] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    origin: dict[tuple[str, str], tuple[str, Path]] = field(default_factory=dict)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    project: Project | None = None

    def report(self, *findings: Finding) -> None:
        self.findings.extend(findings)

    def add_path(self, tree: Tree, path: str) -> None:
        self.seen.add(path)
        kind = kind_of(path)
        try:
            if kind is None:
                tree.read(path)
                self.report(_not_read(path))
                return
            data = tree.read(path)
        except UnreadableError as error:
            span = error.span or Span(path)
            self.report(
                Finding(code=error.code, severity=Severity.ERROR, span=span, message=error.message, hint=error.hint)
            )
            return
        document, model, findings = self.one(printable_path(path), kind, data)
        self.documents[document.file] = document
        self.report(*findings)
        if model is not None:
            self.add(document, model)

    def one(self, file: str, kind: str, data: bytes) -> tuple[Document, Any, list[Finding]]:
        if self.readings is None:
            return load_document(file, kind, data)
        known = _recalled(self.readings, file, kind, data)
        if known is not None:
            return known
        document, model, findings = load_document(file, kind, data)
        if isinstance(document.locate, Locator):  # else it is no text, and has no places
            self.readings[file, document.blob] = Reading(document.data, model is not None, tuple(findings))
        return document, model, findings

    def add(self, document: Document, model: Any) -> None:
        kind = document.kind
        if kind == "project":
            if self.project is not None:
                self.report(_twice(document, (), "pxctl.yaml and pxctl.json are both here", "keep one of them"))
            self.project = model
        elif kind in LISTS:
            name = LISTS[kind]
            for i, item in enumerate(getattr(model, name)):
                self.put(OBJECTS[kind], getattr(item, NAMES[OBJECTS[kind]]), item, document, (name, i))
        elif kind in ("provider", "policy", "scenario"):
            self.put(kind, getattr(model, NAMES[kind]), model, document, ())
        else:
            stem = document.file.rsplit("/", 1)[-1].rpartition(".")[0]
            self.put(kind, document.file if kind == "request" else stem, model, document, ())

    def put(self, kind: str, name: str, value: Any, document: Document, path: Path) -> None:
        if (kind, name) in self.origin:
            file, _ = self.origin[kind, name]
            where = self.documents[file].span(*self.origin[kind, name][1])
            words = kind.replace("_", " ")
            at = (*path, NAMES[kind]) if kind in NAMES else path
            self.report(
                _twice(document, at, f"{words} `{name}` is defined twice; first at {where}", "keep one of them")
            )
            return
        self.origin[kind, name] = (document.file, path)
        self.objects.setdefault(kind, {})[name] = value

    def done(self, catalogue: Catalogue, source: str | None) -> Loaded:
        def of(kind: str) -> dict[str, Any]:
            return self.objects.get(kind, {})

        config = Configuration(
            project=self.project or _default_project(),
            providers=of("provider"),
            policies=of("policy"),
            tenants=of("tenant"),
            flags=of("flags"),
            guarantees=tuple(of("guarantee").values()),
            scenarios=of("scenario"),
            config_keys=tuple(of("config_key").values()),
            requests=of("request"),
            catalogue=catalogue,
        )
        return Loaded(config, self.documents, _sorted(self.findings), source, self.origin)


def _default_project() -> Project:
    """What a tree without a readable pxctl.yaml is taken for; a finding says that it is missing."""
    from pxctl.model.project import Environment, Project

    return Project(environments={"production": Environment()})


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=Finding.sort_key))


def printable_path(path: str) -> str:
    """A path that can be shown and encoded: bytes that are not UTF-8 and control characters are escaped."""
    if path.isprintable():
        return path
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path)


def _not_read(path: str) -> Finding:
    folder = path.rpartition("/")[0]
    hint = (
        "rename it to end in .yaml" if not path.endswith((".yaml", ".json")) else f"move it to {folder.split('/')[0]}/"
    )
    return Finding(code="PX0018", severity=Severity.ERROR, span=Span(printable_path(path)), hint=hint,
                   message="this file looks like configuration and is not read")  # fmt: skip


def _twice(document: Document, path: Path, message: str, hint: str) -> Finding:
    return Finding(
        code="PX0017", severity=Severity.ERROR, span=document.span(*path), message=message, hint=hint, path=path
    )
