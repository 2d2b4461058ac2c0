"""Shared helpers of the Python tests: TFLite models built in memory, the reference, inputs."""
