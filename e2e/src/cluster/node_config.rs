//! The files that a node's programs read, rendered from `e2e/cluster/node/`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

const FILES: [(&str, &str); 4] = [
    ("etc/containerd.toml", include_str!("../../cluster/node/containerd.toml")),
    ("etc/kubelet.yaml", include_str!("../../cluster/node/kubelet.yaml")),
    ("etc/kube-proxy.yaml", include_str!("../../cluster/node/kube-proxy.yaml")),
    ("cni/net.d/10-pods.conflist", include_str!("../../cluster/node/pods.conflist")),
];
const INIT: &str = include_str!("../../cluster/node/init.sh");

/// Writes the files into the node's folder, each `{{key}}` replaced by its value.
pub(super) fn write(dir: &Path, values: &[(&str, &str)]) -> Result<()> {
    for (file, template) in FILES {
        let content = values
            .iter()
            .fold(template.to_owned(), |text, (key, value)| text.replace(&format!("{{{{{key}}}}}"), value));
        write_file(&dir.join(file), &content)?;
    }
    // kubelet gives this file to Pods that do not use the cluster's DNS: nothing answers there.
    write_file(&dir.join("etc/resolv.conf"), "nameserver 127.0.0.53\n")?;
    write_file(&dir.join("etc/init.sh"), INIT)
}

/// The memory to take off a node, in MiB, so that all nodes together offer what the machine has.
pub(super) fn reserved_memory(nodes: u8) -> Result<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo")?;
    let kilobytes: u64 = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse().ok())
        .context("no MemTotal in /proc/meminfo")?;
    let nodes = u64::from(nodes);
    Ok(kilobytes / 1024 * (nodes - 1) / nodes)
}

fn write_file(path: &Path, content: &str) -> Result<()> {
    fs::create_dir_all(path.parent().context("a file without a folder")?)?;
    fs::write(path, content).with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 9] =
        ["name", "address", "pods", "cgroup", "dir", "ca", "proxy_kubeconfig", "reserved_memory", "runc"];

    #[test]
    fn no_placeholder_is_left() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &KEYS.map(|key| (key, "VALUE"))).unwrap();
        for (file, _) in FILES {
            let content = fs::read_to_string(dir.path().join(file)).unwrap();
            assert!(content.contains("VALUE") && !content.contains("{{"), "{file}:\n{content}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nodes_share_the_memory_of_the_machine() {
        assert_eq!(reserved_memory(1).unwrap(), 0);
        assert!(reserved_memory(3).unwrap() > reserved_memory(2).unwrap());
    }
}
