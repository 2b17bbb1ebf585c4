//! kustomize overlays made on the fly.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::cluster::Kubectl;

/// `kubectl apply --server-side` of an overlay: `resources` are files and folders anywhere, `rest` is the rest of its kustomization.yaml.
pub(super) fn apply(kubectl: &Kubectl, resources: &[&Path], rest: &str) -> Result<()> {
    let overlay = tempfile::tempdir()?;
    let root = overlay.path().canonicalize()?;
    let resources = resources.iter().map(|resource| place(&root, resource)).collect::<Result<Vec<_>>>()?.join(", ");
    let head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
    fs::write(root.join("kustomization.yaml"), format!("{head}resources: [{resources}]\n{rest}"))?;
    kubectl.run([
        "apply".as_ref(),
        "--server-side".as_ref(),
        "--force-conflicts".as_ref(),
        "--kustomize".as_ref(),
        root.as_os_str(),
    ])?;
    Ok(())
}

/// What kustomize accepts: a file below its root, hence a copy; a folder by a relative path.
fn place(root: &Path, resource: &Path) -> Result<String> {
    let resource = resource.canonicalize().with_context(|| format!("find {}", resource.display()))?;
    if resource.is_dir() {
        let up = "../".repeat(root.components().count() - 1);
        return Ok(format!("{up}{}", resource.strip_prefix("/")?.display()));
    }
    let name = resource.file_name().context("a file has a name")?;
    fs::copy(&resource, root.join(name))?;
    Ok(name.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_reached_from_the_root_and_files_are_copied() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        let (root, folder, file) = (dir.join("root"), dir.join("folder"), dir.join("file.yaml"));
        fs::create_dir(&root).unwrap();
        fs::create_dir(&folder).unwrap();
        fs::write(&file, "a: 1").unwrap();
        let reached = root.join(place(&root, &folder).unwrap()).canonicalize().unwrap();
        assert_eq!((reached, place(&root, &file).unwrap().as_str()), (folder, "file.yaml"));
        assert_eq!(fs::read_to_string(root.join("file.yaml")).unwrap(), "a: 1");
    }
}
