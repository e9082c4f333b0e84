"""The story, chapter by chapter. Each says what it is about, runs commands, and checks what they did."""

from __future__ import annotations

from collections.abc import Callable

from demo.story import Story
from demo.timeline import what_was_live

TRACE = "examples/traces/AzureLLMInferenceTrace_code.csv.gz"
REQUESTS = 8_819
TENANTS = 200
POLICY = "routing-policies/default.yaml"
CANARY = 4

EVERYDAY = "strategy: {balanced: {health: 0.4, cost: 0.4, latency: 0.2}}\n    candidates: [openai-main/gpt-4.1-mini, "
CHEAPER = EVERYDAY.replace("[", "[mistral/mistral-small-2603, ")
BOUND = "constraints: {min_health: 0.8, max_cost_usd: 0.25}\n    "
SLIP = BOUND.replace("0.25", "0.00025")


def opening() -> None:
    """Who and what this is about."""
    print(
        "Harbourline is an invented company: 200 tenants, nine accounts at real model vendors, two routing policies.\n"
        "All of it is files in git. We take a change to those files from an edit to production, and back.\n"
        "OpenAI, Mistral and Groq are played by local servers here; Groq's is broken on purpose.",
        flush=True,
    )


def check_the_files(story: Story) -> None:
    """Lint."""
    story.chapter("Are the files right?", "Schema first, then the rules: one run shows every fault with its place.")
    story.run("pxctl lint", shows=(r"\d+ files, \d+ rules",))


def call_the_providers(story: Story) -> None:
    """Live validation, one provider failing."""
    story.chapter(
        "Do the providers really answer?",
        "Real HTTP calls, chat and streaming, in every region. The keys come from env:// and go only to the hosts that",
        "pxctl.yaml grants. What was found is kept as evidence, and evidence has an expiry.",
    )
    story.run(
        "pxctl validate openai-main mistral groq --env production --quiet",
        exits=1,
        shows=(r"openai-main +passing", r"mistral +passing", r"groq +pending_fix", r"publishing is blocked"),
    )


def replay(story: Story) -> None:
    """The trace through the policies."""
    story.chapter(
        "What would real traffic do?",
        "One hour of an LLM service (Azure, 2023): 8,819 requests. What a trace does not say, such as the tenant,",
        "is drawn from the roster by seed: the same seed gives the same bytes.",
    )
    command = f"pxctl simulate {TRACE} --preset azure2023 --seed 1 --quiet"
    story.run(command, shows=(f"{REQUESTS:,} requests", r"routed +8,819 \(100"), most=22)


def first_release(story: Story) -> None:
    """env init, and the block on a provider without evidence."""
    commit = "signed commit" if story.signed else "commit (not signed: this machine has no ssh-keygen)"
    story.chapter(
        "Production's first release",
        f"What is live is a branch of its own, env/production, that pxctl alone writes: one {commit} a release.",
        "Providers without fresh passing evidence are left out.",
    )
    story.run(
        "pxctl env init production --reason 'start'",
        shows=("released: production #1", "200 of 200 tenants", "providers/groq is left out"),
    )
    story.say()
    story.say("Groq failed its validation, so nobody can put it live:")
    story.run("pxctl publish --env production --provider groq --direct", exits=4, shows=("groq",))


def edit_and_plan(story: Story) -> None:
    """An edit, and what it changes."""
    story.chapter(
        "A change, and what it really does",
        "Mistral's small model may answer everyday requests too. Which decisions of the recorded hour change?",
    )
    story.edit(POLICY, EVERYDAY, CHEAPER, "one more candidate for everyday requests")
    command = f"pxctl plan HEAD.. --trace {TRACE} --preset azure2023 --quiet"
    story.run(command, shows=(r"[1-9][\d,]* of 8,819 decisions change", "mistral/mistral-small-2603@eu"), most=24)
    story.run("git commit -q -a -m 'Mistral small for everyday requests'", quiet=True)
    story.run("git push -q origin main", quiet=True)


