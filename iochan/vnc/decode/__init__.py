"""From bytes to pixels: one encoding a module. None of them knows a channel."""
