#!/usr/bin/env bash
# Renews requirements/*.txt: exact versions with hashes for every supported Python, without index addresses.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
python3 -m venv "$tool" && "$tool/bin/pip" install --quiet uv
compile() {
  "$tool/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-header --no-annotate "$@"
}
compile --extra server pyproject.toml requirements/build.in --output-file requirements/server.txt
compile --extra dev pyproject.toml requirements/build.in --constraint requirements/server.txt --output-file requirements/dev.txt
compile requirements/bench.in --constraint requirements/dev.txt --output-file requirements/bench.txt
