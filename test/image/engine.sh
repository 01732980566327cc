#!/usr/bin/env bash
# An engine and images to build on for a machine that has none and reaches no image registry: podman by apt, an image of Debian's
# packages with Node as npm offers it, and the same with npm. For Debian, as root. Prints what to evaluate:
#
#   eval "$(test/image/engine.sh)"          makes what is missing, in a few minutes
#   eval "$(test/image/engine.sh --made)"   only where it was made before; else prints nothing
#   npm run image -- --full $IMAGE_BASES
#
# All of it is in ~/.cache/ottla/engine; settings of the machine's own engine stay as they are.
set -euo pipefail
home=${XDG_CACHE_HOME:-$HOME/.cache}/ottla/engine
base=localhost/ottla-base:24 build_base=localhost/ottla-build-base:24
case ${1-} in
  '') ;;
  --made) [[ -f $home/made ]] || exit 0 ;;
  *) sed -n '2,10s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac

mkdir -p "$home"/{graph,run}
export CONTAINERS_CONF=$home/containers.conf CONTAINERS_STORAGE_CONF=$home/storage.conf BUILDAH_ISOLATION=chroot
if [[ ! -f $home/made ]]; then
  # Under || a failure would not end it.
  set +e
  (
    set -e
    missing=()
    for tool in podman buildah runc debootstrap iptables; do command -v "$tool" || missing+=("$tool"); done
    [[ -x /usr/lib/podman/netavark ]] || missing+=(netavark aardvark-dns)
    if ((${#missing[@]} > 0)); then apt-get update -qq && apt-get install -y -qq "${missing[@]}"; fi

    # Machines that are containers themselves lack systemd, and some calls that crun makes.
    printf '%s\n' '[containers]' 'default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]' '[engine]' 'runtime = "runc"' \
      'cgroup_manager = "cgroupfs"' 'events_logger = "file"' '[network]' 'network_backend = "netavark"' > "$CONTAINERS_CONF"
    driver=vfs
    mkdir -p "$home"/probe/{lower,upper,work,merged}
    if mount -t overlay overlay -o "lowerdir=$home/probe/lower,upperdir=$home/probe/upper,workdir=$home/probe/work" "$home"/probe/merged; then
      umount "$home"/probe/merged
      driver=overlay
    fi
    printf '%s\n' '[storage]' "driver = \"$driver\"" "graphroot = \"$home/graph\"" "runroot = \"$home/run\"" > "$CONTAINERS_STORAGE_CONF"

    root=$(mktemp -d)
    debootstrap --variant=minbase bookworm "$root"
    rm -f "$root"/var/cache/apt/archives/*.deb
    npm install --silent --no-audit --no-fund --prefix "$home/node" "node-$(node -p 'process.platform + "-" + process.arch')@24"
    cp "$home"/node/node_modules/node-*/bin/node "$root"/usr/local/bin/node
    tar -C "$root" -c . | podman import -c 'CMD ["node"]' - "$base"
    mkdir -p "$root"/usr/local/lib/node_modules
    cp -RL "$(dirname "$(readlink -f "$(command -v npm)")")/.." "$root"/usr/local/lib/node_modules/npm
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root"/usr/local/bin/npm
    tar -C "$root" -c . | podman import -c 'CMD ["node"]' - "$build_base"
    rm -rf "$root"
    if command -v python3 > /dev/null; then python3 -m venv "$home/compose" && "$home"/compose/bin/pip install -q podman-compose || true; fi
    touch "$home/made"
  ) > "$home/log" 2>&1
  code=$?
  set -e
  if ((code != 0)); then
    printf 'engine.sh: there is no engine: %s\n' "$(tail -1 "$home/log")" >&2
    exit 1
  fi
fi
printf 'export CONTAINERS_CONF=%q CONTAINERS_STORAGE_CONF=%q BUILDAH_ISOLATION=%q IMAGE_BASES=%q\n' \
  "$CONTAINERS_CONF" "$CONTAINERS_STORAGE_CONF" chroot "--base $base --build-base $build_base"
printf 'PATH=$PATH:%q\n' "$home/compose/bin"
