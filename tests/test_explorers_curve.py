"""The belief of `CurveExplorer` is Bayes' rule, in the page as in Python, and both say the same."""

import numpy as np
import pytest
from explorer_page import in_node
from scipy.integrate import quad

from ktlib.show.explorers import CurveExplorer


def cases(n: int):
    rng = np.random.default_rng(8)
    for k in range(n):
        answers = zip(rng.uniform(0.1, 4, k), rng.uniform(-4, 4, k), rng.integers(0, 2, k), strict=True)
        answers = [[float(a), float(b), int(right)] for a, b, right in answers]
        yield answers, float(rng.uniform(0.1, 4)), float(rng.uniform(-4, 4))


def exact(answers) -> tuple[float, float]:
    """Mean and standard deviation of the belief, by quadrature."""

    def density(ability):
        p = [1 / (1 + np.exp(-a * (ability - b))) for a, b, _ in answers]
        return np.exp(-(ability**2) / 2) * np.prod(
            [q if right else 1 - q for q, (*_, right) in zip(p, answers, strict=True)]
        )

    moments = [quad(lambda x, k=k: x**k * density(x), -10, 10, epsrel=1e-10, limit=200)[0] for k in range(3)]
    mean = moments[1] / moments[0]
    return mean, np.sqrt(moments[2] / moments[0] - mean**2)


def test_page_and_python_believe_the_same():
    all_of = list(cases(20))
    calls = [("belief", answers) for answers, *_ in all_of] + [("ahead", *case) for case in all_of]
    found = in_node("curve", *calls)
    for (answers, a, b), seen, ahead in zip(all_of, found[:20], found[20:], strict=True):
        grid, belief = CurveExplorer(a, b, answers).belief()
        np.testing.assert_allclose(seen, belief, rtol=0, atol=1e-12)
        p = 1 / (1 + np.exp(-a * (grid - b)))
        assert ahead["chance"] == pytest.approx(belief @ p, abs=1e-9)
        assert ahead["mean"] == pytest.approx(belief @ grid, abs=1e-9)
        np.testing.assert_allclose(ahead["right"], belief * p / (belief @ p), rtol=0, atol=1e-9)


@pytest.mark.parametrize("answers", [[], [[1.0, 0.0, 1]], [[1.0, -1.5, 1], [1.5, 0.5, 1], [1.2, 1.5, 0], [3, -1, 0]]])
def test_the_grid_is_fine_enough(answers):
    grid, belief = CurveExplorer(answers=answers).belief()
    mean = belief @ grid
    assert (mean, np.sqrt(belief @ (grid - mean) ** 2)) == pytest.approx(exact(answers), abs=1e-6)


def test_page_and_python_use_the_same_words():
    all_of = list(cases(40))
    expected = [CurveExplorer(a, b, answers).finding() for answers, a, b in all_of]
    assert in_node("curve", *[("sentence", *case) for case in all_of]) == expected


@pytest.mark.parametrize(
    ("explorer", "says"),
    [
        (CurveExplorer(), "0.04, too hard for her. On average its answer leaves 0.69 of the 0.70: it says little."),
        (CurveExplorer(1.2, 0.7), "p(1 − p) = 0.25. On average its answer leaves 0.66 of the 0.70."),
        (CurveExplorer(0.1, 0.7), "nearly flat. On average its answer leaves 0.70 of the 0.70: it says little."),
        (CurveExplorer(2, -3, ()), "Before any answer her ability is 0.00, with standard deviation 1.00."),
        (CurveExplorer(2, -3, ()), "too easy for her"),
    ],
)
def test_it_says_what_the_answer_can_tell(explorer, says):
    assert says in explorer.finding()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (dict(discrimination=0), "discrimination = 0: give 0.1 to 4"),
        (dict(difficulty=5), "difficulty = 5: give -4 to 4"),
        (dict(answers=((1, 0, 2),)), "answer 2 is not 1"),
        (dict(answers=((1, 0, 1),) * 61), "61 answers: give 60 at most"),
    ],
)
def test_a_bad_question_is_refused(given, says):
    with pytest.raises(ValueError, match=says):
        CurveExplorer(**given)
