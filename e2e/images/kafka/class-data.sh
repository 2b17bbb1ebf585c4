#!/bin/bash
# Archives the classes that a node and its tools load, so that their JVMs start in about half the time: kafka.jsa and storage.jsa, as the
# official image has them, and tools.jsa. Takes the image's root file system; runs as root in mount, network and PID namespaces of its own.
set -euo pipefail
root=$1
ip link set lo up
mount -t proc proc "$root/proc"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/random" c 1 8
mknod -m 666 "$root/dev/urandom" c 1 9
echo "127.0.0.1 localhost $(hostname)" > "$root/etc/hosts"

exec chroot "$root" bash -euo pipefail <<'INSIDE'
cd /opt/kafka
export LANG=C.UTF-8 LOG_DIR=/tmp/logs
keytool -genkeypair -alias node -keyalg EC -dname CN=localhost -ext san=dns:localhost,ip:127.0.0.1 -storetype PKCS12 -keystore /tmp/node.p12 -storepass secret
cat > /tmp/server.properties <<PROPERTIES
process.roles=broker,controller
node.id=0
listeners=TLS://127.0.0.1:9092,CONTROLLER://127.0.0.1:9090
advertised.listeners=TLS://localhost:9092
listener.security.protocol.map=TLS:SSL,CONTROLLER:SSL
inter.broker.listener.name=TLS
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=localhost:9090
log.dirs=/tmp/data
offsets.topic.replication.factor=1
ssl.keystore.location=/tmp/node.p12
ssl.keystore.password=secret
ssl.truststore.location=/tmp/node.p12
ssl.truststore.password=secret
PROPERTIES
printf '%s\n' security.protocol=SSL ssl.truststore.location=/tmp/node.p12 ssl.truststore.password=secret > /tmp/client.properties
archive="-Xlog:cds=off -Xlog:cds+dynamic=off -XX:ArchiveClassesAtExit=/opt/kafka"
client=(--bootstrap-server localhost:9092)

KAFKA_OPTS="$archive/storage.jsa" bin/kafka-storage.sh format --standalone --cluster-id AAAAAAAAAAAAAAAAAAAAAQ --config /tmp/server.properties
KAFKA_OPTS="$archive/kafka.jsa" bin/kafka-server-start.sh /tmp/server.properties &
server=$!
# The tool waits until the server answers.
KAFKA_OPTS="$archive/tools.jsa" bin/kafka-topics.sh "${client[@]}" --command-config /tmp/client.properties --create --topic lines
echo line | bin/kafka-console-producer.sh "${client[@]}" --producer.config /tmp/client.properties --topic lines
bin/kafka-console-consumer.sh "${client[@]}" --consumer.config /tmp/client.properties --topic lines --from-beginning --max-messages 1 --timeout-ms 30000
kill "$server"
wait "$server" || true
ls -l kafka.jsa storage.jsa tools.jsa
INSIDE
