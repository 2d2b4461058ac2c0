# SPDX-License-Identifier: Apache-2.0
"""The PlatformIO development platform `emulated`."""

from platformio.public import PlatformBase  # type: ignore[import-untyped, unused-ignore]


class EmulatedPlatform(PlatformBase):  # type: ignore[misc]
    """Boards that run in an emulator on the host.

    It stays "not embedded" in PlatformIO's sense: `pio test` then runs the program on the host and
    reads its standard output instead of looking for a serial port.
    """
