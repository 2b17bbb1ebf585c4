//! Users, ACLs and quotas on a cluster that has them switched on while it runs, and certificates that are renewed under load.

use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kafkapipelines_e2e::cluster::{step, until};
use kafkapipelines_e2e::image::{Image, kafka::Version};
use kafkapipelines_e2e::installation::{Operator, Pipeline, remove_namespace};
use serde_json::json;

use super::bed::{READY_WITHIN, bootstrap, cluster, presented};
use super::secured_consumer;

const NAMESPACE: &str = "secured";
const MANIFEST: &str = include_str!("secured.yaml");
const SOON: Duration = Duration::from_mins(2);
/// Lines in the topic before certificates are renewed.
const LINES: usize = 2;
const RENEWALS: usize = 10;

#[test]
fn users_may_do_what_the_spec_says_and_nothing_else() -> Result<()> {
    let cluster = cluster(1)?;
    remove_namespace(&cluster, NAMESPACE)?;
    Operator::install(&cluster, NAMESPACE)?;
    let pipeline = Pipeline::new(&cluster, NAMESPACE, "secured");
    pipeline.apply_text(&MANIFEST.replace("{{image}}", &Image::Kafka(Version::V4_3_1).reference()))?;
    step("two nodes and four users", || {
        pipeline.await_ready(READY_WITHIN)?;
        pipeline.kubectl(&["wait", "pod", "clients", "--for=condition=Ready", "--timeout=120s"])
    })?;
    let users = Users { pipeline: &pipeline };

    users.writes("mute", "before authorization, whoever has a certificate writes")?;
    step("authorization is switched on", || authorization_is_switched_on(&pipeline))?;
    step("what users may do", || users_may_do_what_the_spec_says(&users))?;
    step("a consumer", || secured_consumer::what_a_person_asks_of_it_is_done(&cluster, &pipeline, LINES))?;
    step("ten renewals", || certificates_are_renewed_under_load(&users))?;
    step("another password", || a_new_password_ends_the_old_one(&users))?;
    step("a user that is removed", || a_user_that_is_removed_is_refused(&users))?;
    remove_namespace(&cluster, NAMESPACE)
}

fn users_may_do_what_the_spec_says(users: &Users<'_>) -> Result<()> {
    acls_and_quotas_are_what_the_spec_says(users)?;
    users.writes("web", "from web")?;
    users.is_refused("mute", "from mute")?;
    assert!(users.reads("app", "app-1", LINES)?.contains("from web"));
    assert!(users.reads("app", "other", LINES).is_err(), "the ACL is for groups that begin with app-");
    Ok(())
}

/// Who has a Secret of the pipeline, in the Pod with all of them.
struct Users<'a> {
    pipeline: &'a Pipeline,
}

impl Users<'_> {
    /// One line to the topic `logs`, with the configuration that the user's Secret holds.
    fn writes(&self, user: &str, line: &str) -> Result<()> {
        let producer = "bin/kafka-console-producer.sh --topic logs --producer.config";
        // The tool ends well whatever became of the line; what it prints tells.
        let printed = self.run(&format!("echo '{line}' | {producer} {} {}", file(user), self.server(user)))?;
        ensure!(!printed.contains("Exception"), "{printed}");
        Ok(())
    }

    fn is_refused(&self, user: &str, line: &str) -> Result<()> {
        let refused = self.writes(user, line).err().context("the line was taken")?.to_string();
        ensure!(refused.contains("AuthorizationException"), "{refused}");
        Ok(())
    }

    /// So many lines of the topic, read as a member of `group`; fewer if no more come.
    fn reads(&self, user: &str, group: &str, count: usize) -> Result<String> {
        let consumer = "bin/kafka-console-consumer.sh --topic logs --from-beginning --timeout-ms 15000";
        let (config, server) = (file(user), self.server(user));
        let printed = self
            .run(&format!("{consumer} --max-messages {count} --consumer.config {config} --group {group} {server}"))?;
        ensure!(
            !printed.contains("AuthorizationException") && !printed.contains("AuthenticationException"),
            "{printed}"
        );
        Ok(printed)
    }

    /// One of Kafka's tools, run as the super user.
    fn tool(&self, tool: &str) -> Result<String> {
        self.run(&format!("{tool} --command-config {} {}", file("ops"), self.server("ops")))
    }

    fn server(&self, user: &str) -> String {
        let port = if user == "app" { 9095 } else { 9093 };
        format!("--bootstrap-server {}", bootstrap(self.pipeline, port))
    }

    fn run(&self, script: &str) -> Result<String> {
        self.pipeline.kubectl(&["exec", "clients", "--", "bash", "-c", &format!("{script} 2>&1 || true")])
    }
}

fn file(user: &str) -> String {
    format!("/tmp/users/{user}/client.properties")
}

fn authorization_is_switched_on(pipeline: &Pipeline) -> Result<()> {
    let patch = json!({"spec": {"kafka": {"authorization": {"type": "simple", "superUsers": ["CN=ops"]}}}}).to_string();
    pipeline.kubectl(&["patch", "logpipeline", "secured", "--type=merge", "--patch", &patch])?;
    pipeline.await_ready(READY_WITHIN)
}

