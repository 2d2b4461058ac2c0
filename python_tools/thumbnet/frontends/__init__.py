"""Frontends: model files to graphs."""
