//! Level 1: a control plane on loopback, for any user of Linux or macOS. Objects are real, nothing runs.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::binaries::Binaries;
use super::control_plane::{ControlPlane, Endpoints};
use super::places::Places;

const ENDPOINTS: Endpoints = Endpoints {
    address: "127.0.0.1",
    api_port: 26443,
    etcd_port: 23379,
    etcd_peer_port: 23380,
    controller_manager_port: 26357,
    scheduler_port: None,
};

pub(super) fn dir(places: &Places) -> PathBuf {
    places.state().join("level1")
}

pub(super) fn up(places: &Places) -> Result<ControlPlane> {
    let control_plane = control_plane(&dir(places), places)?;
    control_plane.up()?;
    Ok(control_plane)
}

fn control_plane(dir: &Path, places: &Places) -> Result<ControlPlane> {
    ControlPlane::in_dir(dir, ENDPOINTS, &Binaries::new(places))
}
