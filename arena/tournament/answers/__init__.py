"""From rows to answers: tables, the game of owners and thieves, who should commit to what."""
