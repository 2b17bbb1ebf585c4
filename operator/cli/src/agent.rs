//! `kubectl kafkapipelines agent config`: a server is set up by one command and one copy.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kafkapipelines_core::agent::{
    Agent, CERTIFICATES_DIR, CertificateFiles, Connection, FILE, Login, Way, is_name, render, ways,
};
use kafkapipelines_core::names;
use kafkapipelines_core::vector::{CA_KEY, USER_CERTIFICATE, USER_KEY};
use kafkapipelines_crds::{AuthenticationType, LogPipeline};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::args::{AgentConfigArgs, AgentOutput};
use crate::cluster::Scope;
use crate::{documents, terminal};

const PASSWORD: &str = "password";

/// What the cluster, or the files, tell of the pipeline.
struct Known {
    pipeline: LogPipeline,
    trusted: String,
    user: Option<Secret>,
}

/// A file of the server.
#[derive(Serialize)]
struct ServerFile {
    path: String,
    mode: &'static str,
    content: String,
}

/// The variables of Ansible.
#[derive(Serialize)]
struct Variables {
    kafkapipelines_agent_files: Vec<ServerFile>,
}

/// Prints the Vector file, or the variables of Ansible, or writes the directory.
pub async fn run(args: &AgentConfigArgs) -> Result<()> {
    check_names(args)?;
    let known = if args.files.is_empty() { from_cluster(args).await? } else { from_files(args)? };
    let way = way(args, &known.pipeline)?;
    match args.output {
        AgentOutput::Yaml => Ok(terminal::print(&render(&agent(args, &known, inline(args, &known, &way)?)?)?)?),
        AgentOutput::Ansible => {
            let variables = Variables { kafkapipelines_agent_files: server_files(args, &known, &way)? };
            let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
            Ok(terminal::print(&serde_saphyr::to_string_with_options(&variables, options)?)?)
        }
        AgentOutput::Dir => {
            let directory = args.directory.clone().unwrap_or_else(|| PathBuf::from(&args.host));
            for file in server_files(args, &known, &way)? {
                write(&directory, &file)?;
            }
            let shown = directory.display();
            Ok(terminal::print(&format!("Copy it:  scp -r {shown}/. root@{}:/etc/vector/\n", args.host))?)
        }
    }
}

fn check_names(args: &AgentConfigArgs) -> Result<()> {
    for (option, name) in [("--host", &args.host), ("--component", &args.component)] {
        ensure!(is_name(name), "{option} {name:?}: give letters, digits, dots, dashes and underscores");
    }
    Ok(())
}

async fn from_cluster(args: &AgentConfigArgs) -> Result<Known> {
    let scope = Scope::of_one_namespace(&args.cluster).await?;
    let missing = |kind: &str, name: &str| format!("there is no {kind} {name} in {}", scope.place());
    let pipeline = scope.get::<LogPipeline>(&args.pipeline).await?;
    let pipeline = pipeline.with_context(|| missing("LogPipeline", &args.pipeline))?;
    let name = names::agent(&args.pipeline);
    let config_map = scope.get::<ConfigMap>(&name).await?.with_context(|| missing("ConfigMap", &name))?;
    let user = match &args.user {
        Some(user) => {
            let name = names::user(&args.pipeline, user);
            Some(scope.get::<Secret>(&name).await?.with_context(|| missing("Secret", &name))?)
        }
        None => None,
    };
    Ok(Known { pipeline, trusted: trusted(config_map)?, user })
}

