"""A terminal in Python: what a program sends is followed, and can be drawn anew or painted."""
