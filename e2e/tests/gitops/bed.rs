//! The cluster, Argo CD on it, and the Git repository that it reads.

use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use kafkapipelines_e2e::cluster::{ArgoCd, Cluster, Places, Repository, step};
use kafkapipelines_e2e::document::{self, Environment};
use kafkapipelines_e2e::image::kafka::Version;
use kafkapipelines_e2e::installation::{NAMESPACE, PIPELINE, Pipeline, provide_images, remove_namespace};

use super::applications::Applications;

/// Kafka's first start.
pub const READY_WITHIN: Duration = Duration::from_mins(8);

/// Everything but the product.
pub struct Bed {
    pub cluster: Cluster,
    pub repository: Repository,
    pub applications: Applications,
    pub pipeline: Pipeline,
    _argo: ArgoCd,
}

impl Bed {
    /// A cluster that has never heard of the product, and neither has its Argo CD.
    pub fn start() -> Result<Self> {
        let places = Places::from_env()?;
        let cluster = Cluster::level2(&places, 1)?;
        provide_images(&cluster, &[Version::V3_9_0])?;
        let argo = ArgoCd::start(&places)?;
        let repository = Repository::of_project()?;
        // Six Kafka nodes on one machine.
        repository.replace("argocd/log-pipeline/kustomization.yaml", "../../examples", "../../overlays/small")?;
        repository.commit("Small Kafka nodes")?;
        let pipeline = Pipeline::new(&cluster, NAMESPACE, PIPELINE);
        let applications = Applications::watch(&cluster)?;
        let bed = Self { cluster, repository, applications, pipeline, _argo: argo };
        step("a cluster without the product", || bed.clear())?;
        Ok(bed)
    }

    /// What a person does by hand: the commands of docs/install.md under `heading`, in a clone of the repository. Meanwhile
    /// `test` looks on.
    pub fn follow_page(&self, heading: &str, test: impl FnOnce() -> Result<()>) -> Result<()> {
        let section = document::section("docs/install.md", heading)?;
        let environment = Environment::with_copy_of(&self.repository.file(""), &self.cluster, &[])?;
        thread::scope(|scope| {
            let person = scope.spawn(|| section.run(&environment));
            let seen = test();
            person.join().ok().context("the page's steps panicked")?.and(seen)
        })
    }

    /// Commits what was changed in the repository, and tells Argo CD.
    pub fn push(&self, message: &str) -> Result<String> {
        let commit = self.repository.commit(message)?;
        self.applications.refresh("normal")?;
        Ok(commit)
    }

    /// Removes what Argo CD leaves on purpose: the namespace with its volumes, and the kinds.
    pub fn clear(&self) -> Result<()> {
        remove_namespace(&self.cluster, NAMESPACE)?;
        let kinds = ["logpipelines", "kafkanodepools", "consumers"].map(|plural| format!("{plural}.kafkapipelines.io"));
        let delete = ["delete", "customresourcedefinition", "--ignore-not-found"].map(str::to_owned);
        self.cluster.kubectl(delete.iter().chain(&kinds)).map(drop)
    }
}
