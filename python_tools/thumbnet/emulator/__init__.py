"""Running generated code in QEMU or on the host: outputs, instructions, stack, sizes."""

from thumbnet.emulator.measure import Measurement, compile_check, measure
from thumbnet.emulator.model_io import Border, HarnessOptions, ModelIo

__all__ = ["Border", "HarnessOptions", "Measurement", "ModelIo", "compile_check", "measure"]
