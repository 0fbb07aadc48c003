#!/bin/sh
# Print the first Python that can carry the environment: 3.11 or later, with venv and pip in it.
# With an argument, only that one is asked.
fits='import sys
if sys.version_info < (3, 11): sys.exit(1)
import ensurepip, venv'

for python in ${1:-python3.13 python3.12 python3.11 python3.14 python3 python}; do
    if "$python" -c "$fits" >/dev/null 2>&1; then
        echo "$python"
        exit 0
    fi
done

if [ -n "$1" ]; then
    echo "steelyard: $1 is no Python 3.11 or later with the modules venv and ensurepip." >&2
else
    echo "steelyard: found no Python 3.11 or later with the modules venv and ensurepip." >&2
fi
echo "Install one (on Debian and Ubuntu: python3 and python3-venv), or name it: make PYTHON=..." >&2
exit 1
