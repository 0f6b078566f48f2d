"""From a transcript to what people read: a summary, plots, one self-contained HTML page."""
