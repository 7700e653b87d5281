"""VNC: a framebuffer served to viewers, and viewers that are programs (RFC 6143)."""
