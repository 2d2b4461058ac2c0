"""Makes `recording.raw`: the 25 test gestures with rest between them, int16, six channels.

python make_recording.py magic_wand.npz
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gesture_data


def main() -> None:
    """Writes the file and prints the gestures."""
    parser = argparse.ArgumentParser(description="Make recording.raw of held-out gestures.")
    parser.add_argument("data", type=Path, help="magic_wand.npz")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "recording.raw")
    options = parser.parse_args()
    part = gesture_data.load(options.data)["test"]
    options.output.write_bytes(gesture_data.recording(part).astype("<i2").tobytes())
    print(*[gesture_data.CLASSES[label] for label in part.labels], sep="\n")


if __name__ == "__main__":
    main()
