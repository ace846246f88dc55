"""Several clips under one transport: played in step, laid over each other, subtracted, rated."""
