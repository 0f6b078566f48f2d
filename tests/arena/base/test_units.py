"""Quantities as people write them, and none that is no number."""

import pytest
from pydantic import TypeAdapter, ValidationError

from arena.base.units import Bits, Count, Share


@pytest.mark.parametrize(("kind", "text", "value"), [
    (Bits, "64 bits", 64.0), (Bits, "1 bit", 1.0), (Bits, 0, 0.0), (Bits, 1e300, 1e300), (Count, "2^22", 4_194_304),
    (Count, "2**3", 8), (Count, 5, 5),
    (Share, "30 %", 0.3), (Share, "-10 points", 0.1), (Share, "2.5 points", 0.025), (Share, 1, 1.0),
])
def test_quantities(kind, text, value):
    assert TypeAdapter(kind).validate_python(text) == pytest.approx(value)


@pytest.mark.parametrize(("kind", "text"), [
    (Bits, "inf"), (Bits, "nan"), (Bits, "1e400"), (Bits, float("inf")), (Bits, float("nan")),
    (Bits, "9" * 400 + " bits"), (Bits, "1.2.3 bits"), (Bits, -1),
    (Count, 0), (Count, "2^90"), (Count, "999^99"), (Count, 2**63), (Count, float("inf")), (Share, "nan"),
    (Share, float("nan")), (Share, "101 %"), (Share, "1..2 %"),
])
def test_no_quantities(kind, text):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(text)
