"""A stateful stand-in for GitHub: a real HTTP server on loopback over a bare git repository.

Every request that reaches it, and every answer it gives, is checked against GitHub's OpenAPI description; what does not
fit is kept in `violations`, and the fixture fails the test. Faults are put in front: see `faults`.
"""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.release.forge.fake_http import handler_for

MERGED_AT = "2026-11-02T09:30:00Z"


@dataclass
class Fault:
    """What happens to the next request that fits: an answer of its own, or a connection that is cut."""

    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    method: str | None = None
    cut: str = ""
    """`before`: nothing is done and the connection closes; `after`: it is done, and the answer is lost."""


class FakeGitHub:
    """One repository `acme/config`, its pull requests, reviews and statuses."""

    repository = "acme/config"
    token = "ghp_" + "k" * 36

    def __init__(self, path: Path) -> None:
        self.bare = path / "forge.git"
        self._git("init", "-q", "--bare", "-b", "main", str(self.bare), cwd=path)
        self.users: dict[str, dict[str, Any]] = {}
        self.pulls: dict[int, dict[str, Any]] = {}
        self.reviews: dict[int, list[dict[str, Any]]] = {}
        self.statuses: dict[str, list[dict[str, Any]]] = {}
        self.came_with: dict[str, int] = {}
        self.rules: list[dict[str, Any]] = []
        self.protection: dict[str, Any] | None = None
        self.page_cap = 100
        self.index_lags = False
        self.next_host = ""
        self.faults: list[Fault] = []
        self.asked: list[tuple[str, str]] = []
        self.tokens_seen: list[str | None] = []
        self.violations: list[str] = []
        self.me = self.user("ada")
        self.lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # what people do

    def user(self, login: str, kind: str = "User") -> dict[str, Any]:
        number = len(self.users) + 1
        return self.users.setdefault(login, {"login": login, "id": number, "type": kind, "node_id": f"U{number}"})

    def commit(
        self, branch: str, files: dict[str, str], message: str = "change", author: str = "ada", base: str = "main"
    ) -> str:
        """A commit on a branch; a branch that is not there starts at `base`."""
        tip = self.tip(branch) or self.tip(base)
        index = {"GIT_INDEX_FILE": str(self.bare / "index.fake")}
        self._git("read-tree", *([tip] if tip else ["--empty"]), env=index)
        for path, text in files.items():
            blob = self._git("hash-object", "-w", "--stdin", input=text)
            self._git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=index)
        tree = self._git("write-tree", env=index)
        made = self._commit(tree, [tip] if tip else [], message, author)
        self._git("update-ref", f"refs/heads/{branch}", made)
        return made

    def review(
        self, number: int, login: str, state: str = "APPROVED", association: str = "MEMBER", at: str = ""
    ) -> dict[str, Any]:
        item = {
            "id": sum(map(len, self.reviews.values())) + 100, "user": self.user(login) if login else None, "body": "",
            "state": state, "commit_id": self.tip(self.pulls[number]["head"]["ref"]), "author_association": association,
            "submitted_at": at or "2026-11-02T09:00:00Z", "node_id": "R",
        }  # fmt: skip
        self.reviews.setdefault(number, []).append(item)
        return item

    def merge(self, number: int, how: str) -> str:
        """Merge by squash, rebase or merge commit, with git itself; the commit that main is at afterwards."""
        pull = self.pulls[number]
        main, head = self.tip("main"), self.tip(pull["head"]["ref"])
        assert main
        assert head
        base = self._git("merge-base", main, head)
        own = self._git("rev-list", "--reverse", f"{base}..{head}").split()
        tree = self._git("merge-tree", "--write-tree", main, head).split()[0]
        title = f"{pull['title']} (#{number})"
        if how == "merge":
            made = [*own, self._commit(tree, [main, head], f"Merge pull request #{number}", "web-flow")]
        elif how == "squash":
            made = [self._commit(tree, [main], title, "web-flow")]
        else:
            made, tip = [], main
            for commit in own:
                before = self._git("rev-parse", f"{commit}^")
                index = {"GIT_INDEX_FILE": str(self.bare / "index.fake")}
                self._git("read-tree", tip, env=index)
                self._git("read-tree", "-i", "-m", "--aggressive", before, tip, commit, env=index)
                tip = self._commit(self._git("write-tree", env=index), [tip], "rebased", "ada")
                made.append(tip)
        self._git("update-ref", "refs/heads/main", made[-1])
        self.came_with |= dict.fromkeys(made, number)
        pull["head"]["sha"] = head
        pull |= {"state": "closed", "merged_at": MERGED_AT, "merge_commit_sha": made[-1], "merged": True,
                 "merged_by": self.user("carol")}  # fmt: skip
        return made[-1]

    def tip(self, branch: str) -> str | None:
        done = subprocess.run(
            ["git", "rev-parse", "-q", "--verify", f"refs/heads/{branch}"],
            cwd=self.bare,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip() or None

    def _commit(self, tree: str, parents: list[str], message: str, author: str) -> str:
        who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER")
               for part, value in (("NAME", author), ("EMAIL", f"{author}@example.test"))}  # fmt: skip
        return self._git("commit-tree", tree, *[a for p in parents for a in ("-p", p)], "-m", message, env=who)

    def _git(
        self, *args: str, cwd: Path | None = None, env: dict[str, str] | None = None, input: str | None = None
    ) -> str:
        done = subprocess.run(
            ["git", *args], cwd=cwd or self.bare, check=True, capture_output=True, text=True, input=input,
            env={**os.environ, **(env or {})},
        )  # fmt: skip
        return done.stdout.strip()

    # what the interface answers: (status, value) for (match, query, body)

    def _repo(self) -> dict[str, Any]:
        return {"id": 1, "name": "config", "full_name": self.repository, "owner": self.user("acme", "Organization")}

    def _end(self, branch: str) -> dict[str, Any]:
        sha, repo = self.tip(branch), self._repo()
        return {"ref": branch, "sha": sha, "label": f"acme:{branch}", "repo": repo, "user": self.me}

    def shown(self, number: int) -> dict[str, Any]:
        pull = self.pulls[number]
        if pull["state"] == "open":
            pull["head"]["sha"] = self.tip(pull["head"]["ref"])
        return pull

    def list_pulls(self, query: dict[str, str]) -> tuple[int, Any]:
        found = [self.shown(n) for n in sorted(self.pulls, reverse=True)]
        state = query.get("state", "open")
        found = [p for p in found if state in ("all", p["state"]) and query.get("base") in (None, p["base"]["ref"])]
        owner, colon, branch = query.get("head", "").partition(":")
        if colon:  # without a colon GitHub ignores the filter
            found = [p for p in found if p["head"]["ref"] == branch and p["head"]["label"] == f"{owner}:{branch}"]
        return 200, found

    def create_pull(self, body: dict[str, Any]) -> tuple[int, Any]:
        head, base = body["head"], body["base"]
        if self.tip(head) is None or self.tip(base) is None:
            return 422, {
                "message": "Validation Failed",
                "errors": [{"resource": "PullRequest", "field": "head", "code": "invalid"}],
            }
        if any(
            p["state"] == "open" and (p["head"]["ref"], p["base"]["ref"]) == (head, base) for p in self.pulls.values()
        ):
            text = f"A pull request already exists for acme:{head}."
            return 422, {
                "message": "Validation Failed",
                "errors": [{"resource": "PullRequest", "code": "custom", "message": text}],
            }
        number = len(self.pulls) + 1
        self.pulls[number] = {
            "number": number, "id": number, "state": "open", "title": body["title"], "body": body.get("body"),
            "draft": body.get("draft", False), "user": self.me, "labels": [], "merged_at": None, "merged": False,
            "merge_commit_sha": "e" * 40,  # GitHub's test merge, which is no merge
            "html_url": f"https://github.com/{self.repository}/pull/{number}", "author_association": "MEMBER",
            "head": self._end(head), "base": self._end(base),
        }  # fmt: skip
        return 201, self.shown(number)

    def change_pull(self, number: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.pulls[int(number)] |= {k: v for k, v in body.items() if k in ("title", "body", "state")}
        if "body" in body:  # GitHub keeps the line ends of its own web page
            self.pulls[int(number)]["body"] = body["body"].replace("\n", "\r\n")
        return 200, self.shown(int(number))

    def add_labels(self, number: str, body: dict[str, Any]) -> tuple[int, Any]:
        labels = self.pulls[int(number)]["labels"]
        labels += [
            {"name": n, "id": len(n), "color": "ededed"} for n in body["labels"] if n not in [x["name"] for x in labels]
        ]
        return 200, labels

    def pulls_of_commit(self, commit: str) -> tuple[int, Any]:
        done = subprocess.run(["git", "cat-file", "-e", f"{commit}^{{commit}}"], cwd=self.bare, capture_output=True)
        if done.returncode:
            return 422, {"message": f"No commit found for SHA: {commit}"}
        if self.index_lags:
            return 200, []
        near = {self.came_with[commit]} if commit in self.came_with else set()
        near |= {n for n, p in self.pulls.items() if p["state"] == "open" and p["head"]["sha"] == commit}
        return 200, [self.shown(n) for n in sorted(near)]

    def commits_of_pull(self, number: str) -> tuple[int, Any]:
        pull = self.shown(int(number))
        lines = self._git(
            "log", "--reverse", "--format=%H%x1f%an%x1f%B%x1e", f"{pull['base']['sha']}..{pull['head']['sha']}"
        )
        found = []
        for line in filter(None, (part.strip() for part in lines.split("\x1e"))):
            sha, author, message = line.split("\x1f")
            known = self.users.get(author, {})  # somebody without an account
            found.append({"sha": sha, "author": known, "committer": known, "commit": {"message": message}})
        return 200, found

    def contents(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        spec = f"{query.get('ref', 'main')}:{unquote(path)}"
        done = subprocess.run(
            ["git", "rev-parse", "-q", "--verify", spec], cwd=self.bare, capture_output=True, text=True
        )
        if done.returncode:
            return 404, {"message": "Not Found"}
        sha = done.stdout.strip()
        if self._git("cat-file", "-t", sha) == "tree":
            return 200, []
        return 200, {"type": "file", "sha": sha, "path": unquote(path), "name": Path(path).name, "encoding": "base64"}

    def add_status(self, commit: str, body: dict[str, Any]) -> tuple[int, Any]:
        item = {**body, "id": 1, "creator": self.me}
        self.statuses.setdefault(commit, []).insert(0, item)
        return 201, item

    def show_protection(self) -> tuple[int, Any]:
        return (404, {"message": "Branch not protected"}) if self.protection is None else (200, self.protection)

    def maybe(self, number: str) -> tuple[int, Any]:
        return (200, self.shown(int(number))) if int(number) in self.pulls else (404, {"message": "Not Found"})
