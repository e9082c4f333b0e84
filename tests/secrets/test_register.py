"""Registering providers, and looking after them, against a real OpenBao and a real mock endpoint."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import git
from tests.release.forge.fake import FakeGitHub
from tests.repos import on_a_terminal, provider_yaml, pxctl
from tests.secrets.conftest import Bao
from tests.servers import llmock

from pxctl.signals.journal import Journal

KEY = "canary-register-0123456789"


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with llmock() as url:
        yield url


class Repo:
    """A repository whose provider secrets lie under one path of the store."""

    def __init__(self, root: Path, name: str, url: str, bao: Bao) -> None:
        self.root, self.name, self.url, self.bao = root, name, url, bao
        self.ref = f"vault://secret/{{environment}}/{name}/x#api_key"

    def run(self, *args: str, stdin: str = ""):
        done = pxctl(self.root, *args, stdin=stdin, env={"VAULT_TOKEN": "root"})
        assert KEY not in done.stdout + done.stderr and "Traceback" not in done.stderr, done.stderr
        return done

    def stored(self) -> bool:
        import hvac.exceptions

        try:
            self.bao.client().secrets.kv.v2.read_secret_version(
                f"production/{self.name}/x", raise_on_deleted_version=True
            )
        except hvac.exceptions.InvalidPath:
            return False
        return True

    def events(self) -> list[str]:
        return [record["event"] for record in Journal(self.root / ".pxctl" / "journal.jsonl").read()]

    def register(self, *args: str, stdin: str = KEY):
        return self.run(
            "provider", "register", "x", "--from-catalog", "openai/gpt-4.1-mini", "--url", f"us={self.url}/v1",
            "--credential-ref", self.ref, *args, stdin=stdin,
        )  # fmt: skip


@pytest.fixture
def repo(make_repo: Callable[..., Path], bao: Bao, mock: str) -> Repo:
    name = uuid.uuid4().hex[:8]
    project = (
        "version: 1\nenvironments: {production: {}}\n"
        f'credential_grants: [{{ref: "vault://secret/{{environment}}/{name}", hosts: ["127.0.0.1"]}}]\n'
        f'secret_stores: {{vault: {{address: "{bao.url}", timeout_ms: 30000}}}}\n'
    )
    files = {
        "pxctl.yaml": project,
        "providers/a.yaml": provider_yaml("a", f"{mock}/v1", secret_policy="none", credential_ref=None),
    }
    return Repo(make_repo(files, name), name, mock, bao)


def test_from_nothing_to_passing_evidence(repo: Repo) -> None:
    done = repo.register()
    assert done.returncode == 0 and "wrote providers/x.yaml" in done.stdout, done.stderr
    text = (repo.root / "providers/x.yaml").read_text()
    assert "context_tokens: 1047576" in text and "input_per_mtok: 0.4" in text and KEY not in text and repo.ref in text
    assert repo.stored() and repo.events() == ["provider.created"]
    assert repo.run("validate", "x").returncode == 0
    listed = json.loads(repo.run("provider", "list", "--format", "json", "--secret", "present").stdout)["providers"]
    assert [(row["id"], row["observed"], row["active"]) for row in listed] == [("x", "passing", "gpt-4.1-mini")]


def test_onto_a_branch_without_touching_the_work_tree(repo: Repo) -> None:
    done = repo.register("--branch", "add-x")
    assert done.returncode == 0, done.stderr
    assert not (repo.root / "providers/x.yaml").exists()
    assert git(repo.root, "show", "add-x:providers/x.yaml").startswith("# yaml-language-server")
    assert (
        git(repo.root, "status", "--porcelain") == ""
        and git(repo.root, "log", "-1", "--format=%s", "add-x") == "Register provider x"
    )


def test_with_a_pull_request(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret is stored, the file waits for review on the forge, and the work tree is as it was."""
    fake = FakeGitHub(tmp_path)
    try:
        monkeypatch.setenv("FORGE_TOKEN", fake.token)
        text = (repo.root / "pxctl.yaml").read_text()
        forge = f'forge: {{repository: acme/config, url: "{fake.url}", credential_ref: "env://FORGE_TOKEN"}}\n'
        grant = 'credential_grants: [{ref: "env://FORGE_TOKEN", hosts: ["127.0.0.1"]}, '
        (repo.root / "pxctl.yaml").write_text(text.replace("credential_grants: [", grant) + forge)
        git(repo.root, "commit", "-qam", "forge")
        git(repo.root, "remote", "add", "origin", str(fake.bare))
        git(repo.root, "push", "-q", "origin", "main")
        done = repo.register("--pr")
        assert done.returncode == 0 and "is on branch pxctl/provider-x; pull request 1: " in done.stdout, done.stderr
        assert fake.token not in done.stdout + done.stderr
        (pull,) = fake.pulls.values()
        assert (pull["title"], pull["base"]["ref"]) == ("Register provider x", "main")
        assert pull["head"]["ref"] == "pxctl/provider-x" and repo.ref in pull["body"] and KEY not in pull["body"]
        pushed = git(fake.bare, "show", "pxctl/provider-x:providers/x.yaml")
        assert "id: x" in pushed and repo.ref in pushed and KEY not in pushed
        assert git(fake.bare, "diff", "--name-only", "main", "pxctl/provider-x") == "providers/x.yaml"
        assert git(repo.root, "status", "--porcelain") == "" and not (repo.root / "providers/x.yaml").exists()
        assert repo.stored() and repo.events() == ["provider.created"]
    finally:
        fake.close()
    assert fake.violations == []


