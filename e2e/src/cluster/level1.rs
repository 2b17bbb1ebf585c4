//! Level 1: a control plane on loopback, for any user of Linux or macOS. Objects are real, nothing runs.

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

/// The control plane of level 1, running or not.
pub(super) fn control_plane(places: &Places) -> Result<ControlPlane> {
    ControlPlane::in_dir(&places.level1(), ENDPOINTS, &Binaries::new(places))
}
