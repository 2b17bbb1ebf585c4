//! A Kafka client inside the cluster: a Pod of the Kafka image that trusts only the pipeline's `ca.crt`.

use std::process::Command;

use anyhow::Result;

use super::Pipeline;
use crate::image::{Image, kafka::Version};

/// The restricted Pod Security profile is enforced where pipelines live.
const POD: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: {{name}}}
spec:
  terminationGracePeriodSeconds: 0
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: kafka
      image: {{image}}
      workingDir: /opt/kafka
      command: [bash, -c, "{{start}}"]
      env: [{name: KAFKA_HEAP_OPTS, value: -Xmx64m}]
      resources: {requests: {cpu: 50m, memory: 128Mi}}
      readinessProbe: {exec: {command: [test, -f, /tmp/tls.properties]}, periodSeconds: 1}
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      volumeMounts: [{name: ca, mountPath: /ca}]
  volumes: [{name: ca, secret: {secretName: {{secret}}, items: [{key: ca.crt, path: ca.crt}]}}]
"#;
const START: &str = concat!(
    // As producers have it by default; the console's own three tries are less than a leader takes to move.
    r"printf '%s\\n' acks=all retries=2147483647 > /tmp/plain.properties; ",
    r"cp /tmp/plain.properties /tmp/tls.tmp; ",
    r"printf '%s\\n' security.protocol=SSL ssl.truststore.type=PEM ssl.truststore.location=/ca/ca.crt >> /tmp/tls.tmp; ",
    r"mv /tmp/tls.tmp /tmp/tls.properties; ",
    r"trap exit TERM; sleep infinity & wait",
);
/// Arguments: bootstrap server, configuration, topic, mark, number. Ends as soon as that many lines with the mark were read.
const CONSUME: &str = r#"
exec 3< <(exec bin/kafka-console-consumer.sh --bootstrap-server "$1" --consumer.config "$2" --topic "$3" \
    --from-beginning --timeout-ms 60000 2>/tmp/consumer.log)
consumer=$!
found=$(grep -m "$5" -F -- "$4" <&3)
kill "$consumer" 2>/dev/null
echo "$found"
[ "$(grep -c . <<<"$found")" -eq "$5" ] || { tail -n 20 /tmp/consumer.log >&2; exit 1; }
"#;

/// Arguments: bootstrap server, configuration, topic, pattern. Reads as many lines as the topic holds now.
const READ_ALL: &str = r#"
offsets=$(bin/kafka-run-class.sh org.apache.kafka.tools.GetOffsetShell --bootstrap-server "$1" --command-config "$2" --topic "$3") || exit 1
end=0
while IFS=: read -r _ _ offset; do end=$((end + offset)); done <<<"$offsets"
[ "$end" -gt 0 ] || exit 0
bin/kafka-console-consumer.sh --bootstrap-server "$1" --consumer.config "$2" --topic "$3" --from-beginning \
    --max-messages "$end" --timeout-ms 60000 2>/tmp/consumer.log | grep -a -o -E -- "$4"
grep -F "Processed a total of $end messages" /tmp/consumer.log >/dev/null || { tail -n 20 /tmp/consumer.log >&2; exit 1; }
"#;

/// How a client speaks to a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// In the clear.
    Plain,
    /// TLS, trusting the pipeline's authority and no other.
    Tls,
}

impl Access {
    fn file(self) -> &'static str {
        match self {
            Self::Plain => "/tmp/plain.properties",
            Self::Tls => "/tmp/tls.properties",
        }
    }
}

/// The client of a pipeline.
#[derive(Debug, Clone)]
pub struct Client {
    pipeline: Pipeline,
    pod: String,
}

impl Client {
    /// Starts the Pod beside the pipeline, in place of a former one, and returns when it is ready.
    ///
    /// # Errors
    /// When it is refused or does not become ready in time.
    pub fn start(pipeline: &Pipeline, version: Version) -> Result<Self> {
        let pod = format!("{}-client", pipeline.name());
        let manifest = POD
            .replace("{{name}}", &pod)
            .replace("{{image}}", &Image::Kafka(version).reference())
            .replace("{{start}}", START)
            .replace("{{secret}}", &format!("{}-cluster-ca-cert", pipeline.name()));
        pipeline.replace_pod(&pod, &manifest)?;
        Ok(Self { pipeline: pipeline.clone(), pod })
    }

    /// Produces one line, acknowledged by all replicas in sync.
    ///
    /// # Errors
    /// When the client cannot be run. What it could not deliver is found missing by [`Self::consume`] only.
    pub fn produce(&self, bootstrap: &str, access: Access, topic: &str, line: &str) -> Result<()> {
        self.pipeline.kubectl_with_input(&self.producing(bootstrap, access, topic), &format!("{line}\n"))?;
        Ok(())
    }

    /// A command, kubectl that runs a producer: each line of its standard input is one of the topic.
    pub fn producer(&self, bootstrap: &str, access: Access, topic: &str) -> Command {
        let mut kubectl = self.pipeline.kubectl_command();
        kubectl.args(self.producing(bootstrap, access, topic));
        kubectl
    }

    fn producing<'a>(&'a self, bootstrap: &'a str, access: Access, topic: &'a str) -> Vec<&'a str> {
        let producer = ["bin/kafka-console-producer.sh", "--bootstrap-server", bootstrap, "--topic", topic];
        let config = ["--producer.config", access.file()];
        [&["exec", "--stdin", &self.pod, "--"][..], &producer, &config].concat()
    }

    /// Reads the topic from its beginning until `count` lines with `mark` have come, and returns those.
    ///
    /// # Errors
    /// When none comes for a minute; the error holds the end of the client's log.
    pub fn consume(
        &self,
        bootstrap: &str,
        access: Access,
        topic: &str,
        mark: &str,
        count: usize,
    ) -> Result<Vec<String>> {
        self.bash(CONSUME, &[bootstrap, access.file(), topic, mark, &count.to_string()])
    }

    /// What `pattern`, an extended regular expression, finds in the lines of a topic of which nothing was deleted.
    ///
    /// # Errors
    /// When none comes for a minute before all are read; the error holds the end of the client's log.
    pub fn read_all(&self, bootstrap: &str, access: Access, topic: &str, pattern: &str) -> Result<Vec<String>> {
        self.bash(READ_ALL, &[bootstrap, access.file(), topic, pattern])
    }

    /// The lines that a script prints.
    fn bash(&self, script: &str, arguments: &[&str]) -> Result<Vec<String>> {
        let bash = ["exec", &self.pod, "--", "bash", "-c", script, "bash"];
        let printed = self.pipeline.kubectl(&[&bash[..], arguments].concat())?;
        Ok(printed.lines().map(str::to_owned).collect())
    }
}
