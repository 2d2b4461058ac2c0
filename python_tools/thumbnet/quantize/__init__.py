"""Quantization arithmetic."""