def test_the_guided_form_on_a_terminal(repo: Repo) -> None:
    answers = [
        ("kind (", "openai_compatible"), ("endpoint (", f"us={repo.url}/v1"), ("model id", "gpt-4.1-mini"),
        ("credential reference", repo.ref), ("secret of x:", KEY), ("again:", KEY),
    ]  # fmt: skip
    code, shown = on_a_terminal(repo.root, "provider", "register", "x", env={"VAULT_TOKEN": "root"}, answers=answers)
    assert code == 0 and "wrote providers/x.yaml" in shown, shown
    assert f"us={repo.url}/v1" in shown, "what is typed is echoed"
    assert KEY not in shown and KEY[:12] not in shown, "a secret is not"
    text = (repo.root / "providers/x.yaml").read_text()
    assert "kind: openai_compatible" in text and repo.ref in text and KEY not in text
    assert repo.stored() and repo.run("validate", "x").returncode == 0


def test_two_secrets_that_differ_on_a_terminal_store_nothing(repo: Repo) -> None:
    answers = [("secret of x:", KEY), ("again:", KEY + "x")]
    args = ("--from-catalog", "openai/gpt-4.1-mini", "--url", f"us={repo.url}/v1", "--credential-ref", repo.ref)
    env = {"VAULT_TOKEN": "root"}
    code, shown = on_a_terminal(repo.root, "provider", "register", "x", *args, env=env, answers=answers)
    assert code == 2 and "the two did not match; nothing was done" in shown and KEY not in shown
    assert not repo.stored() and not (repo.root / "providers/x.yaml").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--kind", "Not-A-Kind"), "kind"),
        (("--from-catalog", "openai/no-such-model"), "the catalogue of"),
        (("--url", "not-a-url"), "url"),
        (("--credential-ref", "sk-0123456789abcdefgh"), ""),
    ],
)
def test_what_lint_refuses_stores_nothing(repo: Repo, args: tuple[str, ...], words: str) -> None:
    done = repo.register(*args)
    assert done.returncode in (1, 2) and words in done.stderr
    assert not repo.stored() and not (repo.root / "providers/x.yaml").exists()


def test_a_store_that_fails_leaves_nothing_but_a_record(repo: Repo) -> None:
    text = (repo.root / "pxctl.yaml").read_text().replace(repo.bao.url, "http://127.0.0.1:9")
    (repo.root / "pxctl.yaml").write_text(text)
    git(repo.root, "commit", "-qam", "store moved")
    done = repo.register()
    assert done.returncode == 2 and "cannot be reached" in done.stderr
    assert not (repo.root / "providers/x.yaml").exists() and repo.events() == ["provider.register_failed"]


def test_failing_later_removes_what_was_stored(repo: Repo) -> None:
    done = repo.register("--pr")
    assert done.returncode == 2 and "the secret that was stored is removed again" in done.stderr
    assert "names no forge" in done.stderr and not repo.stored()
    assert git(repo.root, "branch", "--list", "pxctl/*") == "" and repo.events() == ["provider.register_failed"]


def test_a_secret_that_is_there_already_is_not_overwritten(repo: Repo) -> None:
    assert repo.register().returncode == 0
    (repo.root / "providers/x.yaml").unlink()
    done = repo.register(stdin="canary-other-9876543210")
    assert done.returncode == 2 and "holds a secret already" in done.stderr


def test_new_enable_disable_set_status(repo: Repo) -> None:
    done = repo.run("provider", "new", "groq-test", "--from-catalog", "groq/llama-3.3-70b-versatile")
    assert done.returncode == 0 and "next: pxctl validate groq-test" in done.stdout, done.stderr
    path = repo.root / "providers/groq-test.yaml"
    path.write_text(path.read_text() + "# a comment that stays\n")
    assert repo.run("provider", "set-status", "groq-test", "active").returncode == 0
    assert repo.run("provider", "disable", "groq-test").returncode == 0
    assert (
        "enabled: false" in path.read_text()
        and "status: active" in path.read_text()
        and "that stays" in path.read_text()
    )
    assert repo.run("provider", "enable", "groq-test").returncode == 0 and "enabled: true" in path.read_text()
    for args in (
        ("set-status", "groq-test", "pending_fix"),
        ("enable", "nobody"),
        ("new", "empty"),
        ("list", "--sort", "x"),
    ):
        assert repo.run("provider", *args).returncode == 2
    shown = repo.run("provider", "show", "groq-test")
    assert "pending_validation" in shown.stdout and "llama-3.3-70b-versatile*" in shown.stdout
    assert "no provider matches" in repo.run("provider", "list", "--kind", "bedrock").stdout
