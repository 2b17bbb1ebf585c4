//! The network of the nodes: one bridge on the machine, a network namespace for each node, static routes to its Pods.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::command::{self, run};

/// Where the control plane and the ingress controller listen: the machine's own address on the bridge.
pub(super) const MACHINE_ADDRESS: &str = "10.88.0.254";
pub(super) const MOST_NODES: u8 = 3;
/// The addresses of Services.
pub(super) const SERVICE_RANGE: &str = "10.96.0.0/16";
const BRIDGE: &str = "kp-bridge";
const ACCEPT: &str = "FORWARD -i kp-bridge -o kp-bridge -j ACCEPT";

/// The network of one node.
#[derive(Debug, Clone, Copy)]
pub(super) struct NodeNetwork {
    number: u8,
}

/// Makes the bridge, unless it is there.
pub(super) fn up() -> Result<()> {
    if !exists(BRIDGE) {
        run(&format!("ip link add {BRIDGE} type bridge"))?;
        run(&format!("ip addr add {MACHINE_ADDRESS}/24 dev {BRIDGE}"))?;
        run(&format!("ip link set {BRIDGE} up"))?;
    }
    if bridged_packets_are_filtered() && !is_accepted() {
        run(&format!("iptables -I {ACCEPT}"))?;
    }
    Ok(())
}

/// Removes the bridge, and with it the routes that lead there.
pub(super) fn down() -> Result<()> {
    if bridged_packets_are_filtered() && is_accepted() {
        run(&format!("iptables -D {ACCEPT}"))?;
    }
    if exists(BRIDGE) {
        run(&format!("ip link del {BRIDGE}"))?;
    }
    Ok(())
}

/// Lets the machine itself reach Services, whose addresses every node translates, through one of the nodes.
pub(super) fn route_services(node: NodeNetwork) -> Result<()> {
    run(&format!("ip route replace {SERVICE_RANGE} via {}", node.address()))?;
    Ok(())
}

/// Docker and its like send bridged packets through iptables, whose policy then drops them.
fn bridged_packets_are_filtered() -> bool {
    std::fs::read_to_string("/proc/sys/net/bridge/bridge-nf-call-iptables").is_ok_and(|call| call.trim() == "1")
}

fn is_accepted() -> bool {
    run(&format!("iptables -C {ACCEPT}")).is_ok()
}

impl NodeNetwork {
    pub(super) fn of(number: u8) -> Self {
        Self { number }
    }

    pub(super) fn address(self) -> Ipv4Addr {
        Ipv4Addr::new(10, 88, 0, self.number)
    }

    pub(super) fn pod_range(self) -> String {
        format!("10.244.{}.0/24", self.number)
    }

    /// The namespace's file, for `nsenter --net`.
    pub(super) fn namespace(self) -> String {
        format!("/run/netns/{}", self.interface())
    }

    /// Makes the namespace, its link to the bridge and the routes, from nothing.
    pub(super) fn up(self) -> Result<()> {
        self.down()?;
        let (space, address) = (self.interface(), self.address());
        run(&format!("ip netns add {space}"))?;
        run(&format!("ip link add {space} type veth peer name eth0 netns {space}"))?;
        run(&format!("ip link set {space} master {BRIDGE} up"))?;
        run(&format!("ip -n {space} link set lo up"))?;
        run(&format!("ip -n {space} addr add {address}/24 dev eth0"))?;
        run(&format!("ip -n {space} link set eth0 up"))?;
        run(&format!("ip -n {space} route add default via {MACHINE_ADDRESS}"))?;
        for other in (1..=MOST_NODES).filter(|other| *other != self.number).map(Self::of) {
            run(&format!("ip -n {space} route add {} via {}", other.pod_range(), other.address()))?;
        }
        run(&format!("ip route replace {} via {address}", self.pod_range()))?;
        // Not `ip netns exec`: it would mount a new /sys over the one whose cgroups kubelet needs.
        let settings = "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter";
        let net = format!("--net={}", self.namespace());
        command::output(Command::new("nsenter").args([net.as_str(), "sh", "-ec", settings]))?;
        Ok(())
    }

    /// Removes what [`Self::up`] made, as far as it is there.
    pub(super) fn down(self) -> Result<()> {
        let space = self.interface();
        if exists(&space) {
            run(&format!("ip link del {space}"))?;
        }
        if Path::new(&self.namespace()).exists() {
            run(&format!("ip netns del {space}"))?;
        }
        Ok(())
    }

    /// Pulls the cable, or plugs it in again.
    pub(super) fn set_connected(self, connected: bool) -> Result<()> {
        let state = if connected { "up" } else { "down" };
        run(&format!("ip link set {} {state}", self.interface()))?;
        Ok(())
    }

    /// The name of the network namespace, and of the machine's end of the link into it.
    fn interface(self) -> String {
        format!("kp-node-{}", self.number)
    }
}

fn exists(interface: &str) -> bool {
    Path::new("/sys/class/net").join(interface).exists()
}