fn acls_and_quotas_are_what_the_spec_says(users: &Users<'_>) -> Result<()> {
    let acls = users.tool("bin/kafka-acls.sh --list")?;
    let of = |user: &str| acls.matches(&format!("principal=User:{user},")).count();
    assert!(of("web") >= 2 && of("app") >= 3 && of("mute") == 0, "{acls}");
    assert!(acls.contains("resourceType=GROUP, name=app-, patternType=PREFIXED"), "{acls}");
    let quotas = users.tool("bin/kafka-configs.sh --describe --entity-type users --entity-name web")?;
    assert!(quotas.contains("producer_byte_rate=1.048576E7") && quotas.contains("request_percentage=50.0"), "{quotas}");
    Ok(())
}

/// Ten times, while a producer writes and the Pods stay what they are.
fn certificates_are_renewed_under_load(users: &Users<'_>) -> Result<()> {
    let (pods, load) = (users.pipeline.pod_uids()?, Load::start(users)?);
    let mut before = serials(users)?;
    for renewal in 1..=RENEWALS {
        users.pipeline.kubectl(&["delete", "secret", "secured-broker-certs", "secured-controller-certs"])?;
        let mut now = before.clone();
        until(&format!("new certificates are presented, for the {renewal}. time"), SOON, || {
            now = serials(users)?;
            Ok(now.iter().zip(&before).all(|(now, before)| now != before))
        })?;
        before = now;
        users.writes("web", &format!("after renewal {renewal}"))?;
    }
    load.end_without_a_failure()?;
    assert_eq!(users.pipeline.pod_uids()?, pods, "nobody restarts");
    users.pipeline.await_ready(READY_WITHIN)
}

/// Serial numbers of the certificates of the broker and of the controller.
fn serials(users: &Users<'_>) -> Result<[String; 2]> {
    let serial = |node: &str, port: u16| {
        let address = format!("secured-{node}.secured-kafka-brokers.{NAMESPACE}.svc:{port}");
        presented(users.pipeline, "secured-broker-0", &address)
    };
    thread::scope(|scope| {
        let controller = scope.spawn(|| serial("controller-9000", 9090));
        let broker = serial("broker-0", 9091)?;
        Ok([broker, controller.join().ok().context("the thread panicked")??])
    })
}

/// A producer that goes on in the clients' Pod.
struct Load<'a> {
    users: &'a Users<'a>,
}

impl<'a> Load<'a> {
    fn start(users: &'a Users<'a>) -> Result<Self> {
        let lines = "(n=0; while [ ! -e /tmp/stop ]; do echo load $((n++)); sleep 0.1; done; echo $n > /tmp/count)";
        let producer = "bin/kafka-console-producer.sh --topic logs --producer.config";
        let producer = format!("{producer} {} {}", file("web"), users.server("web"));
        users.run(&format!(
            "{{ {lines} | {producer} > /tmp/load.log 2>&1; touch /tmp/ended; }} </dev/null >/dev/null 2>&1 &"
        ))?;
        Ok(Self { users })
    }

    /// Every line is in the topic, and the client said nothing of a failure.
    fn end_without_a_failure(self) -> Result<()> {
        let users = self.users;
        users.run("touch /tmp/stop")?;
        until("the producer ends", SOON, || Ok(users.run("ls /tmp/ended")?.trim() == "/tmp/ended"))?;
        let log = users.run("cat /tmp/load.log")?;
        assert!(!log.contains("Exception") && !log.contains("ERROR"), "{log}");
        let count: usize = users.run("cat /tmp/count")?.trim().parse()?;
        let read = users.reads("app", "app-load", LINES + RENEWALS + count)?;
        let found = read.lines().filter(|line| line.starts_with("load ")).count();
        assert_eq!(found, count);
        Ok(())
    }
}

fn a_new_password_ends_the_old_one(users: &Users<'_>) -> Result<()> {
    let rotate = json!([{"op": "add", "path": "/spec/users/2/authentication/rotation", "value": "2"}]).to_string();
    users.pipeline.kubectl(&["patch", "logpipeline", "secured", "--type=json", "--patch", &rotate])?;
    until("the old password is refused", SOON, || {
        Ok(users
            .reads("app", "app-password", 1)
            .is_err_and(|error| error.to_string().contains("AuthenticationException")))
    })
}

fn a_user_that_is_removed_is_refused(users: &Users<'_>) -> Result<()> {
    let remove = json!([{"op": "remove", "path": "/spec/users/1"}]).to_string();
    users.pipeline.kubectl(&["patch", "logpipeline", "secured", "--type=json", "--patch", &remove])?;
    let secrets = ["get", "secrets", "--output=name"];
    until("its Secret is gone", SOON, || Ok(!users.pipeline.kubectl(&secrets)?.contains("secret/secured-web\n")))?;
    users.is_refused("web", "after its end")?;
    let acls = users.tool("bin/kafka-acls.sh --list")?;
    assert!(!acls.contains("User:web,"), "{acls}");
    Ok(())
}
