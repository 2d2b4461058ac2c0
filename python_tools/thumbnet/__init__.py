"""Thumbnet: compiles trained neural networks into specialised C for microcontrollers."""

__version__ = "0.1.0"
