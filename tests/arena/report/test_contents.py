"""What a message holds, in lines."""

import numpy as np
import yaml

from arena.game.messages import Claim, Commitment, Query
from arena.report.contents import LONGEST, content


def test_short_values_are_written_out_and_long_ones_told_by_their_form():
    key = {"labels": np.array([3, 4]), "images": np.zeros((2, 1, 8, 8), np.uint8), "seed": bytes(16), "long": bytes(99),
           "nested": {"level": 2, "list": [np.arange(65)]}, "share": 0.5}
    held = yaml.safe_load(content(Claim("eve", "mallory", "shop", "rose", key)))
    assert held == {"claimant": "eve", "deployer": "mallory", "service": "shop", "scheme": "rose", "key": {
        "labels": [3, 4], "images": "uint8 array, 2 x 1 x 8 x 8", "seed": "00" * 16,
        "long": f"{'00' * 32}... (99 bytes)",
        "nested": {"level": 2, "list": ["int64 array, 65"]}, "share": 0.5}}


def test_every_field_is_there():
    assert yaml.safe_load(content(Commitment("a" * 64))) == {"digest": "a" * 64}
    assert list(yaml.safe_load(content(Query("shop", np.zeros((1, 1, 2, 2), np.uint8), 3)))) == [
        "service", "images", "about"]


def test_what_is_too_long_is_cut():
    text = content(Claim("eve", "mallory", "shop", "rose", {"words": ["word"] * 20_000}))
    assert len(text) == LONGEST + 4 and text.endswith(" ...")
