"""Quantities as people write them in scenario files: `64 bits`, `2^22`, `30 %`, `-10 points`, `10 min`, `4 GiB`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

SECONDS = {"s": 1, "min": 60, "h": 3600}
BYTES = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def _bits(value: Any) -> Any:
    if isinstance(value, str) and (found := re.fullmatch(r"\s*([0-9.]+)\s*bits?\s*", value)):
        return float(found[1])
    return value


def _count(value: Any) -> Any:
    if isinstance(value, str) and (found := re.fullmatch(r"\s*(\d{1,3})\s*(?:\^|\*\*)\s*(\d{1,2})\s*", value)):
        return int(found[1]) ** int(found[2])
    return value


def _share(value: Any) -> Any:
    if isinstance(value, str) and (found := re.fullmatch(r"\s*([0-9.]+)\s*%\s*|\s*-?([0-9.]+)\s*points?\s*", value)):
        return float(found[1] or found[2]) / 100
    return value


def _quantity(units: dict[str, int]) -> BeforeValidator:
    pattern = re.compile(rf"\s*(\d+(?:\.\d+)?)\s*({'|'.join(units)})\s*")

    def read(value: Any) -> Any:
        found = pattern.fullmatch(value) if isinstance(value, str) else None
        return float(found[1]) * units[found[2]] if found else value

    return BeforeValidator(read, json_schema_input_type=float | str)


Bits = Annotated[float, BeforeValidator(_bits, json_schema_input_type=float | str),
                 Field(ge=0, allow_inf_nan=False, examples=["64 bits"])]
Count = Annotated[int, BeforeValidator(_count, json_schema_input_type=int | str),
                  Field(ge=1, le=2**63 - 1, examples=["2^22"])]
Share = Annotated[float, BeforeValidator(_share, json_schema_input_type=float | str),
                  Field(ge=0, le=1, allow_inf_nan=False, examples=["30 %", "-10 points"])]
Seconds = Annotated[float, _quantity(SECONDS), Field(gt=0, le=10_000_000, examples=["10 min"])]
Bytes = Annotated[float, _quantity(BYTES), Field(ge=1 << 20, le=1 << 50, examples=["4 GiB"])]
