#!/usr/bin/env bash
# The step of action.yml: starts a broker that outlives the step, waits until clients can connect, and tells later steps where it is.
# The runner ends it with the job. Its log is in $RUNNER_TEMP/ottla.log, and is printed where the start fails.
set -euo pipefail
ready=$RUNNER_TEMP/ottla.json log=$RUNNER_TEMP/ottla.log
# Installing the package is a part of the start.
seconds_max=120

options=(--dev --ephemeral --port "${OTTLA_PORT:-9092}" --ready-file "$ready")
for topic in ${OTTLA_TOPICS:-}; do options+=(--topic "$topic"); done
if [[ -n ${OTTLA_LOAD:-} ]]; then options+=(--load "$OTTLA_LOAD"); fi
# Words that may be several options.
read -ra further <<< "${OTTLA_OPTIONS:-}"

rm -f "$ready"
nohup npx --yes --package "${OTTLA_PACKAGE:-ottla}" -- ottla start "${options[@]}" ${further[@]+"${further[@]}"} > "$log" 2>&1 < /dev/null &
starting=$!
until [[ -f $ready ]]; do
  if ! kill -0 "$starting" 2> /dev/null || ((SECONDS > seconds_max)); then
    echo '::error::The Kafka broker did not start; its log follows.'
    cat "$log"
    exit 1
  fi
  sleep 0.1
done
bootstrap=$(node -p 'JSON.parse(fs.readFileSync(process.argv[1], "utf8")).bootstrap' "$ready")
echo "KAFKA_BOOTSTRAP_SERVERS=$bootstrap" >> "$GITHUB_ENV"
echo "bootstrap-servers=$bootstrap" >> "$GITHUB_OUTPUT"
echo "Kafka clients connect to $bootstrap."
