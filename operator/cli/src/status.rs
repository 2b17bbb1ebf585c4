//! `kubectl kafkapipelines status`.

use anyhow::{Result, bail};

use crate::args::{Output, StatusArgs};
use crate::cluster::Scope;
use crate::overview::{Overview, overview};
use crate::{terminal, tree, watch};

/// Prints the pipelines once, or on every change.
pub async fn run(args: &StatusArgs) -> Result<()> {
    let scope = Scope::new(args).await?;
    let name = args.name.as_deref();
    if args.watch {
        let mut screen = terminal::Screen::new(args.output);
        return watch::run(&scope, |objects| screen.show(&render(&overview(objects, name), &scope, args.output)?))
            .await;
    }
    let overview = overview(scope.objects().await?, name);
    match name {
        Some(name) if overview.pipelines.is_empty() => bail!("there is no LogPipeline {name} in {}", scope.place()),
        _ => Ok(terminal::print(&render(&overview, &scope, args.output)?)?),
    }
}

fn render(overview: &Overview, scope: &Scope, output: Output) -> Result<String> {
    Ok(match output {
        Output::Json => format!("{}\n", serde_json::to_string_pretty(overview)?),
        Output::Text if overview.is_empty() => advice(&scope.place()),
        Output::Text => tree::draw(overview),
    })
}

/// What to do when there is nothing.
fn advice(place: &str) -> String {
    format!(
        "There is no LogPipeline in {place}.\n\
        Make one:              kubectl apply -f examples/log-aggregator.yaml\n\
        Look everywhere:       kubectl kafkapipelines status -A\n\
        Read what it can say:  kubectl explain logpipelines.spec\n"
    )
}
