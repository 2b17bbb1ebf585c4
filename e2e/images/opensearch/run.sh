#!/bin/bash
# Runs OpenSearch, again and again: whoever kills the process of data/pid finds it back at once, with the settings of data/settings.
cd /opt/opensearch
touch data/settings
trap 'kill "$node"; wait "$node"; exit' TERM
while true; do
  mapfile -t settings < data/settings
  # Little is compiled, with one thread collecting: a node of a test lives for a minute.
  java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m -cp 'classes:libs/*' OneNode /opt/opensearch/data "${settings[@]}" &
  node=$!
  echo "$node" > data/pid
  wait "$node"
done
