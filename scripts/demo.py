"""The main job in one command: builds examples/digits for an emulated board and runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
EXAMPLE = ROOT / "examples" / "digits"


def main() -> int:
    """Returns PlatformIO's exit status, which is the firmware's."""
    core = ROOT / ".cache" / "platformio"
    # Gives PlatformIO what it would otherwise download; a no-op the second time.
    subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "pio_offline.py"), "--core-dir", str(core)],
        check=True,
    )
    environment = os.environ | {
        "PLATFORMIO_CORE_DIR": str(core),
        "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no",
        "PLATFORMIO_DISABLE_UPGRADE_CHECK": "true",
        "PLATFORMIO_DISABLE_PROGRESSBAR": "true",
        "PLATFORMIO_SETTING_CHECK_PLATFORMIO_INTERVAL": "36500",
    }
    command = [str(BIN / "pio"), "run", "-e", "emulated_stm32f405", "-t", "upload"]
    return subprocess.run(command, cwd=EXAMPLE, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
