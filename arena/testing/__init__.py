"""The conformance suite that authors of strategies run on theirs: what the arena takes for granted, checked.

    from arena.testing import check_attack
    def test_blur(tmp_path):
        check_attack(Blur(radius=1), tmp_path)

Every check plays on 8x8 digits in seconds and raises AssertionError with what is wrong. `rehearse` plays one turn of an
agent in this process, `rehearse_match` a whole match; `small_workshop` is what the checks give to strategies.
"""

from arena.testing.calibrated import check_calibration, small_calibration
from arena.testing.checks import check_agent, check_attack, check_forgery, check_scheme
from arena.testing.declared import check_declarations, check_strategy
from arena.testing.executors import check_executor
from arena.testing.judging import check_policy, check_verdicts
from arena.testing.networks import check_network
from arena.testing.pages import check_reproduction
from arena.testing.rehearsal import SMALL, rehearse, rehearse_match, small_host, small_workshop
from arena.testing.solving import check_solver

__all__ = ["SMALL", "check_agent", "check_attack", "check_calibration", "check_declarations", "check_executor",
           "check_forgery", "check_network", "check_policy", "check_reproduction", "check_scheme", "check_solver",
           "check_strategy", "check_verdicts", "rehearse", "rehearse_match", "small_calibration", "small_host",
           "small_workshop"]
