"""Sweeps that are rendered: made, fed to a Studio, waited for, looked at."""
