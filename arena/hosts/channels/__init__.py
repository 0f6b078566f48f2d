"""The channels of a network: which layers share them (`walk`), how they change places and sizes without the function
changing (`moving`), and how a suspect's are put back where a reference has them (`alignment`)."""

from __future__ import annotations

from arena.hosts.channels.alignment import Aligned, aligned
from arena.hosts.channels.moving import move
from arena.hosts.channels.records import Channels, Moves, Use
from arena.hosts.channels.walk import channels_of

__all__ = ["Aligned", "Channels", "Moves", "Use", "aligned", "channels_of", "move"]
