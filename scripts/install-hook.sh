#!/bin/sh
# Copy the commit hook into this checkout, unless another one is there already.
set -eu
hook="$(git rev-parse --git-path hooks)/pre-commit"
if [ -e "$hook" ] && ! cmp -s scripts/pre-commit "$hook"; then
    echo "steelyard: $hook is another hook already; remove it, or call make lint types imports from it." >&2
    exit 1
fi
mkdir -p "$(dirname "$hook")"
cp scripts/pre-commit "$hook"
chmod 755 "$hook"
echo "Every commit now runs make lint types imports first."
