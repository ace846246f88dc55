"""The form: everything that one render takes."""
