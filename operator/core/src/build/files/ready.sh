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

# Succeeds when an awk condition holds for a TCP socket; address, port, peer, peer_port and state are in hexadecimal.
socket() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v wanted="$(printf %04X "$1")" '
    { split($2, local, ":"); address = local[1]; port = local[2] }
    { split($3, remote, ":"); peer = remote[1]; peer_port = remote[2]; state = $4 }
    '"$2"' { found = 1 }
    END { exit !found }'
}

for port in $OWN_PORTS; do
  socket "$port" 'port == wanted && state == "0A"' || fail "nothing listens on port $port yet"
done

# Kafka keeps the leader's id in the file over restarts, and in 4.x also when it is gone: so a connection is asked for.
# A node that is a broker too has one to itself, which does not count.
leader=$(grep -soE '"leaderId":[0-9]+' "$METADATA_LOG_DIR/__cluster_metadata-0/quorum-state" | tr -dc 0-9)
[[ -n $leader ]] || fail "the quorum has no leader that this controller knows of"
[[ $leader == "$node_id" ]] || socket "$CONTROLLER_PORT" 'peer_port == wanted && state == "01" && peer != address' ||
  fail "controller $leader was the last known leader, and no controller answers"
