#!/bin/bash
# Serves what Bitnami's variables and mounted files ask for. Arguments are those of `ottla start`.
set -o nounset -o errexit -o pipefail
exec ottla container start --dialect bitnami "$@"
