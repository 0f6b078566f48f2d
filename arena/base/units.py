"""Quantities as people write them in scenario files: `64 bits`, `2^22`, `30 %`, `-10 points`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field


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


Bits = Annotated[float, BeforeValidator(_bits, json_schema_input_type=float | str), Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, BeforeValidator(_count, json_schema_input_type=int | str), Field(ge=1, le=2**63 - 1)]
Share = Annotated[float, BeforeValidator(_share, json_schema_input_type=float | str), Field(ge=0, le=1, allow_inf_nan=False)]
