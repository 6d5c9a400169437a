"""Tests that look at the site in a real browser."""
