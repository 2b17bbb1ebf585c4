//! A Kafka client for messages that are no text: a Pod that trusts only the pipeline's `ca.crt`.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::Pipeline;
use crate::image::Image;

/// The restricted Pod Security profile is enforced where pipelines live.
const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: {{name}}}
spec:
  terminationGracePeriodSeconds: 0
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: client
      image: {{image}}
      resources: {requests: {cpu: 10m, memory: 64Mi}}
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      volumeMounts: [{name: ca, mountPath: /ca}]
  volumes: [{name: ca, secret: {secretName: {{secret}}, items: [{key: ca.crt, path: ca.crt}]}}]
";

/// The client of a pipeline; `e2e/images/byte-client` is what runs in it.
#[derive(Debug, Clone)]
pub struct ByteClient {
    pipeline: Pipeline,
    pod: String,
}

impl ByteClient {
    /// Starts the Pod beside the pipeline, in place of a former one, and returns when it is ready.
    ///
    /// # Errors
    /// When it is refused or does not become ready in time.
    pub fn start(pipeline: &Pipeline) -> Result<Self> {
        let pod = format!("{}-byte-client", pipeline.name());
        let manifest = POD
            .replace("{{name}}", &pod)
            .replace("{{image}}", &Image::ByteClient.reference())
            .replace("{{secret}}", &format!("{}-cluster-ca-cert", pipeline.name()));
        pipeline.replace_pod(&pod, &manifest)?;
        Ok(Self { pipeline: pipeline.clone(), pod })
    }

    /// Writes messages by a listener with TLS, acknowledged by all replicas in sync.
    ///
    /// # Errors
    /// When Kafka refuses one, or does not take it within a minute.
    pub fn write<'a>(&self, bootstrap: &str, topic: &str, messages: impl IntoIterator<Item = &'a [u8]>) -> Result<()> {
        let lines: String = messages.into_iter().map(|message| BASE64_STANDARD.encode(message) + "\n").collect();
        let write = ["exec", "--stdin", &self.pod, "--", "/byte-client", "write", bootstrap, topic];
        self.pipeline.kubectl_with_input(&write, &lines).map(drop)
    }

    /// All messages that a topic holds now.
    ///
    /// # Errors
    /// When they cannot be read within a minute.
    pub fn read(&self, bootstrap: &str, topic: &str) -> Result<Vec<Vec<u8>>> {
        let printed = self.pipeline.kubectl(&["exec", &self.pod, "--", "/byte-client", "read", bootstrap, topic])?;
        let message = |line: &str| line.strip_prefix(':').and_then(|message| BASE64_STANDARD.decode(message).ok());
        printed.lines().map(|line| message(line).with_context(|| format!("a message: {line}"))).collect()
    }
}
