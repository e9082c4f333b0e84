"""Token counts between two costs, against trying all of them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pxctl.policy.integers import Rate
from pxctl.policy.proof.tokens import Range, between, first_multiple, pair

PRICE = st.integers(0, 60) | st.sampled_from([3, 7, 40])
SMALL = st.tuples(st.integers(0, 4), st.integers(0, 9)).map(lambda ends: (ends[0], ends[0] + ends[1]))
COSTS = st.tuples(st.integers(-3, 400), st.sampled_from([0, 1, 2, 5, 40])).map(lambda c: (c[0], c[0] + c[1]))


@settings(max_examples=400)
@given(PRICE, PRICE, SMALL, SMALL, st.integers(0, 24), COSTS)
def test_pair(one: int, other: int, xs: Range, ys: Range, most: int, costs: Range) -> None:
    dense = {
        (x, y) for x in range(xs[0], xs[1] + 1) for y in range(ys[0], ys[1] + 1)
        if x + y <= most and costs[0] < one * x + other * y <= costs[1]
    }  # fmt: skip
    found = pair(one, other, xs, ys, most, costs)
    assert found in dense if dense else found is None


@settings(max_examples=300)
@given(st.builds(Rate, PRICE, PRICE, PRICE), SMALL, SMALL, st.integers(0, 20), COSTS)
def test_between(price: Rate, inputs: Range, outputs: Range, window: int, costs: Range) -> None:
    dense = {
        (i, o, g)
        for i in range(inputs[0], inputs[1] + 1) for o in range(outputs[0], outputs[1] + 1) for g in range(i + 1)
        if i + o <= window and costs[0] < price.cost(i, g, o) <= costs[1]
    }  # fmt: skip
    found = between(price, inputs, outputs, window, costs)
    assert found in dense if dense else found is None


@given(st.integers(1, 200), st.data())
def test_first_multiple(modulus: int, data: st.DataObject) -> None:
    step = data.draw(st.integers(0, modulus - 1))
    low = data.draw(st.integers(0, modulus - 1))
    high = data.draw(st.integers(low, modulus - 1))
    dense = [n for n in range(modulus) if low <= n * step % modulus <= high]
    assert first_multiple(step, modulus, low, high) == (dense[0] if dense else None)


def test_a_part_of_the_price_of_one_token() -> None:
    """Real prices, a million tokens, and a gap of one millionth of a dollar: decided, not searched."""
    price = Rate(2_000_000, 2_000_000, 8_000_000)
    window = 1_047_576
    assert between(price, (0, window), (0, window), window, (49_999_000_000, 50_000_000_000)) is not None
    assert between(price, (0, window), (0, window), window, (49_999_000_000, 49_999_999_999)) is None
    dear = Rate(75_000_000, 7_500_000, 300_000_000)
    found = between(dear, (1, window), (0, window), window, (1_000_000_000_000, 1_000_007_500_000))
    assert found is not None
    assert 1_000_000_000_000 < dear.cost(found[0], found[2], found[1]) <= 1_000_007_500_000
