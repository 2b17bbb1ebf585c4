#!/bin/bash
# Answers the probes. Looks at the kernel's table of sockets, for a connection that breaks off would be logged as a failed handshake,
# and starts no JVM.
#   probe.sh bound   Kafka listens. A broker does so only after log recovery and once it has caught up with the metadata.
#   probe.sh ready   Besides, a controller knows who leads the quorum.
source "$(dirname "$0")/start.env"

# State 0A is LISTEN.
listens() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qE "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") [0-9A-F]+:0000 0A "
}

for port in $OWN_PORTS; do
  listens "$port" || { echo "nothing listens on port $port yet"; exit 1; }
done

if [[ $1 == ready && -n $QUORUM_STATE ]]; then
  grep -qE '"leaderId":[0-9]' "$QUORUM_STATE" || { echo "the quorum has no leader that this controller knows of"; exit 1; }
fi
