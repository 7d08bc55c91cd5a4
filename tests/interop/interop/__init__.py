"""Checks of dynamoi against programs that this project did not write."""
