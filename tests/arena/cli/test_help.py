"""No option, argument, command or strategy is without a word on what it is."""

import argparse

import pytest

from arena.cli import _COMMANDS
from arena.cli.listing import LISTED
from arena.cli.parser import parser


def commands():
    subparsers = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    return subparsers


def test_every_command_has_help_and_does_something():
    told = {action.dest: action.help for action in commands()._choices_actions}
    assert set(told) == set(commands().choices) == set(_COMMANDS) and all(told.values())


@pytest.mark.parametrize("name", sorted(_COMMANDS))
def test_every_option_has_help(name):
    actions = commands().choices[name]._actions
    assert actions and not [action.dest for action in actions if not (action.help or "").strip()]


@pytest.mark.parametrize("kind", LISTED)
def test_everything_that_is_listed_has_a_line(kind):
    assert LISTED[kind]() and not [name for name, line in LISTED[kind]().items() if not line.strip()]