fn from_files(args: &AgentConfigArgs) -> Result<Known> {
    let mut all = Vec::new();
    for file in &args.files {
        all.extend(documents::read(file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    let user = args.user.as_ref().map(|user| names::user(&args.pipeline, user));
    Ok(Known {
        pipeline: document(&all, "LogPipeline", &args.pipeline)?,
        trusted: trusted(document(&all, "ConfigMap", &names::agent(&args.pipeline))?)?,
        user: user.map(|name| document(&all, "Secret", &name)).transpose()?,
    })
}

fn document<T: DeserializeOwned>(all: &[serde_json::Value], kind: &str, name: &str) -> Result<T> {
    let found = all.iter().find(|document| document["kind"] == kind && document["metadata"]["name"] == name);
    let found = found.with_context(|| format!("the {kind} {name} is not among the documents"))?;
    T::deserialize(found).with_context(|| format!("the {kind} {name} cannot be read"))
}

fn trusted(config_map: ConfigMap) -> Result<String> {
    let data = config_map.data.and_then(|mut data| data.remove(CA_KEY));
    data.context("the ConfigMap of the agents has no ca.crt")
}

/// The listener of that name, or the only one.
fn way(args: &AgentConfigArgs, pipeline: &LogPipeline) -> Result<Way> {
    let mut all = ways(pipeline);
    let names: Vec<_> = all.iter().map(|way| way.listener.clone()).collect();
    if let Some(wanted) = &args.listener {
        all.retain(|way| way.listener == *wanted);
        ensure!(!all.is_empty(), "--listener {wanted}: the external listeners are: {}", names.join(", "));
    }
    ensure!(all.len() <= 1, "there are several external listeners, say which by --listener: {}", names.join(", "));
    all.pop().context("the pipeline has no external listener: add one of type ingress to spec.kafka.listeners")
}

fn agent(args: &AgentConfigArgs, known: &Known, connection: Connection) -> Result<Agent> {
    let first = || known.pipeline.spec.topics.first().map(|topic| topic.name.clone());
    Ok(Agent {
        host: args.host.clone(),
        host_ip: args.host_ip.map(|ip| ip.to_string()),
        component: args.component.clone(),
        include: args.include.clone(),
        exclude: args.exclude.clone(),
        ignore_older_secs: args.ignore_older,
        connection,
        topic: args.topic.clone().or_else(first).context("the pipeline lists no topics: say one by --topic")?,
    })
}

/// With everything in the one file.
fn inline(args: &AgentConfigArgs, known: &Known, way: &Way) -> Result<Connection> {
    let tls = CertificateFiles { trusted: known.trusted.clone(), own: certificate(args, known, way)? };
    Ok(Connection { servers: way.servers.clone(), tls: Some(tls), password: login(args, known, way)? })
}

fn server_files(args: &AgentConfigArgs, known: &Known, way: &Way) -> Result<Vec<ServerFile>> {
    let password = login(args, known, way)?;
    let mode = if password.is_some() { "0600" } else { "0644" };
    let content = render(&agent(args, known, way.with_files(password))?)?;
    let certificate_file =
        |name: &str, mode, content| ServerFile { path: format!("{CERTIFICATES_DIR}/{name}"), mode, content };
    let mut files = vec![
        ServerFile { path: FILE.to_owned(), mode, content },
        certificate_file(CA_KEY, "0644", known.trusted.clone()),
    ];
    if let Some((certificate, key)) = certificate(args, known, way)? {
        files.push(certificate_file(USER_CERTIFICATE, "0644", certificate));
        files.push(certificate_file(USER_KEY, "0600", key));
    }
    Ok(files)
}

/// Certificate and key, where the listener asks for them.
fn certificate(args: &AgentConfigArgs, known: &Known, way: &Way) -> Result<Option<(String, String)>> {
    if way.authentication != Some(AuthenticationType::Tls) {
        return Ok(None);
    }
    Ok(Some((credential(args, known, way, USER_CERTIFICATE)?, credential(args, known, way, USER_KEY)?)))
}

/// User and password, where the listener asks for them.
fn login(args: &AgentConfigArgs, known: &Known, way: &Way) -> Result<Option<Login>> {
    if way.authentication != Some(AuthenticationType::ScramSha512) {
        return Ok(None);
    }
    let password = credential(args, known, way, PASSWORD)?;
    Ok(Some(Login { user: args.user.clone().unwrap_or_default(), password }))
}

fn credential(args: &AgentConfigArgs, known: &Known, way: &Way, key: &str) -> Result<String> {
    let (Some(user), Some(secret)) = (&args.user, &known.user) else {
        bail!("the listener {} asks who somebody is: say a user of the pipeline by --user", way.listener)
    };
    let value = secret.data.as_ref().and_then(|data| data.get(key));
    let value = value.with_context(|| {
        format!(
            "the user {user} has no {key} in its Secret: the listener {} asks for another authentication",
            way.listener
        )
    })?;
    String::from_utf8(value.0.clone())
        .ok()
        .with_context(|| format!("{key} in the Secret of the user {user} is no text"))
}

/// Writes a file below the directory, which stands for `/etc/vector`.
fn write(directory: &Path, file: &ServerFile) -> Result<()> {
    let path = directory.join(file.path.trim_start_matches("/etc/vector/"));
    let told = || format!("cannot write {}", path.display());
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(told)?;
    }
    let mode = u32::from_str_radix(file.mode, 8)?;
    let mut open =
        OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&path).with_context(told)?;
    open.write_all(file.content.as_bytes()).with_context(told)
}
