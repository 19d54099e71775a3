#!/usr/bin/env bash
# Has ready what containers are built, run and watched with: podman, buildah, nginx, Prometheus and
# the base image. What is missing comes from Debian and from the registry; where no registry is
# reached, a machine may have a tool of its own beside the checkout.
#
# The last line of a failure is the reason. Status 3: it cannot be had here. 1: it went wrong.
set -euo pipefail
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/usr/libexec/podman
image=docker.io/library/python:3.11-slim-bookworm
local_base=../shared/tools/container-base.sh

fail() { # status, reason
  echo "$2" >&2
  exit "$1"
}

install() { # command:package …
  local packages=()
  for pair; do
    command -v "${pair%%:*}" >/dev/null || packages+=("${pair##*:}")
  done
  ((${#packages[@]})) || return 0
  command -v apt-get >/dev/null || fail 3 "missing, and not Debian: ${packages[*]}"
  # Their daemons stay off: invoke-rc.d starts nothing at run level 1.
  export RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update >/dev/null || fail 1 "apt-get update failed"
  "${apt[@]}" install -y --no-install-recommends "${packages[@]}" >/dev/null ||
    fail 1 "apt-get could not install ${packages[*]}"
}

[[ $EUID -eq 0 ]] || fail 3 "containers are built and run as root here"
install podman:podman buildah:buildah runc:runc catatonit:catatonit iptables:iptables \
  /usr/lib/cni/bridge:containernetworking-plugins \
  /usr/lib/cni/dnsname:golang-github-containernetworking-plugin-dnsname podman-compose:podman-compose \
  nginx:nginx-light promtool:prometheus wrk:wrk
podman image exists "$image" && exit
timeout 120 podman pull --quiet "$image" >/dev/null 2>&1 && exit
[[ -x $local_base ]] || fail 3 "$image cannot be pulled"
install debootstrap:debootstrap # the tool below has it only where it installs podman too
"$local_base" >/dev/null || fail 1 "$image cannot be pulled, and $local_base does not make it"
