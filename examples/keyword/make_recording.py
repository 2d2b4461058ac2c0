"""Makes `recording.raw`: held-out spoken digits in noise, as a microphone would hear them.

    python make_recording.py fsdd.npz

Prints when each word ends, to compare with what the firmware hears.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import keyword_data
import numpy as np


def held_out(parts: dict[str, keyword_data.Words], count: int, seed: int) -> keyword_data.Stream:
    """A stream of `count` test recordings, of all digits and speakers."""
    test = parts["test"]
    chosen = np.random.default_rng(seed).permutation(len(test.recordings))[:count]
    words = keyword_data.Words([test.recordings[i] for i in chosen], test.labels[chosen])
    return keyword_data.make_stream(words, seed)


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description="Make recording.raw of held-out words.")
    parser.add_argument("data", type=Path, help="fsdd.npz")
    parser.add_argument("--words", type=int, default=12)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "recording.raw")
    options = parser.parse_args()
    stream = held_out(keyword_data.load(options.data), options.words, 7)
    options.output.write_bytes(stream.samples.astype("<i2").tobytes())
    for end, label in zip(stream.ends, stream.labels, strict=True):
        print(f"{end / keyword_data.RATE:6.1f} s  {keyword_data.CLASSES[label]}")


if __name__ == "__main__":
    main()
