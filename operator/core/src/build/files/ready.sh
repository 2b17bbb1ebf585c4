#!/bin/bash
# Whether a controller does its work: its ports are open, and it knows who leads the quorum.
# Looks at the kernel's table of sockets and at Kafka's own file, for a JVM would cost more than Kafka itself.
# shellcheck source=/dev/null
source "$(dirname "$0")/start.env"

# State 0A is LISTEN.
listens() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") [0-9A-F]+:0000 0A "
}

for port in $OWN_PORTS; do
  listens "$port" || { echo "nothing listens on port $port yet"; exit 1; }
done
grep -qE '"leaderId":[0-9]' "$METADATA_LOG_DIR/__cluster_metadata-0/quorum-state" ||
  { echo "the quorum has no leader that this controller knows of"; exit 1; }
