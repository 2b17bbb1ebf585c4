//! Debian's packages that a level 2 cluster needs.

use anyhow::Result;

use crate::image::prerequisites::{Tool, require};

const NEEDED: [Tool; 7] = [
    Tool { command: "runc", package: "runc" },
    Tool { command: "/usr/lib/cni/ptp", package: "containernetworking-plugins" },
    Tool { command: "nft", package: "nftables" },
    Tool { command: "iptables", package: "iptables" },
    Tool { command: "conntrack", package: "conntrack" },
    Tool { command: "ip", package: "iproute2" },
    Tool { command: "unshare", package: "util-linux" },
];

/// Installs what is missing where that is allowed.
///
/// # Errors
/// When packages are missing and this is not Debian, or apt-get fails; the error names each package.
pub(super) fn ensure_installed() -> Result<()> {
    require(&NEEDED)
}
