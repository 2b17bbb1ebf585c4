//! What a page asks its reader to do, in order.

use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context as _, Result};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

use super::tree;

/// A page of Markdown.
#[derive(Debug, Clone)]
pub struct Page {
    name: String,
    text: String,
}

/// The steps under one heading.
#[derive(Debug, Clone)]
pub struct Section {
    /// The page, as a path from the root of the work tree.
    pub page: String,
    /// The heading.
    pub heading: String,
    /// In the page's order.
    pub steps: Vec<Step>,
}

/// A block that is for doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The line of the page on which its text begins, from 1.
    pub line: usize,
    /// What to do.
    pub work: Work,
}

/// What a block asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Run a script.
    Run(String),
    /// Write a file, named from the root of the work tree.
    Write {
        /// Its name.
        file: String,
        /// All of its text.
        text: String,
    },
}

/// What a page consists of, as far as steps go.
#[derive(Debug)]
enum Part {
    Heading(HeadingLevel, String),
    Step(Step),
}

impl Page {
    /// Reads the page `name`, a path from the root of the work tree.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(name: &str) -> Result<Self> {
        let text = fs::read_to_string(tree().join(name)).with_context(|| format!("read {name}"))?;
        Ok(Self::new(name, &text))
    }

    /// A page with this text.
    pub fn new(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: text.to_owned() }
    }

    /// The part under `heading`, down to the next heading of its level.
    ///
    /// # Errors
    /// When the page has no such heading.
    pub fn section(&self, heading: &str) -> Result<Section> {
        let mut parts = self.parts().into_iter();
        let level = parts.find_map(|part| match part {
            Part::Heading(level, text) if text == heading => Some(level),
            _ => None,
        });
        let level = level.with_context(|| format!("{} has no heading \"{heading}\"", self.name))?;
        let inside = parts.take_while(|part| !matches!(part, Part::Heading(other, _) if *other <= level));
        let steps = inside.filter_map(Part::step).collect();
        Ok(Section { page: self.name.clone(), heading: heading.to_owned(), steps })
    }

    /// All steps of the page.
    pub fn steps(&self) -> Vec<Step> {
        self.parts().into_iter().filter_map(Part::step).collect()
    }

    /// The text of each heading.
    pub fn headings(&self) -> Vec<String> {
        let heading = |part| match part {
            Part::Heading(_, text) => Some(text),
            Part::Step(_) => None,
        };
        self.parts().into_iter().filter_map(heading).collect()
    }

    /// Where each link leads.
    pub fn links(&self) -> Vec<String> {
        let link = |event| match event {
            Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.into_string()),
            _ => None,
        };
        parser(&self.text).filter_map(link).collect()
    }

    fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut events = parser(&self.text).into_offset_iter();
        while let Some((event, _)) = events.next() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    let ends = |event: &Event<'_>| matches!(event, Event::End(TagEnd::Heading(_)));
                    parts.push(Part::Heading(level, text_until(&mut events, ends).0));
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                    let ends = |event: &Event<'_>| matches!(event, Event::End(TagEnd::CodeBlock));
                    let (text, at) = text_until(&mut events, ends);
                    let line = self.text[..at].lines().count() + 1;
                    parts.extend(work(&kind, text).map(|work| Part::Step(Step { line, work })));
                }
                _ => {}
            }
        }
        parts
    }
}

impl Part {
    fn step(self) -> Option<Step> {
        match self {
            Self::Step(step) => Some(step),
            Self::Heading(..) => None,
        }
    }
}

fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, pulldown_cmark::Options::ENABLE_TABLES)
}

/// The text of what was just begun, and where in the page that text begins.
fn text_until<'a>(
    events: &mut impl Iterator<Item = (Event<'a>, Range<usize>)>,
    ends: impl Fn(&Event<'_>) -> bool,
) -> (String, usize) {
    let (mut text, mut begin) = (String::new(), None);
    for (event, place) in events.take_while(|(event, _)| !ends(event)) {
        if let Event::Text(part) | Event::Code(part) = event {
            begin.get_or_insert(place.start);
            text.push_str(&part);
        }
    }
    (text, begin.unwrap_or_default())
}

fn work(kind: &str, text: String) -> Option<Work> {
    match kind {
        "sh" => Some(Work::Run(text)),
        "yaml" => file_name(&text).map(|file| Work::Write { file, text }),
        _ => None,
    }
}

/// The name in a first line such as `# my-operator/kustomization.yaml`.
fn file_name(text: &str) -> Option<String> {
    let name = text.lines().next()?.strip_prefix("# ")?;
    let is_yaml = Path::new(name).extension().is_some_and(|extension| extension == "yaml");
    (is_yaml && !name.contains(' ')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r"# Page

## First `way`

```sh
one
two
```

| a table |
|---|
| with [a link](other.md#part) |

### Below it

```yaml
# dir/file.yaml
a: 1
```

```yaml
# only an example, without a file.yaml
a: 2
```

```console
$ not run
```

## Second

```sh
three
```
";

    fn page() -> Page {
        Page::new("docs/page.md", PAGE)
    }

    fn run(line: usize, script: &str) -> Step {
        Step { line, work: Work::Run(script.to_owned()) }
    }

    #[test]
    fn a_section_has_the_steps_of_the_headings_below_it_and_of_no_other() {
        let write = Work::Write { file: "dir/file.yaml".into(), text: "# dir/file.yaml\na: 1\n".into() };
        let steps = [run(6, "one\ntwo\n"), Step { line: 17, work: write }];
        assert_eq!(page().section("First way").unwrap().steps, steps);
        assert_eq!(page().section("Below it").unwrap().steps, steps[1..]);
        assert_eq!(page().section("Second").unwrap().steps, [run(33, "three\n")]);
        assert_eq!(page().steps().len(), 3);
    }

    #[test]
    fn a_heading_that_is_not_there_is_an_error() {
        let error = page().section("Third").unwrap_err().to_string();
        assert_eq!(error, "docs/page.md has no heading \"Third\"");
    }

    #[test]
    fn links_and_headings_are_found() {
        assert_eq!(page().links(), ["other.md#part"]);
        assert_eq!(page().headings(), ["Page", "First way", "Below it", "Second"]);
    }
}
