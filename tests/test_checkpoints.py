"""A fit that was killed, wherever, goes on and ends with the same bytes; the last good state is never lost."""

import os
import signal
import sys
import time
import warnings
from functools import partial

import numpy as np
import pytest

from ktlib.data import designs
from ktlib.irt import _checkpoints as checkpoints
from ktlib.irt import ascent
from ktlib.irt._two_parameter import TwoParameterAscent

ANSWERS = designs.homework(rng=0, answers=3_000, students=60, items=250).responses
MODELS = {
    "two-parameter": {"learned": ("difficulty",)},
    "factorization": {"model": "factorization", "factors": 2, "rng": 1, "learned": ("loadings", "difficulty")},
    "paper": {"model": "factorization", "factors": 2, "rng": 1, "rule": "paper"},
}


class Killed(Exception):
    pass


def killed(after, monkeypatch, fit):
    """The fit, stopped by force when its bound is asked for the `after`-th time; or its result."""
    asked = [0]
    with monkeypatch.context() as patch:

        def stopping(way, *arguments, whole):
            asked[0] += 1
            if asked[0] > after:
                raise Killed
            return whole(way, *arguments)

        for kind in (TwoParameterAscent, ascent.FactorAscent):
            patch.setattr(kind, "bound", partial_method(stopping, kind.bound))
        try:
            return fit()
        except Killed:
            return None


def partial_method(function, whole):
    return lambda way, *arguments: function(way, *arguments, whole=whole)


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("name", MODELS)
def test_a_fit_killed_ten_times_ends_with_the_same_bytes(name, every, tmp_path, monkeypatch):
    alone = ascent.fit(ANSWERS, **MODELS[name])
    go = partial(ascent.fit, ANSWERS, checkpoint=tmp_path / "fit.npz", every=every, **MODELS[name])
    rng, kills, found = np.random.default_rng(0), 0, None
    while found is None:
        found = killed(rng.integers(3, 9) if kills < 10 else 10**6, monkeypatch, go)
        kills += 1
    assert kills > 1
    again = go()  # from the end
    for fit in (found, again):
        assert fit.trace.tobytes() == alone.trace.tobytes() and fit.elbo == alone.elbo and fit.reason == alone.reason
        for block in alone.posterior.blocks:
            for part in ("loc", "scale"):
                ours, theirs = (getattr(f.posterior.blocks[block], part) for f in (fit, alone))
                assert ours.tobytes() == theirs.tobytes()
        for block, prior in alone.priors.items():
            assert prior.loc.tobytes() == fit.priors[block].loc.tobytes()


def begun(fit) -> int:
    """The fit in a process of its own, a copy of this one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of copies made while other threads run: none does here
        child = os.fork()
    if child:
        return child
    try:
        fit()
    finally:
        os._exit(0)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs fork, and a system that kills at once")
def test_a_process_killed_ten_times_leaves_a_fit_that_ends_with_the_same_bytes(tmp_path):
    alone = ascent.fit(ANSWERS, **MODELS["factorization"])
    go = partial(ascent.fit, ANSWERS, every=1, **MODELS["factorization"])
    started = time.perf_counter()
    go(checkpoint=tmp_path / "whole.npz")
    whole, rng, path, killed = time.perf_counter() - started, np.random.default_rng(0), tmp_path / "fit.npz", 0
    for share in rng.uniform(0.02, 0.25, 10):
        child = begun(partial(go, checkpoint=path))
        time.sleep(share * whole)
        os.kill(child, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert killed > 4 and path.exists()
    found = go(checkpoint=path)
    assert sorted(os.listdir(tmp_path)) == ["fit.npz", "whole.npz"]
    assert found.trace.tobytes() == alone.trace.tobytes() and found.elbo == alone.elbo
    for name, block in alone.posterior.blocks.items():
        assert found.posterior.blocks[name].loc.tobytes() == block.loc.tobytes()
        assert found.posterior.blocks[name].scale.tobytes() == block.scale.tobytes()


def test_a_write_that_fails_leaves_the_last_good_state(tmp_path, monkeypatch):
    path = tmp_path / "fit.npz"
    alone = ascent.fit(ANSWERS)
    killed(8, monkeypatch, lambda: ascent.fit(ANSWERS, checkpoint=path, every=1))
    kept = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints.np, "savez", full)
        with pytest.raises(OSError, match="No space left"):
            ascent.fit(ANSWERS, checkpoint=path, every=1)
    assert path.read_bytes() == kept and os.listdir(tmp_path) == ["fit.npz"]
    assert ascent.fit(ANSWERS, checkpoint=path).trace.tobytes() == alone.trace.tobytes()


def test_a_checkpoint_of_another_fit_is_refused(tmp_path):
    path = tmp_path / "fit.npz"
    ascent.fit(ANSWERS, checkpoint=path, max_steps=3, every=1)
    for other in ({"tol": 1.0}, {"rule": "paper"}, {"learned": ("difficulty",)}):
        with pytest.raises(ValueError, match="is of another fit, or of other answers: give another path"):
            ascent.fit(ANSWERS, checkpoint=path, **other)
    with pytest.raises(ValueError, match="of another fit"):
        ascent.fit(ANSWERS.subset(ANSWERS.student > 0), checkpoint=path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match="cut short"):
        ascent.fit(ANSWERS, checkpoint=path)
    with pytest.raises(ValueError, match="every = 0"):
        ascent.fit(ANSWERS, checkpoint=tmp_path / "new.npz", every=0)
    with pytest.raises(ValueError, match="checkpoint = 5: give the path of a file"):
        ascent.fit(ANSWERS, checkpoint=5)
