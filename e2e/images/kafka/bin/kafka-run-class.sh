#!/bin/bash
# Runs a class of Kafka with the variables and defaults of the official script of this name.
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-name NAME] [-loggc] CLASS [OPTIONS]" >&2
  exit 1
fi
base_dir=$(cd "$(dirname "$0")/.." && pwd)
LOG_DIR=${LOG_DIR:-$base_dir/logs}

if [ -n "$KAFKA_LOG4J_OPTS" ]; then
  [ -d "$LOG_DIR" ] || mkdir -p "$LOG_DIR"
elif [ -e "$base_dir/config/tools-log4j2.yaml" ]; then
  KAFKA_LOG4J_OPTS="-Dlog4j2.configurationFile=$base_dir/config/tools-log4j2.yaml"
else
  KAFKA_LOG4J_OPTS="-Dlog4j.configuration=file:$base_dir/config/tools-log4j.properties"
fi

while [ $# -gt 0 ]; do
  case $1 in
    -name) name=$2; shift 2 ;;
    -loggc) log_gc=true; shift ;;
    *) break ;;
  esac
done
if [ -n "$log_gc" ] && [ -z "$KAFKA_GC_LOG_OPTS" ]; then
  KAFKA_GC_LOG_OPTS="-Xlog:gc*:file=$LOG_DIR/$name-gc.log:time,tags:filecount=10,filesize=100M"
fi
if [ -n "$JMX_PORT" ]; then
  KAFKA_JMX_OPTS="${KAFKA_JMX_OPTS:--Dcom.sun.management.jmxremote=true -Dcom.sun.management.jmxremote.authenticate=false -Dcom.sun.management.jmxremote.ssl=false} -Dcom.sun.management.jmxremote.port=$JMX_PORT -Dcom.sun.management.jmxremote.rmi.port=$JMX_PORT"
fi

# A tool lives for a second or two: compile little, collect with one thread.
KAFKA_JVM_PERFORMANCE_OPTS=${KAFKA_JVM_PERFORMANCE_OPTS:--XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djava.awt.headless=true}
KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx256M}

# Each jar by name and in order, as the official script has it.
shopt -s nullglob
for jar in "$base_dir"/libs/*.jar; do
  CLASSPATH=${CLASSPATH:+$CLASSPATH:}$jar
done
# From here on a pattern that matches nothing (-Xlog:gc*) stays as it is.
shopt -u nullglob

# Classes archived when the image was made; an archive that does not fit is passed over in silence.
case $1 in
  kafka.Kafka) archive=$base_dir/kafka.jsa ;;
  kafka.tools.StorageTool) archive=$base_dir/storage.jsa ;;
  *) archive=$base_dir/tools.jsa ;;
esac
if [ -e "$archive" ]; then
  class_data="-Xshare:auto -XX:SharedArchiveFile=$archive -Xlog:cds=off -Xlog:cds+dynamic=off"
fi

# The variables hold several options each.
# shellcheck disable=SC2086
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" $class_data $KAFKA_HEAP_OPTS $KAFKA_JVM_PERFORMANCE_OPTS $KAFKA_GC_LOG_OPTS $KAFKA_JMX_OPTS \
  -Dkafka.logs.dir="$LOG_DIR" $KAFKA_LOG4J_OPTS -cp "$CLASSPATH" $KAFKA_OPTS "$@"
