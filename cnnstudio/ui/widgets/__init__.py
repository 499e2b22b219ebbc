"""Widgets that know nothing of the study: they are given data and say what the user did."""
