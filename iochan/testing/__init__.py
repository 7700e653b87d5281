"""For authors of channels and layers: contract suites, drivers, faults, throw-away certificates."""
