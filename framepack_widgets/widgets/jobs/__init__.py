"""A job in the page, and the list of those that wait."""
