"""The players: four roles, and the schemes, attacks, forgeries and policies that they can use. One file a strategy,
named like it."""
