"""Tests of nbpress: data first (`cases/`, `notebooks/`, `cli.yaml`), functions where data cannot say it."""
