"""A terminal as a screen for VNC: what programs print is painted, what viewers type is sent."""
