"""Tests that build a site with the real Jekyll and read its pages."""
