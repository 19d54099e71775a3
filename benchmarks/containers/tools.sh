#!/usr/bin/env bash
# Has ready what containers are built, run and watched with: podman, buildah, nginx, Prometheus and
# the base image. What is missing comes from Debian and from the registry; where no registry is
# reached, a machine may have a tool of its own beside the checkout. Fails with the reason as the
# last line.
set -euo pipefail
cd "$(dirname "$0")/../.."
image=docker.io/library/python:3.11-slim-bookworm
local_base=../shared/tools/container-base.sh

if [[ $EUID -ne 0 ]]; then
  echo "containers are built and run as root here" >&2
  exit 1
fi
packages=()
for command in podman:podman buildah:buildah runc:runc nginx:nginx-light promtool:prometheus \
  podman-compose:podman-compose; do
  [[ -x $(PATH=$PATH:/usr/sbin command -v "${command%%:*}") ]] || packages+=("${command##*:}")
done
if ((${#packages[@]})); then
  # Their daemons stay off: invoke-rc.d starts nothing at run level 1.
  export RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive
  if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${packages[@]}" \
    containernetworking-plugins iptables; } >/dev/null; then
    echo "apt-get could not install ${packages[*]}" >&2
    exit 1
  fi
fi
if ! podman image exists "$image" && ! timeout 120 podman pull --quiet "$image" >/dev/null 2>&1; then
  if [[ ! -x $local_base ]] || ! "$local_base" >/dev/null; then
    echo "$image cannot be pulled, and $local_base does not make it" >&2
    exit 1
  fi
fi
