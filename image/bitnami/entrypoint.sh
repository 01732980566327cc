#!/bin/bash
# Prepares a start of run.sh, and hands any command on.
set -o nounset -o errexit -o pipefail
if [[ "$*" == *run.sh* ]]; then /opt/ottla/bin/init-scripts; fi
exec "$@"
