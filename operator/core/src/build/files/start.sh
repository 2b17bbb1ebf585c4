#!/bin/bash
# Starts a Kafka node: waits for what the operator brings, formats the disks that are new, then becomes Kafka.
# Runs in Kafka's home. What it needs to know of the pool is in start.env beside it.
set -euo pipefail

config=$(dirname "$0")
# shellcheck source=/dev/null
source "$config/start.env"
node_id=${HOSTNAME##*-}
properties=$config/server-$node_id.properties
key=$CERTIFICATES/$node_id.pem

say() { echo "[start] $*"; }

fail() {
  say "node $node_id does not start: $*" >&2
  exit 1
}

# Waits for a condition. A node that waits in vain ends, so that Kubernetes shows it.
await() {
  local what=$1 deadline=$((SECONDS + 600))
  shift
  "$@" && return
  say "waiting for $what"
  until "$@"; do
    ((SECONDS < deadline)) || fail "gave up waiting for $what"
    sleep 1
  done
}

# The Pod's topology label, which newer API servers copy from the Kubernetes node, else the annotation that the operator writes.
read_rack() {
  KAFKA_RACK=$(cat "$RACK/label")
  [[ -n $KAFKA_RACK ]] || KAFKA_RACK=$(cat "$RACK/annotation")
  [[ -n $KAFKA_RACK ]]
}

# A first voter is formatted with the whole quorum; every other node finds the quorum by itself.
format() {
  local quorum=(--no-initial-controllers)
  if [[ ",$INITIAL_CONTROLLERS" == *",$node_id@"* ]]; then
    quorum=(--initial-controllers "$INITIAL_CONTROLLERS")
  fi
  bin/kafka-storage.sh format --cluster-id "$CLUSTER_ID" --config "$properties" --release-version "$METADATA_VERSION" \
    --ignore-formatted "${quorum[@]}" ||
    fail "its disks could not be formatted for cluster $CLUSTER_ID (reason above). Disks that hold another cluster's data are never touched: delete the claims if that data may go."
}

# A controller that comes later gets a directory id that follows from the cluster id too. Kafka writes its metadata log
# at the first start; from then on the id is part of the quorum and stays.
name_directory() {
  local id=${DIRECTORY_IDS[$node_id]:-}
  if [[ -n $id && ! -e $METADATA_LOG_DIR/__cluster_metadata-0 ]]; then
    sed -i "s/^directory\.id=.*/directory.id=$id/" "$METADATA_LOG_DIR/meta.properties"
  fi
}

# As process 1 bash would ignore the signal while it waits.
trap 'exit 143' TERM

await "the configuration of node $node_id" test -e "$properties"
await "the certificate of node $node_id" test -e "$key"
if [[ -d $RACK ]]; then
  await "the rack of node $node_id" read_rack
  export KAFKA_RACK
  say "node $node_id is in rack $KAFKA_RACK"
fi
format
name_directory

# Exported here and not in the Pod, so that a tool run by kubectl exec does not start with the server's heap.
export KAFKA_HEAP_OPTS=$HEAP_OPTIONS KAFKA_OPTS=$JVM_OPTIONS KAFKA_LOG4J_OPTS=$LOGGING_OPTIONS
# Kafka's own default adds a log of garbage collections on the disk.
export EXTRA_ARGS="-name kafkaServer"
exec bin/kafka-server-start.sh "$properties"
