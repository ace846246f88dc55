"""Frame pickers: start frame, end frame, source video."""