def staged_release(story: Story) -> None:
    """Canary, 10 %, everybody."""
    story.chapter(
        "To production, in steps",
        "The rollout plan in pxctl.yaml: four canary tenants, then 10 %, then everybody. Each step is a release.",
    )
    story.run(
        "pxctl publish --env production --policy default --direct --reason 'cheaper'",
        shows=("policies/default@2, canary", f"{CANARY} of {TENANTS} tenants"),
    )
    story.run("pxctl promote --env production --policy default", shows=("10 %",))
    story.run("pxctl status --env production", shows=("step 2 of 3",))
    story.run("pxctl promote --env production --policy default", shows=("full",))
    story.check(live(story) == {2: TENANTS}, "all tenants have version 2")


def bad_release(story: Story) -> None:
    """A typo goes live, and is taken back."""
    story.chapter(
        "A bad release, and the way back",
        "Somebody bounds the cost of a request and slips by a factor of a thousand. The plan would have said so:",
    )
    story.edit(POLICY, BOUND + CHEAPER, SLIP + CHEAPER, "a tighter bound on cost, with a slip")
    gate = f"pxctl plan HEAD.. --trace {TRACE} --preset azure2023 --quiet --fail-on refused:+1%"
    story.run(gate, exits=1, shows=("refused",), most=24)
    story.say()
    story.say("Nobody looked, and it goes to everybody at once:")
    story.run("git commit -q -a -m 'Bound the cost of everyday requests'", quiet=True)
    story.run("git push -q origin main", quiet=True)
    story.run(
        "pxctl publish --env production --policy default --direct --rollout immediate --reason 'in a hurry'",
        shows=("policies/default@3, full", f"{TENANTS} of {TENANTS} tenants"),
    )
    story.run("pxctl rollback --env production --policy default --reason 'requests are refused'",
              shows=("released: production #6",))  # fmt: skip
    story.check(live(story) == {2: TENANTS}, "all tenants have version 2 again")
    story.say()
    story.say("Version 3 is blocked now, although main still holds it:")
    story.run("pxctl publish --env production --policy default --direct", exits=4, shows=("--again",))
    story.run("pxctl status --env production", shows=("blocked: policies/default@3",))


def record(story: Story) -> None:
    """The log, and its verification."""
    story.chapter(
        "Who did what, and is the record true?",
        "Every release names the one before, and is signed where a key is configured. Verifying needs the branch",
        "alone, and the first release as it is known from elsewhere (here: what `env init` printed).",
    )
    story.run("pxctl audit log --env production", shows=("rollback", *(["signed"] if story.signed else [])))
    root = story.git("rev-list", "--max-parents=0", "refs/pxctl/seen/env/production")
    verify = f"pxctl audit verify --env production --trust-root {root[:12]} --quiet"
    story.run(verify, shows=(f"{6 * story.signed} signed", "allowed to make" if story.signed else "holds"))


def live(story: Story) -> dict[int, int]:
    """Version of the default policy -> how many tenants have it."""
    status = story.ask("pxctl status --env production")
    for subject in status["subjects"]:
        if subject["subject"] == "policies/default":
            return {int(number): count for number, count in subject["versions"].items()}
    return {}


def ending(story: Story, seconds: float) -> None:
    """What was live when, and what comes next."""
    story.chapter("What was live when")
    story.say()
    for line in what_was_live(story, "policies/default"):
        story.say(line)
    story.say()
    story.say(f"{story.chapters} chapters, {story.checks} checks, all of them true, in {seconds:.0f} s.")
    story.say("Start your own: pxctl init my-models && cd my-models && pxctl lint")


ALL: tuple[Callable[[Story], None], ...] = (
    check_the_files, call_the_providers, replay, first_release, edit_and_plan, staged_release, bad_release, record,
)  # fmt: skip
