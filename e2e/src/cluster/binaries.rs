//! The cluster's programs, built from the pinned Go modules in `e2e/cluster/` and kept in the cache.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::command;
use super::places::Places;
use super::progress::step;

/// A Go module of the test bed and what is built from it.
struct Module {
    /// Its folder in `e2e/cluster/`.
    name: &'static str,
    /// Each program with the Go package it is.
    programs: &'static [(&'static str, &'static str)],
    ldflags: &'static str,
    tags: &'static str,
}

const STRIPPED: &str = "-s -w";

const ETCD: Module =
    Module { name: "etcd", programs: &[("etcd", "go.etcd.io/etcd/server/v3")], ldflags: STRIPPED, tags: "" };

const KUBERNETES: Module = Module {
    name: "kubernetes",
    programs: &[
        ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
        ("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
        ("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
        ("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
        ("kubelet", "k8s.io/kubernetes/cmd/kubelet"),
        ("kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy"),
    ],
    ldflags: "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3 \
              -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36",
    tags: "",
};

const CONTAINERD: Module = Module {
    name: "containerd",
    programs: &[
        ("containerd", "github.com/containerd/containerd/v2/cmd/containerd"),
        ("containerd-shim-runc-v2", "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2"),
        ("ctr", "github.com/containerd/containerd/v2/cmd/ctr"),
    ],
    ldflags: STRIPPED,
    tags: "no_btrfs,no_zfs,no_devmapper",
};

const COREDNS: Module = Module { name: "coredns", programs: &[("coredns", ".")], ldflags: STRIPPED, tags: "" };

const NETPOL: Module = Module { name: "netpol", programs: &[("netpol", ".")], ldflags: STRIPPED, tags: "" };

const STORAGE: Module = Module { name: "storage", programs: &[("storage", ".")], ldflags: STRIPPED, tags: "" };

const TRAEFIK: Module = Module {
    name: "traefik",
    programs: &[("traefik", "github.com/traefik/traefik/v3/cmd/traefik")],
    ldflags: STRIPPED,
    tags: "",
};

/// No part of a cluster: what people install with.
const HELM: Module = Module {
    name: "helm",
    programs: &[("helm", "helm.sh/helm/v3/cmd/helm"), ("kustomize", "sigs.k8s.io/kustomize/kustomize/v5")],
    // Without them Helm takes an unknown cluster for Kubernetes 1.20.
    ldflags: "-s -w -X helm.sh/helm/v3/internal/version.version=v3.22.0 \
              -X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor=37 \
              -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=37",
    tags: "",
};

const ARGOCD: Module = Module {
    name: "argocd",
    programs: &[("argocd", ".")],
    ldflags: "-s -w -X github.com/argoproj/argo-cd/v3/common.version=3.2.11",
    tags: "",
};

const MODULES: [&Module; 9] = [&ETCD, &KUBERNETES, &CONTAINERD, &COREDNS, &NETPOL, &STORAGE, &TRAEFIK, &HELM, &ARGOCD];

/// Builds programs on demand.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    cache: PathBuf,
}

impl Binaries {
    pub(super) fn new(places: &Places) -> Self {
        Self { cache: places.binaries() }
    }

    /// The path of `program`, built if this version of it is not in the cache.
    ///
    /// A program in the folder that `KUBEBUILDER_ASSETS` names is preferred.
    pub(super) fn get(&self, program: &str) -> Result<PathBuf> {
        if let Some(asset) = kubebuilder_asset(program) {
            return Ok(asset);
        }
        let (module, package) = MODULES
            .iter()
            .find_map(|module| Some((*module, module.programs.iter().find(|(name, _)| *name == program)?.1)))
            .with_context(|| format!("{program} is no program of the test bed"))?;
        let dir = self.cache.join(module.version()?);
        let binary = dir.join(program);
        if !binary.is_file() {
            fs::create_dir_all(&dir)?;
            let _lock = lock(&dir)?;
            // Another command may have built it while this one waited.
            if !binary.is_file() {
                step(&format!("build {program}"), || build(module, package, &binary))?;
            }
        }
        Ok(binary)
    }

    /// Builds every program that is not in the cache.
    pub(super) fn build_all(&self) -> Result<()> {
        MODULES.iter().flat_map(|module| module.programs).try_for_each(|(program, _)| self.get(program).map(drop))
    }
}

/// Waits until no other command builds in `dir`, and keeps others waiting until the lock is dropped.
fn lock(dir: &Path) -> Result<File> {
    let path = dir.join("lock");
    let file = File::create(&path).with_context(|| format!("create {}", path.display()))?;
    file.lock().with_context(|| format!("lock {}", path.display()))?;
    Ok(file)
}

impl Module {
    fn sources(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("cluster").join(self.name)
    }

    /// `<name>-<hash of all that decides what is built>`.
    fn version(&self) -> Result<String> {
        let sources = self.sources();
        let mut files: Vec<PathBuf> = fs::read_dir(&sources)
            .with_context(|| format!("read {}", sources.display()))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        files.sort_unstable();
        let mut hash = Sha256::new();
        for part in [env::consts::OS, env::consts::ARCH, self.ldflags, self.tags] {
            hash.update(part);
            hash.update([0]);
        }
        for file in files {
            hash.update(fs::read(&file).with_context(|| format!("read {}", file.display()))?);
        }
        Ok(format!("{}-{:.12}", self.name, format!("{:x}", hash.finalize())))
    }
}

fn build(module: &Module, package: &str, binary: &Path) -> Result<()> {
    // Built under another name, so that a build that was stopped leaves nothing that looks finished.
    let unfinished = binary.with_extension("unfinished");
    let mut go = Command::new("go");
    go.current_dir(module.sources()).env("CGO_ENABLED", "0").args(["build", "-ldflags", module.ldflags]);
    if !module.tags.is_empty() {
        go.args(["-tags", module.tags]);
    }
    command::output(go.arg("-o").arg(&unfinished).arg(package))
        .context("Go 1.26 or newer builds the test bed's programs")?;
    fs::rename(&unfinished, binary)?;
    Ok(())
}

fn kubebuilder_asset(program: &str) -> Option<PathBuf> {
    let asset = PathBuf::from(env::var_os("KUBEBUILDER_ASSETS")?).join(program);
    asset.is_file().then_some(asset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_has_its_versions_pinned() {
        for module in MODULES {
            for file in ["go.mod", "go.sum"] {
                assert!(module.sources().join(file).is_file(), "{} has no {file}", module.name);
            }
        }
    }

    #[test]
    fn other_flags_are_another_version() {
        let stripped = Module { ldflags: "", ..ETCD };
        assert_ne!(stripped.version().unwrap(), ETCD.version().unwrap());
        assert!(ETCD.version().unwrap().starts_with("etcd-"));
    }

    #[test]
    fn an_unknown_program_is_refused_by_name() {
        let places = Binaries { cache: PathBuf::from("/nowhere") };
        assert_eq!(places.get("frobnicate").unwrap_err().to_string(), "frobnicate is no program of the test bed");
    }
}
