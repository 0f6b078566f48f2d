"""What a role may say; stays here whatever floor it lives on."""

from arena.game.messages import (
    ALL,
    Body,
    Claim,
    Commitment,
    Demand,
    Departure,
    Deployment,
    Disclosure,
    Envelope,
    Message,
    Opening,
    Query,
    Release,
    Response,
    Verdict,
)

__all__ = [
    "ALL", "Body", "Claim", "Commitment", "Demand", "Departure", "Deployment", "Disclosure", "Envelope", "Message",
    "Opening", "Query", "Release", "Response",
    "Verdict",
]
