"""Which tests speak for which module."""

from __future__ import annotations

MESSAGES = ("tests/arena/game/test_messages.py", "tests/arena/game/test_wire.py", "tests/arena/game/test_rules.py")
ENGINE = ("tests/arena/forging/engine/test_problem.py", "tests/arena/forging/engine/test_cutting.py",
          "tests/arena/forging/engine/test_thresholds.py")
POLICIES = ("tests/agents/test_policy_cases.py", "tests/agents/test_policies.py")
ROLES = "tests/agents/roles"
TARGETS = {
    "arena/game/rarity.py": (
        "tests/arena/game/test_tails.py",
        "tests/arena/game/test_scores.py",
        "tests/arena/game/test_evidence.py",
        "tests/arena/game/test_nulls.py",
        "tests/arena/game/test_rarity.py",
    ),
    "arena/game/evidence.py": ("tests/arena/game/test_scores.py", "tests/arena/game/test_evidence.py",
                               "tests/arena/game/test_nulls.py"),
    "arena/game/messages.py": MESSAGES,
    "arena/game/wire.py": MESSAGES,
    "arena/game/transcript.py": ("tests/arena/game/test_transcript_lines.py", "tests/arena/game/test_transcript.py"),
    "arena/forging/engine/problem.py": ENGINE,
    "arena/forging/engine/thresholds.py": ENGINE,
    "agents/policies/rarity_and_work.py": POLICIES,
    "agents/policies/watermark_accuracy.py": POLICIES,
    "agents/roles/verifier.py": (f"{ROLES}/test_turns.py", f"{ROLES}/test_claims.py", f"{ROLES}/test_disputes.py"),
    "agents/roles/_hearing.py": (f"{ROLES}/test_hearing.py",),
    "agents/roles/_weighing.py": (f"{ROLES}/test_weighing.py",),
    "agents/roles/_rivals.py": ("tests/agents/test_rivals.py", f"{ROLES}/test_disputes.py"),
    "agents/roles/_question.py": (f"{ROLES}/test_question.py",),
    "agents/roles/_adverse.py": (f"{ROLES}/test_adverse.py",),
}
SLOW = {"quickstart", "tiny", "real_data", "run", "copy"}
"""Fixtures of tests that play matches in other processes, where the module is not changed: left out."""
ELSEWHERE = {"test_a_run_that_was_killed_is_readable", "test_without_llvmlite", "test_damaged_objects_are_rebuilt",
             "test_wrong_code_is_not_trusted",
             "test_a_directory_that_cannot_be_written_only_costs_time", "test_costs_of_a_search_are_those_predicted",
             "test_a_forged_claim_verifies", "test_whatever_a_model_answers_its_rarity_exceeds_r_once_in_2_to_the_r",
             "test_failing_compiler_is_a_reason_not_an_error", "test_cut_anywhere_it_is_said_or_readable"}
"""Tests that start a process of their own, compile the kernel, or take longer than all others together: left out
too."""
LIBRARIES = ("torch", "numpy", "scipy.special", "scipy.stats", "networkx", "hypothesis.extra.numpy", "llvmlite.binding",
             "pydantic", "safetensors.torch", "rich",
             "yaml", "pytest")
"""What is imported before the forks."""
