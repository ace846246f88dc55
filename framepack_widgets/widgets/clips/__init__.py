"""Clips in the page: played, rated, found again."""
