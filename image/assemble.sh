#!/bin/bash
# assemble.sh DIRECTORY: lays the image's files out below the directory, from a checkout that is built. What start scripts write may be
# written by group 0, so that the image serves under any user of that group.
set -o nounset -o errexit -o pipefail
cd "$(dirname "$0")/.."
into=$1
commands=(kafka-run-class kafka-server-start kafka-server-stop kafka-storage zookeeper-server-start)
# The twins of Kafka's tools, from the list of them.
while read -r name; do commands+=("$name"); done < <(grep -o "'kafka-[a-z0-9-]*'" lib/cli/tools/index.ts | tr -d "'" | sort -u)

# The broker: what it needs at run time, for this platform alone.
mkdir -p "$into"/opt/ottla
cp package.json LICENSE "$into"/opt/ottla/
mkdir "$into"/opt/ottla/dist
cp dist/*.js dist/ottla.cjs dist/tool*.cjs "$into"/opt/ottla/dist/
npm prune --silent --omit=dev --no-audit --no-fund
cp -R node_modules "$into"/opt/ottla/
platform=linux-$(node -p process.arch)
find "$into"/opt/ottla/node_modules -mindepth 1 \( -path '*/prebuilds/*-*' -type d ! -name "$platform" -o -name '*.musl*.node' \
  -o -name '*.map' -o -name '*.d.ts' -o -name '*.md' -o -name '*.c' -o -name '*.cc' -o -path '*/@cloudpss/zstd/src' \) -prune -exec rm -r {} +
cp -R image/bin "$into"/opt/ottla/
mkdir -p "$into"/var/cache/ottla

mkdir -p "$into"/usr/local/bin "$into"/opt/kafka/{bin,config,logs} "$into"/opt/bitnami/kafka/{bin,config,logs} "$into"/opt/bitnami/scripts
ln -s /opt/ottla/bin/ottla "$into"/usr/local/bin/ottla
ln -s /opt/ottla/bin/ottla "$into"/usr/local/bin/cub
for name in "${commands[@]}"; do
  ln -s /opt/ottla/bin/ottla "$into"/usr/local/bin/"$name"
  for place in usr/local opt/kafka opt/bitnami/kafka; do ln -s /opt/ottla/bin/ottla "$into/$place/bin/$name".sh; done
done

# The scripts and places of the images that this one stands in for.
mkdir -p "$into"/etc/kafka/secrets "$into"/etc/confluent "$into"/var/lib/{kafka,zookeeper}/{data,log} "$into"/mnt/shared/config \
  "$into"/bitnami/kafka/{config,data} "$into"/docker-entrypoint-initdb.d "$into"/home/ottla
cp -R image/kafka "$into"/etc/kafka/docker
cp -R image/confluent "$into"/etc/confluent/docker
cp -R image/bitnami "$into"/opt/bitnami/scripts/kafka
rmdir "$into"/var/lib/kafka/log

chmod -R a+rX,go-w "$into"
chmod -R g+w "$into"/{bitnami,docker-entrypoint-initdb.d,etc,home,mnt,var,opt/bitnami,opt/kafka}
find "$into"/opt/ottla/bin "$into"/etc/{kafka,confluent}/docker "$into"/opt/bitnami/scripts -type f ! -name bash-config -exec chmod a+x {} +
