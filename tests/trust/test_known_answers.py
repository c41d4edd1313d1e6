"""Functions whose explanation follows from definitions: the answers were worked out by hand."""

import pytest

from helpers.trust.known_answers import answers

SUM, LARGER, AGREE = "2A − B", "larger of A and B", "A × B of ±1"
#: Function → method → (A, B). f is 4 at (3, 2), 3 at (3, 2), and 1 at (1, 1).
EXPECTED = {
    # Every way of a weighted sum gives w x; SmoothGrad gives w.
    SUM: {**dict.fromkeys(("lrp0", "gradient-input", "integrated-gradients", "deeplift", "occlusion=2", "ablation-zeros", "shapley"), (6, -2)),
          "eps=0.01": (6 * 4 / 4.01 * 4 / 4.01, -2 * 4 / 4.01 * 4 / 4.01), "smoothgrad": (2, -1)},
    # The larger gets all by the gradient. Without A, B still gives 2: A is worth 1 then, and 3 where B is 0, so 2 on average.
    LARGER: {**dict.fromkeys(("lrp0", "gradient-input", "integrated-gradients", "deeplift"), (3, 0)),
             "eps=0.01": (3 / 1.01 * 3 / 3.01, (2 * 2 / 2.01 - 2 / 1.01) * 3 / 3.01), "smoothgrad": (1, 0),
             "occlusion=2": (1, 0), "ablation-zeros": (1, 0), "shapley": (2, 1)},
    # Over both signs of what stands in, neither says anything alone and both say all; at 0 the network gives −1.
    AGREE: {**dict.fromkeys(("lrp0", "gradient-input", "integrated-gradients", "deeplift", "smoothgrad", "occlusion=2", "ablation-zeros"), (1, 1)),
            "eps=0.01": (2 / 2.01 / 1.01, 2 / 2.01 / 1.01), "shapley": (.5, .5)},
}
#: Function → what A and B give alone, and more together.
TERMS = {SUM: (6, -2, 0), LARGER: (3, 2, -2), AGREE: (0, 0, 1)}


@pytest.fixture(scope="module")
def found():
    return answers()


@pytest.mark.parametrize("function", EXPECTED)
def test_every_way_of_explaining_gives_what_its_definition_says(found, function):
    rows = found[(found["function"] == function) & (found["method"] != "interactions")].set_index("method")
    assert set(rows.index) == set(EXPECTED[function])
    for method, expected in EXPECTED[function].items():
        assert rows.loc[method, ["A", "B"]].tolist() == pytest.approx(expected, abs=2e-5), method


@pytest.mark.parametrize("function", TERMS)
def test_interactions_are_those_of_the_definition(found, function):
    row = found[(found["function"] == function) & (found["method"] == "interactions")].iloc[0]
    assert row[["A", "B", "pair"]].tolist() == pytest.approx(TERMS[function], abs=1e-6)
