# Every command does its own set-up; see README.md.
.PHONY: demo test lint format bench supported-ops setup clean

PYTHON := .venv/bin/python

demo: setup-demo
	$(PYTHON) scripts/demo.py

test: setup
	$(PYTHON) scripts/test.py

lint: setup
	$(PYTHON) scripts/test.py --lint-only

format: setup
	.venv/bin/ruff format --config python_tools/pyproject.toml python_tools platformio scripts test/python test/golden examples
	.venv/bin/ruff check --fix --config python_tools/pyproject.toml python_tools platformio scripts test/python test/golden examples
	git ls-files '*.c' '*.h' | xargs .venv/bin/clang-format -i

supported-ops: setup
	$(PYTHON) scripts/supported_ops.py

bench: setup
	$(PYTHON) scripts/bench.py

setup:
	./scripts/setup.sh test

setup-demo:
	./scripts/setup.sh demo

clean:
	rm -rf .venv .cache build .pytest_cache .mypy_cache .ruff_cache examples/*/.pio .pio
