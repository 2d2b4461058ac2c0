#!/bin/sh
# Installs what is missing on a fresh Debian or Ubuntu: compilers and emulator through apt, Python
# packages at pinned versions into .venv. Says what it does, repeats nothing.
#
#   scripts/setup.sh demo   what `make demo` needs
#   scripts/setup.sh test   also what the tests need
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-test}

demo_packages="gcc libc6-dev gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm python3-venv"
test_packages="clang libclang-rt-dev gcc-riscv64-unknown-elf qemu-system-misc dpkg-dev"

installed() {
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'
}

missing=""
need() {
    for package in "$@"; do
        installed "$package" || missing="$missing $package"
    done
}
# shellcheck disable=SC2086
need $demo_packages
if [ "$purpose" = test ]; then
    # shellcheck disable=SC2086
    need $test_packages
fi
if [ -n "$missing" ]; then
    echo "setup: apt-get install$missing"
    sudo=""
    if [ "$(id -u)" -ne 0 ]; then
        sudo=sudo
    fi
    $sudo apt-get update -q
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -q --no-install-recommends $missing
fi

python=python3
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "setup: Python 3.11 or newer is needed; $("$python" --version) found" >&2
    exit 2
}
stamp=.venv/.installed
wanted=$(cat python_tools/requirements.txt python_tools/pyproject.toml | cksum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    echo "setup: virtual environment .venv with the packages of python_tools/requirements.txt"
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    .venv/bin/pip install -q --disable-pip-version-check -r python_tools/requirements.txt
    # The package itself runs from the checkout.
    .venv/bin/python - <<'PY'
import pathlib, site
pathlib.Path(site.getsitepackages()[0], "thumbnet.pth").write_text(
    str(pathlib.Path("python_tools").resolve()) + "\n"
)
PY
    printf '#!/bin/sh\nexec "$(dirname "$0")/python" -m thumbnet "$@"\n' >.venv/bin/thumbnet
    chmod +x .venv/bin/thumbnet
    echo "$wanted" >"$stamp"
fi
