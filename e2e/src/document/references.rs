//! What pages refer to exists: files, folders, headings.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

use super::page::{Page, Work};
use super::tree;

/// Every page that a user reads.
fn pages() -> Vec<String> {
    let root = tree();
    let folders = ["docs", "examples", "overlays", "charts", "argocd"].map(|folder| root.join(folder));
    let below = folders.iter().filter(|folder| folder.exists()).flat_map(WalkDir::new);
    let below = below.map(|entry| entry.unwrap().into_path());
    let pages = ["README.md", "CHANGELOG.md"].map(|page| root.join(page)).into_iter().chain(below);
    let pages = pages.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_relative_link_leads_somewhere() {
    let broken: Vec<_> = pages().iter().flat_map(|name| broken_links(&Page::read(name).unwrap(), name)).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The links of a page that name no file, or no heading of it.
fn broken_links(page: &Page, name: &str) -> Vec<String> {
    let folder = Path::new(name).parent().unwrap();
    let leads_somewhere = |link: &String| {
        let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = if path.is_empty() { name.into() } else { folder.join(path) };
        tree().join(&target).exists() && (anchor.is_empty() || has_heading(&target, anchor))
    };
    let links = page.links().into_iter().filter(|link| !link.contains("://"));
    links.filter(|link| !leads_somewhere(link)).map(|link| format!("{name}: {link}")).collect()
}

fn has_heading(page: &Path, anchor: &str) -> bool {
    let text = fs::read_to_string(tree().join(page)).unwrap_or_default();
    Page::new("", &text).headings().iter().any(|heading| self::anchor(heading) == anchor)
}

/// A heading as links name it: lower case, hyphens for blanks, no punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|it| it.is_alphanumeric() || [' ', '-', '_'].contains(it));
    kept.map(|it| if it == ' ' { '-' } else { it }).collect()
}

#[test]
fn every_path_in_a_command_exists() {
    let missing: Vec<_> = pages().iter().flat_map(|name| missing_paths(&Page::read(name).unwrap(), name)).collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Paths below a folder of the work tree, and kustomizations, that are neither there nor written by the page itself.
fn missing_paths(page: &Page, name: &str) -> Vec<String> {
    let (mut written, mut missing) = (BTreeSet::new(), Vec::new());
    for step in page.steps() {
        match step.work {
            Work::Write { file, .. } => {
                written.extend(Path::new(&file).ancestors().map(Path::to_owned));
            }
            Work::Run(script) => {
                let absent = paths(&script)
                    .into_iter()
                    .filter(|path| !written.contains(Path::new(path)) && !tree().join(path).exists());
                missing.extend(absent.map(|path| format!("{name}:{}: {path}", step.line)));
            }
        }
    }
    missing
}

/// The words of a script that are paths in the work tree. What is below `target` is made by an earlier command.
fn paths(script: &str) -> BTreeSet<&str> {
    let code = script.lines().map(|line| line.split(" #").next().unwrap_or_default());
    let words: Vec<_> = code.flat_map(str::split_whitespace).collect();
    let kustomizations = words.windows(2).filter(|pair| pair[0] == "-k").map(|pair| pair[1]);
    let below = words.iter().copied().filter(|word| {
        word.split_once('/')
            .is_some_and(|(folder, _)| !["", "target"].contains(&folder) && tree().join(folder).is_dir())
    });
    kustomizations.chain(below).collect()
}

#[test]
fn links_and_paths_that_lead_nowhere_are_found() {
    let page = "# A b\n[x](#a-b) [x](#c) [x](../README.md#layout) [x](gone.md) [x](https://gone)\n\n```yaml\n# mine/k.yaml\n```\n\
                \n```sh\nkubectl apply -k mine -f examples/gone.yaml # overlays/gone\nkubectl apply -k gone\nls overlays/small\n```\n";
    let page = Page::new("docs/page.md", page);
    assert_eq!(
        broken_links(&page, "docs/install.md"),
        ["docs/install.md: #a-b", "docs/install.md: #c", "docs/install.md: gone.md"]
    );
    assert_eq!(missing_paths(&page, "p"), ["p:9: examples/gone.yaml", "p:9: gone"]);
}
