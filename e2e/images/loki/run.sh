#!/bin/bash
# Runs Loki, again and again: whoever kills the process of data/pid finds it back at once, with the flags of data/flags.
cd /opt/loki
touch data/flags data/limits.yaml
trap 'kill "$loki"; wait "$loki"; exit' TERM
while true; do
  mapfile -t flags < data/flags
  ./loki -config.file=config.yaml "${flags[@]}" &
  loki=$!
  echo "$loki" > data/pid
  wait "$loki"
done
