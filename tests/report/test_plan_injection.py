"""Names are other people's text: a plan shows them as they are, in a comment and on a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pxctl.model.context import Context
from pxctl.model.impact import ChangePlan, Example, Limit, MeaningChange, Move, Side, TrafficImpact
from pxctl.model.proof import DecisionChange, DecisionDifference
from pxctl.report.html.plan import plan_html
from pxctl.report.markup import plain
from pxctl.report.plan_markdown import MARKER, plan_markdown

NASTY = (
    "a|b", "`tick`", "``two``", "`", "```", "a`|`b", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "</details>", "<!-- pxctl plan -->", "-->", "[x](javascript:alert(1))", "![x](http://evil.test/p.png)",
    "http://evil.test", "www.evil.test", "@octocat", "#1", "octo/repo#1", "GH-1", "a\\|b", "\\", "a\\", "| a | b |",
    "**bold**", "~~gone~~", "_u_", "# head", "- item", "> quote", "&lt;b&gt;", "a\nb", "a\r\n\n# b", "\u202eevil",
    "line\u2028sep", "日本語", "🚀", "x" * 5_000, "&#96;", "\x00\x1b[31m", "|---|---|", "\t", "$x^2$", ":tada:",
)  # fmt: skip


def plan_of(name: str) -> ChangePlan:
    """A plan in which every text that a user chooses is `name`."""
    context = Context.model_construct(
        **Context.model_validate({"tenant": "t", "privacy": "p"}).model_dump() | {"task_type": name, "privacy": name},
        _fields_set={"task_type", "privacy"},
    )
    change = DecisionChange(
        tenants=1, policy=name, route_before=name, route_after=name, certain=True, kinds=7,
        when=f"while {name} is down", message=f"{name} becomes {name}", example=context,
    )  # fmt: skip
    said = {"primary": name, "fallbacks": [name, name], "cost": 1, "policy": name, "route": name, "arm": name}
    impact = TrafficImpact(
        trace=name, seed=1, rows=2, changed=1, primary_changed=1, before=Side(served=2), after=Side(served=2),
        moves=(Move(before=name, after=name + "2", requests=1, cost_before=1, cost_after=1, tenants=1),),
        regions={f"{name} -> {name}": 1}, region_changed=1, tenants={name: 1}, routes={name: 1},
        examples=(Example(row=1, context={"task_type": name, name: name}, before=said, after=said),),
    )  # fmt: skip
    return ChangePlan(
        base=name, head=name, base_commit="c0ffee", head_commit=None, traffic=impact, warnings=(name,),
        meaning=(MeaningChange(kind=name, id=name, what="changed", path=name, before=name, after=name),),
        limits=(Limit(text=name, measured=name, ok=False),),
        proof=DecisionDifference(
            unchanged=False, changes=(change,), limits=(name,), kinds=100, kinds_changed=7, counted=False, pairs=1
        ),
    )  # fmt: skip


def inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from inline(token.children or [])


@pytest.mark.parametrize("name", NASTY)
def test_a_comment_shows_names_and_obeys_none(name: str) -> None:
    text = plan_markdown(plan_of(name))
    usual = plan_markdown(plan_of("usual"))
    assert text.startswith(f"{MARKER}\n")
    if "cut to fit" in text:
        return
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    made, wanted = (list(inline(parser.parse(some))) for some in (text, usual))
    html = [t.content.strip() for t in made if t.type in ("html_block", "html_inline")]
    ours = re.compile(r"<!-- pxctl plan -->|</?details>(<summary>[^<>]*</summary>)?")
    assert all(ours.fullmatch(part) for part in html), html
    kinds = ("table_open", "tr_open", "td_open", "th_open", "heading_open", "link_open", "image", "em_open", "s_open",
             "strong_open", "list_item_open", "blockquote_open", "html_block", "fence", "code_inline")  # fmt: skip
    for kind in kinds:
        assert sum(t.type == kind for t in made) == sum(t.type == kind for t in wanted), kind


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [f"{name}={value}" for name, value in attrs]


@pytest.mark.parametrize("name", NASTY)
def test_a_page_shows_names_and_obeys_none(name: str) -> None:
    made, wanted = _Page(), _Page()
    made.feed(plan_html(plan_of(name)))
    wanted.feed(plan_html(plan_of("usual")))
    assert (made.tags, made.attributes) == (wanted.tags, wanted.attributes)


@pytest.mark.parametrize("name", NASTY)
def test_a_comment_mentions_nobody_and_links_nothing(name: str) -> None:
    """GitHub makes links of mentions, addresses and issue numbers outside of code."""
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", plain(name))
    assert not re.search(r"(^|[^\w`])@\w", outside)
    assert not re.search(r"https?://|www\.", outside)
    assert not re.search(r"(^|\W)(#|GH-)\d", outside)


def test_a_comment_is_cut_to_what_github_takes() -> None:
    """Whole parts are left out from the end: the verdict stays where only a table is too long."""
    for size in (1, 10, 1_000, 30_000, 70_000, 200_000):
        assert len(plan_markdown(plan_of("x|`<" * size))) <= 65_536
    plan = plan_of("usual")
    assert plan.proof is not None
    long = plan.proof.changes[0].model_copy(update={"message": "long " * 400})
    proof = plan.proof.model_copy(update={"changes": (long,) * 60, "pairs": 60})
    text = plan_markdown(plan.model_copy(update={"proof": proof}))
    assert "at least 7 of 100 kinds of requests" in text
    assert "cut to fit" in text
