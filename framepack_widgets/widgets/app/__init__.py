"""The App, which puts the others together."""
