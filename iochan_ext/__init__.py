"""Parts that need a shared library or a kernel facility; iochan runs without them."""
