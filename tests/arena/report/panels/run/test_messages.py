"""Messages as a sequence diagram."""

import re

import pytest

from arena.game.messages import Claim, Commitment, Deployment, Message, Verdict
from arena.report.panels.run import messages
from tests.arena.report.panels.shape import Shape, same_shape

SAID = (("alice", "all", Commitment("a" * 64)), ("mallory", "all", Deployment("shop")),
        ("alice", "victor", Claim("alice", "mallory", "shop", "rose", {})),
        ("victor", "all", Verdict(2, "alice", "mallory", False, ("no",))),
        ("victor", "all", Verdict(2, "alice", "mallory", True, ("yes",))))


def test_a_lifeline_an_agent_and_an_arrow_a_message(run_of):
    shape = Shape(messages.draw(run_of(SAID)))
    assert shape.count("line") == 3 + 5 and shape.count("circle") == 4
    for text in (
        "alice",
        "owner",
        "Commitment",
        "Claim",
        "Verdict: denied alice on mallory",
        "Verdict: granted alice on mallory",
    ):
        assert text in shape.text


def test_arrows_go_down_and_from_sender_to_receiver(run_of):
    html = messages.draw(run_of(SAID))
    x = {name: int(place) for place, name in re.findall(r'<text x="(\d+)"[^>]*class="name">(\w+)<', html)}
    start, end = map(int, re.search(r'x1="(\d+)"[^>]*x2="(\d+)"[^>]*marker-end', html).groups())
    assert (start, end) == (x["alice"], x["victor"]) and x["alice"] < x["mallory"] < x["victor"]
    rows = [int(y) for y in re.findall(r'y="(\d+)" class="number"', html)]
    assert rows == sorted(set(rows)) and len(rows) == 5


@pytest.mark.parametrize(("sender", "to"), [("nobody", "all"), ("alice", "nobody"), ("arena", "all")])
def test_who_does_not_play_has_no_arrow(sender, to):
    strange = Message(9, 0, sender, to, Deployment("shop"))
    assert messages.diagram([("alice", "owner")], [strange]) == messages.diagram([("alice", "owner")], [])


def test_a_verdict_has_the_colour_of_its_word(run_of):
    html = messages.draw(run_of(SAID))
    assert re.search(r'fill="#cf222e" class="label">Verdict: denied', html)
    assert re.search(r'fill="#1a7f37" class="label">Verdict: granted', html)


def test_every_message_opens_to_what_it_holds(run_of):
    """And the diagram's number leads there."""
    html = messages.draw(run_of(SAID))
    assert re.findall('href="#(message-[0-9]+)"', html) == re.findall('id="(message-[0-9]+)"', html) == [
        f"message-{n}" for n in range(5)]
    text = " ".join(Shape(html).text.split())
    assert f"0. alice to all: Commitment digest: {'a' * 64}" in text and "service: shop scheme: rose key: {}" in text
    assert "granted: false reasons: ['no']" in text


def test_of_very_many_messages_the_rest_is_in_the_transcript(run_of, monkeypatch):
    monkeypatch.setattr(messages, "MOST", 2)
    html = messages.draw(run_of(SAID))
    assert html.count("<pre") == 2 and "and 3 more, in the transcript" in html


def test_hostile_words(run_of):
    def draw(text):
        cast = {text: text, "victor": "verifier"}
        said = [(text, "all", Deployment(text)), ("victor", text, Verdict(0, text, text, True, (text,)))]
        return messages.draw(run_of(said, cast=cast))

    same_shape(draw)
