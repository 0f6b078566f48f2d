"""From YAML text to nodes, in one pass that stops early: what is too much, too deep or names an unknown anchor is found
before it is built.

libyaml reads (twenty times as fast as Python's scanner), its events become nodes here. Both know no surrogate pairs as
JSON writes them ("\\ud83e\\udd25"), so such escapes are masked by others of the same length, which keeps every place,
and put back into the values.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

MOST_NODES, DEEPEST = 20_000, 40
SURROGATE = re.compile(r"\\u([dD][89a-fA-F][0-9a-fA-F]{2})")
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PRIVATE = range(0xE000, 0xF900)


class Fault(Exception):
    """What is wrong with the text, and where (line and column from 1)."""

    def __init__(self, text: str, line: int, column: int) -> None:
        super().__init__(text)
        self.text, self.line, self.column = text, line, column


def fault(text: str, mark: Any) -> Fault:
    """A fault at a mark of the parser."""
    return Fault(text, mark.line + 1, mark.column + 1)


def compose(text: str) -> yaml.Node | None:
    """The node of the only document in `text`, None when there is none; Fault for what can't be read."""
    _check_characters(text)
    mask = _Mask(text)
    try:
        return _Composer(mask, LOADER(mask.text)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Fault(f"not YAML: {error.problem or error.context}",
                    *((mark.line + 1, mark.column + 1) if mark else (1, 1))) from None
    except (yaml.YAMLError, ValueError,
            OverflowError) as error:  # Python's own scanner raises the latter for \U00110000
        raise Fault(f"not YAML: {(str(error).splitlines() or ['?'])[0]}", 1, 1) from None


def _check_characters(text: str) -> None:
    if found := yaml.reader.Reader.NON_PRINTABLE.search(text):
        lines = text[: found.start()].split("\n")
        raise Fault(f"not YAML: the character U+{ord(found[0]):04X} is not allowed", len(lines), len(lines[-1]) + 1)


class Scalar(yaml.ScalarNode):
    """A scalar; `plain` where neither quotes nor a tag say how to read it."""

    plain = True


class _Mask:
    """The text with each escaped surrogate replaced by an escape that occurs nowhere else in it."""

    def __init__(self, text: str) -> None:
        self.source, self.text, self.tokens = text, text, None
        if SURROGATE.search(text):
            low = text.lower()
            free = next((c for c in PRIVATE if chr(c) not in text and f"\\u{c:04x}" not in low), None)
            if free is None:
                raise Fault("not YAML: every private character is in use", 1, 1)
            self.text = SURROGATE.sub(rf"\\u{free:04x}", text)
            self.tokens = re.compile(rf"{chr(free)}|\\u{free:04x}")

    def value(self, event: Any) -> str:
        """The scalar's value as it was meant; Fault for half a pair."""
        value = event.value
        if self.tokens is not None and self.tokens.search(value):
            masked = iter(SURROGATE.findall(self.source[event.start_mark.index : event.end_mark.index]))
            value = self.tokens.sub(lambda found: _unmasked(found[0], next(masked)), value)
        try:
            return value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise fault("not YAML: half a surrogate pair is no character", event.start_mark) from None


def _unmasked(token: str, code: str) -> str:
    """What an escape stood for; the same letters where it was none (outside double quotes, behind a backslash)."""
    return chr(int(code, 16)) if len(token) == 1 else f"\\u{code}"


class _Composer:
    def __init__(self, mask: _Mask, events: Any) -> None:
        self.mask, self.events = mask, events
        self.anchors: dict[str, yaml.Node] = {}
        self.count = 0

    def document(self) -> yaml.Node | None:
        self.events.get_event()  # the stream's start
        event = self.events.get_event()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        node = self.node(self.events.get_event(), 0)
        self.events.get_event()  # the document's end
        after = self.events.get_event()
        if not isinstance(after, yaml.StreamEndEvent):
            raise fault("not YAML: a second document; one is wanted", after.start_mark)
        return node

    def node(self, event: Any, depth: int) -> yaml.Node:
        self.count += 1
        if self.count > MOST_NODES:
            raise fault(f"more than {MOST_NODES:,} values", event.start_mark)
        if depth > DEEPEST:
            raise fault(f"nested deeper than {DEEPEST} levels", event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            return self.known(event)
        if isinstance(event, yaml.ScalarEvent):
            return self.anchored(event, self.scalar(event))
        return self.collection(event, depth)

    def known(self, event: Any) -> yaml.Node:
        if event.anchor not in self.anchors:
            raise fault(f"not YAML: the alias *{event.anchor} has no anchor", event.start_mark)
        return self.anchors[event.anchor]

    def anchored(self, event: Any, node: yaml.Node) -> yaml.Node:
        if event.anchor is not None:
            if event.anchor in self.anchors:
                raise fault(f"not YAML: the anchor &{event.anchor} is here twice", event.start_mark)
            self.anchors[event.anchor] = node
        return node

    def scalar(self, event: Any) -> yaml.Node:
        value = self.mask.value(event)
        node = Scalar(self.tag(event, yaml.ScalarNode, value, event.implicit), value, event.start_mark, event.end_mark)
        node.plain = event.tag is None and event.style in (None, "")
        return node

    def tag(self, event: Any, kind: type, value: Any, implicit: Any) -> str:
        return self.events.resolve(kind, value, implicit) if event.tag in (None, "!") else event.tag

    def collection(self, event: Any, depth: int) -> yaml.Node:
        sequence = isinstance(event, yaml.SequenceStartEvent)
        kind, end = (yaml.SequenceNode, yaml.SequenceEndEvent) if sequence else (yaml.MappingNode, yaml.MappingEndEvent)
        node = self.anchored(event, kind(self.tag(event, kind, None, event.implicit), [], event.start_mark,
                                         event.end_mark))
        while not isinstance(inner := self.events.get_event(), end):
            child = self.node(inner, depth + 1)
            node.value.append(child if sequence else (child, self.node(self.events.get_event(), depth + 1)))
        return node
