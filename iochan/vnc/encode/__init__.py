"""From pixels to bytes: one encoding a module. None of them knows a channel."""
