"""Fourteen forgeries (and some more): each is found, by `audit verify`, by whoever releases next, or by both.

Out of reach, and why: a signer who signs a lie (signatures say who, not whether it is wise); a branch that was cut on a
machine that never saw its end (nothing there knows what is missing; a checkpoint from elsewhere does).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pxctl.core.errors import RefusedError
from pxctl.model.live import AuditReport
from pxctl.model.project import Approvals
from pxctl.model.release import Signers
from pxctl.release.approvals import approve, collect
from pxctl.release.audit import tip_problems
from pxctl.release.controls import SafeModeSwitch, SignersChange
from pxctl.release.documents import encode_pins
from pxctl.release.engine import Terms
from pxctl.release.publish import Publish
from pxctl.release.sign import SigningKey, maker
from pxctl.release.verify import Verification, anchor, remember, trust
from pxctl.release.view import tenant_path
from tests.release import forgery
from tests.release.world import Company, company, make_key, principal, run


class Bank(Company):
    """A company with signers, approvals and five releases."""

    keys: dict[str, SigningKey]
    chain: list[str]

    def approvals(self, digest: str) -> tuple:  # type: ignore[type-arg]
        return collect(self.branch, self.view().signers, digest, self.clock.now())

    def agreed(self, intent: object, who: str = "bob") -> str:
        """Plan, have somebody agree, release."""
        plan = self.make(intent, dry_run=True).plan
        approve(self.branch, self.view().signers, plan.digest, self.keys[who], self.clock.now())
        made = self.make(intent, Terms(digest=plan.digest, approvals=self.approvals, author="ada"))
        assert made.commit
        return made.commit

    def verify(self, tip: str | None = None, checkpoint: str | None = None) -> AuditReport:
        branch = self.branch
        walk = Verification(branch, self.clock.now(), timedelta(days=14))
        return anchor(branch, walk.walk(tip or branch.tip() or ""), None, checkpoint)

    def problems(self, tip: str | None = None) -> str:
        return "; ".join(p.problem for p in self.verify(tip).problems)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    plain = company(tmp_path)
    bank = Bank(plain.root, None, plain.tenants, plain.project)
    bank.keys = {name: make_key(tmp_path, name) for name in ("ada", "bob", "eve", "robot")}
    bank.key = bank.keys["ada"]
    people = (
        principal("ada", bank.keys["ada"]),
        principal("bob", bank.keys["bob"]),
        principal("robot", bank.keys["robot"], bot=True),
    )
    made = bank.init(Signers(signers=people, approvals=Approvals(by="signature", required=1)))
    assert made.commit
    trust(bank.branch, made.commit)
    bank.chain = [made.commit]
    for note in ("one", "two", "three"):
        content = bank.commit("routing-policies/default.yaml", f"name: default\ndescription: {note}\n")
        bank.chain.append(bank.agreed(Publish("policies/default", content)))
    bank.chain.append(bank.make(SafeModeSwitch(True, reason="x"), Terms(emergency=True)).commit or "")
    yield bank
    bank.git.close()


def test_nothing_forged_is_nothing_found(bank: Bank) -> None:
    report = bank.verify()
    assert report.problems == () and not report.failed
    assert (report.releases, report.signed, report.approvals) == (5, 5, 3)


def test_01_reordered(bank: Bank) -> None:
    a, b, c, d, e = bank.chain
    assert "digest chain" in bank.problems(forgery.again(bank, [c, b, d, e], a))


def test_02_dropped(bank: Bank) -> None:
    _, b, _, d, e = bank.chain
    assert "seq is 4, 3 was due" in bank.problems(forgery.again(bank, [d, e], b))


def test_03_edited_record(bank: Bank) -> None:
    tip = forgery.commit(
        bank, bank.chain[4], {}, lambda r: r.update(reason="nicer"), parent=bank.chain[3], keep_signature=True
    )
    assert "signature is not by anybody" in bank.problems(tip)


def test_03b_edited_payload(bank: Bank) -> None:
    path = tenant_path("t000")
    pins = bank.view().pins(["t000"])["t000"].replace("policies/default", 1)
    tip = forgery.commit(bank, bank.chain[4], {path: encode_pins(pins)}, None, parent=bank.chain[3])
    assert "payload" in bank.problems(tip)


def test_04_re_signed_by_somebody_else(bank: Bank) -> None:
    tip = forgery.commit(
        bank, bank.chain[4], {}, lambda r: r.update(reason="mine"), key=bank.keys["eve"], parent=bank.chain[3]
    )
    assert "not by anybody whom the release before it lists" in bank.problems(tip)


def test_04b_re_signed_by_somebody_else_under_a_signers_key(bank: Bank) -> None:
    """The signature says which key made it; that it does not say so by itself is found by the check of it."""
    ada, eve = (base64.b64decode(bank.keys[n].public.split()[1]) for n in ("ada", "eve"))
    real = SigningKey.sign

    def lie(key: SigningKey, data: bytes, namespace: str) -> str:
        begin, *lines, end = real(key, data, namespace).split("\n")[:-1]
        changed = base64.b64decode("".join(lines)).replace(eve, ada)
        return "\n".join([begin, base64.b64encode(changed).decode(), end, ""])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SigningKey, "sign", lie)
        tip = forgery.commit(
            bank, bank.chain[4], {}, lambda r: r.update(reason="mine"), key=bank.keys["eve"], parent=bank.chain[3]
        )
    found = bank.branch.view(tip).read("RELEASE.json.sig") or b""
    claimed = maker(found.decode(), bank.view().signers)
    assert claimed is not None and claimed[0].principal == "ada"
    assert "not by anybody whom the release before it lists" in bank.problems(tip)


def test_05_approval_forged(bank: Bank) -> None:
    def edit(record: dict) -> None:  # type: ignore[type-arg]
        body = record["approvals"][0]["signature"].replace("at 2026", "at 2025")
        record["approvals"][0]["signature"] = body

    tip = forgery.commit(bank, bank.chain[3], {}, edit, key=bank.key, parent=bank.chain[2])
    assert "not signed by them" in bank.problems(tip)


def test_06_approval_reused_for_another_plan(bank: Bank) -> None:
    old = bank.branch.view(bank.chain[1]).release
    assert old is not None
    reused = [a.model_dump(mode="json", exclude_none=True) for a in old.approvals]
    tip = forgery.commit(
        bank, bank.chain[3], {}, lambda r: r.update(approvals=reused), key=bank.key, parent=bank.chain[2]
    )
    assert "is for another plan" in bank.problems(tip) and "approvals are missing" in bank.problems(tip)


def test_07_approved_by_the_author(bank: Bank) -> None:
    content = bank.commit("routing-policies/default.yaml", "name: default\ndescription: four\n")
    intent = Publish("policies/default", content)
    plan = bank.make(intent, dry_run=True).plan
    approve(bank.branch, bank.view().signers, plan.digest, bank.keys["bob"], bank.clock.now())
    with pytest.raises(RefusedError, match="1 of 1 approvals are missing"):
        bank.make(intent, Terms(approvals=bank.approvals, author="bob"))
    made = bank.make(intent, Terms(approvals=bank.approvals, author="ada"))
    assert made.release is not None

    def edit(record: dict) -> None:  # type: ignore[type-arg]
        record["actor"]["principal"] = "bob"

    tip = forgery.commit(bank, made.commit or "", {}, edit, key=bank.keys["bob"], parent=bank.chain[4])
    assert "they made the release" in bank.problems(tip)


def test_08_approved_with_a_revoked_key(bank: Bank) -> None:
    content = bank.commit("routing-policies/default.yaml", "name: default\ndescription: four\n")
    intent = Publish("policies/default", content)
    plan = bank.make(intent, dry_run=True).plan
    approve(bank.branch, bank.view().signers, plan.digest, bank.keys["bob"], bank.clock.now())
    made = bank.make(intent, Terms(approvals=bank.approvals, author="ada"))
    eve = SignersChange(add=principal("eve", bank.keys["eve"]))
    bank.agreed(eve)
    bank.agreed(SignersChange(revoke="bob"), "eve")
    assert made.release is not None and not bank.verify().problems, "what bob agreed to before stays agreed to"
    with pytest.raises(RefusedError, match="may not approve"):
        approve(bank.branch, bank.view().signers, plan.digest, bank.keys["bob"], bank.clock.now())
    assert bank.approvals(plan.digest) == ()


def test_09_approved_by_a_bot(bank: Bank) -> None:
    with pytest.raises(RefusedError, match="a bot never approves"):
        approve(bank.branch, bank.view().signers, "sha256:" + "0" * 64, bank.keys["robot"], bank.clock.now())

    def edit(record: dict) -> None:  # type: ignore[type-arg]
        record["approvals"][0]["principal"] = "robot"

    tip = forgery.commit(bank, bank.chain[3], {}, edit, key=bank.key, parent=bank.chain[2])
    assert "a bot never approves" in bank.problems(tip)


def test_10_unsigned_release(bank: Bank) -> None:
    tip = forgery.commit(bank, bank.chain[4], {}, lambda r: None, parent=bank.chain[3])
    assert "it is not signed" in bank.problems(tip)
    forgery.put(bank, tip)
    with pytest.raises(RefusedError, match="is not a release"):
        bank.make(SafeModeSwitch(False), Terms())


def test_11_shortened_branch(bank: Bank) -> None:
    remember(bank.branch, bank.verify())
    forgery.put(bank, bank.chain[2])
    assert "cut or rewritten" in bank.problems()


def test_11b_shortened_branch_on_a_remote_is_refused_at_once(tmp_path: Path) -> None:
    firm = company(tmp_path, remote=True)
    firm.init()
    first = firm.view().commit
    firm.publish("one")
    forgery.put(firm, first or "")
    with pytest.raises(RefusedError, match="was rewritten"):
        firm.publish("two")
    firm.git.close()


def test_12_swapped_version_file(bank: Bank) -> None:
    evil = b"name: default\ndescription: evil\n"
    tip = forgery.commit(
        bank, bank.chain[4], {"versions/policies/default@3.yaml": evil}, lambda r: None, key=bank.key,
        parent=bank.chain[3],
    )  # fmt: skip
    assert "a version never changes" in bank.problems(tip)


def test_12b_version_that_main_never_had(bank: Bank) -> None:
    evil = b"name: default\ndescription: evil\n"
    tip = forgery.commit(
        bank, bank.chain[3], {"versions/policies/default@3.yaml": evil}, lambda r: None, key=bank.key,
        parent=bank.chain[2],
    )  # fmt: skip
    assert "is not what commit" in bank.problems(tip)


def test_13_changed_signers(bank: Bank) -> None:
    signers = bank.view().read("signers.yaml") or b""
    more = signers + b"  - principal: eve\n    keys:\n      - " + bank.keys["eve"].public.encode() + b"\n"
    tip = forgery.commit(
        bank, bank.chain[4], {"signers.yaml": more}, lambda r: None, key=bank.key, parent=bank.chain[3]
    )
    assert "does not change `signers.yaml`" in bank.problems(tip)


def test_14_backdated_key(bank: Bank) -> None:
    """A revoked key signs a release that claims a time before the revocation."""
    bank.agreed(SignersChange(add=principal("eve", bank.keys["eve"])))
    revoked = bank.agreed(SignersChange(revoke="eve"))

    def edit(record: dict) -> None:  # type: ignore[type-arg]
        record["time"] = "2026-11-01T10:00:00.001Z"
        record["seq"] += 1
        record["actor"]["principal"] = "eve"

    tip = forgery.commit(bank, revoked, {}, edit, key=bank.keys["eve"])
    found = bank.problems(tip)
    assert "is not after" in found and "not by anybody whom the release before it lists" in found


def test_15_a_commit_by_hand(bank: Bank) -> None:
    tip = forgery.commit(bank, bank.chain[4], {"README.md": b"hello"}, None)
    forgery.put(bank, tip)
    view = bank.branch.view(tip)
    assert tip_problems(view, "production")
    assert bank.problems()


def test_16_a_merge(bank: Bank) -> None:
    tree = run(bank.root, "rev-parse", f"{bank.chain[4]}^{{tree}}")
    merge = run(bank.root, "commit-tree", tree, "-p", bank.chain[4], "-p", "main", "-m", "merge")
    assert "it is a merge" in bank.problems(merge)


def test_17_another_root(bank: Bank) -> None:
    tip = forgery.again(bank, [bank.chain[0]], None)
    assert "the root is not the trusted one" in bank.problems(tip)


def test_unanchored_is_said(bank: Bank) -> None:
    run(bank.root, "update-ref", "-d", "refs/pxctl/trust/env/production")
    report = bank.verify()
    assert report.failed and not report.problems and "right first release" in report.warnings[0]


def test_an_approval_is_valid_for_a_day(bank: Bank) -> None:
    content = bank.commit("routing-policies/default.yaml", "name: default\ndescription: four\n")
    intent = Publish("policies/default", content)
    plan = bank.make(intent, dry_run=True).plan
    approve(bank.branch, bank.view().signers, plan.digest, bank.keys["bob"], bank.clock.now())
    bank.clock.forward(hours=25)
    with pytest.raises(RefusedError, match="approvals are missing"):
        bank.make(intent, Terms(approvals=bank.approvals, author="ada"))
