#!/bin/bash
# Whether a controller does its work: its ports are open, and it leads the quorum or speaks with the one that does.
# Looks at the kernel's table of sockets and at Kafka's own file, for a JVM would cost more than Kafka itself.
# shellcheck source=/dev/null
source "$(dirname "$0")/start.env"
node_id=${HOSTNAME##*-}

fail() {
  echo "$*"
  exit 1
}

# Sockets in a state (0A listens, 01 is connected) with a local and a remote port; an empty one matches all.
socket() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qE "^ *[0-9]+: [0-9A-F]+:${2:-[0-9A-F]+} [0-9A-F]+:${3:-[0-9A-F]+} $1 "
}

for port in $OWN_PORTS; do
  socket 0A "$(printf %04X "$port")" || fail "nothing listens on port $port yet"
done

# Kafka keeps the leader's id in the file over restarts, and in 4.x also when it is gone: so the connection counts.
leader=$(grep -soE '"leaderId":[0-9]+' "$METADATA_LOG_DIR/__cluster_metadata-0/quorum-state" | tr -dc 0-9)
[[ -n $leader ]] || fail "the quorum has no leader that this controller knows of"
[[ $leader == "$node_id" ]] || socket 01 "" "$(printf %04X "$CONTROLLER_PORT")" ||
  fail "controller $leader was the last known leader, and there is no connection to it"
