//! The comments of a values.yaml, which YAML's readers drop.

/// A value's path, such as `image.tag`, and the comment right above it.
pub(super) struct Comment {
    pub(super) path: String,
    pub(super) text: String,
}

/// All comments in the order of the file. An empty line parts a comment from what follows.
pub(super) fn comments(yaml: &str) -> Vec<Comment> {
    let mut found = Vec::new();
    let mut parents: Vec<(usize, &str)> = Vec::new();
    let mut text: Vec<&str> = Vec::new();
    for line in yaml.lines() {
        let content = line.trim_start();
        if let Some(comment) = content.strip_prefix('#') {
            text.push(comment.trim());
            continue;
        }
        if let Some(key) = key(content) {
            let indent = line.len() - content.len();
            parents.retain(|(outer, _)| *outer < indent);
            parents.push((indent, key));
            if !text.is_empty() {
                let path = parents.iter().map(|(_, key)| *key).collect::<Vec<_>>().join(".");
                found.push(Comment { path, text: text.join(" ") });
            }
        }
        text.clear();
    }
    found
}

fn key(content: &str) -> Option<&str> {
    let (key, rest) = content.split_once(':')?;
    (!key.starts_with('-') && (rest.is_empty() || rest.starts_with(' '))).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_belongs_to_the_key_right_below_it() {
        let yaml = "\
            # Not about a value.\n\n\
            # The image,\n# in two lines.\nimage:\n  # Its tag.\n  tag: x\n  digest: y\n\
            list:\n  # About an item.\n  - name: x\n\
            # The last: one.\nlast: {a: b}\n";
        let found: Vec<_> = comments(yaml).into_iter().map(|comment| (comment.path, comment.text)).collect();
        let expected = [("image", "The image, in two lines."), ("image.tag", "Its tag."), ("last", "The last: one.")];
        assert_eq!(found, expected.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }
}
