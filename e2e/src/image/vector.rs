//! What runs where the operator asks for Vector: a stand-in, unless the real one is given.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::cache::{Cache, Outcome};
use super::operator::{Profile, build_chain};
use super::single::Program;

const VECTOR: Program<'_> = Program { name: "vector", path: "usr/bin/vector", user: 0, arguments: &[] };
const STAND_IN: Program<'_> = Program { name: "vector-standin", path: "usr/bin/vector", user: 0, arguments: &[] };
/// Beside the stand-in, which looks for it there.
const CHAIN_PATH: &str = "usr/bin/vector-chain";

/// Vector, or what stands in for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vector {
    /// The stand-in, with the static binary that runs transforms.
    StandIn(PathBuf),
    /// A static binary of the real one.
    Binary(PathBuf),
    /// The real one's image as a docker-archive, under its own name.
    Archive(PathBuf),
}

impl Vector {
    /// The real one where `E2E_VECTOR_IMAGE` names an archive or `E2E_VECTOR_BIN` a static binary; else the stand-in, which is built.
    pub fn from_env() -> Result<Self> {
        let given = |name: &str| env::var_os(name).map(PathBuf::from);
        match (given("E2E_VECTOR_IMAGE"), given("E2E_VECTOR_BIN")) {
            (Some(archive), _) => Ok(Self::Archive(archive)),
            (None, Some(binary)) => Ok(Self::Binary(binary)),
            (None, None) => build_chain(Profile::Testbed).map(Self::StandIn),
        }
    }

    pub(super) fn archive(&self, cache: &Cache, reference: &str) -> Result<(PathBuf, Outcome)> {
        match self {
            Self::StandIn(chain) => {
                let chain: &Path = chain;
                STAND_IN.archive_of_go_module_with(cache, reference, &[(CHAIN_PATH, chain)])
            }
            Self::Binary(binary) => VECTOR.archive(cache, reference, binary),
            Self::Archive(archive) => Ok((archive.clone(), Outcome::Cached)),
        }
    }
}
