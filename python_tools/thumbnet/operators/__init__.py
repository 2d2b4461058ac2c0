"""Operator families: limits, reference, rows and kernel of each kind."""
