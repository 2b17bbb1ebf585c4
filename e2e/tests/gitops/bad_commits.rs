//! What people get wrong, how they learn of it, and that it harms nothing else.

use anyhow::{Context as _, Result};

use super::applications::{CONSUMERS, PIPELINE};
use super::bed::Bed;

struct Mistake {
    what: &'static str,
    file: &'static str,
    right: &'static str,
    wrong: &'static str,
    application: &'static str,
    /// What a person reads in Argo CD.
    words: &'static str,
}

const MISTAKES: [Mistake; 3] = [
    Mistake {
        what: "a field that does not exist",
        file: "examples/log-aggregator.yaml",
        right: "  groupId: vector-consumer\n",
        wrong: "  groupId: vector-consumer\n  grupId: vector-consumer\n",
        application: CONSUMERS,
        words: ".spec.grupId: field not declared in schema",
    },
    Mistake {
        what: "a transform that does not compile",
        file: "examples/log-aggregator.yaml",
        right: "          .component = .component\n",
        wrong: "          .component = to_strin(.component)\n",
        application: CONSUMERS,
        words: "InvalidVrl: spec.transforms[kafka_parser]",
    },
    Mistake {
        what: "a smaller disk",
        file: "overlays/small/kustomization.yaml",
        right: "value: 5Gi",
        wrong: "value: 4Gi",
        application: PIPELINE,
        words: "storage cannot shrink: 5Gi -> 4Gi",
    },
];

pub fn each_stops_one_application(bed: &Bed) -> Result<()> {
    MISTAKES.iter().try_for_each(|mistake| stops_one_application(bed, mistake).context(mistake.what))
}

fn stops_one_application(bed: &Bed, mistake: &Mistake) -> Result<()> {
    bed.repository.replace(mistake.file, mistake.right, mistake.wrong)?;
    let commit = bed.push(mistake.what)?;
    bed.applications.await_only_red(mistake.application, &commit, mistake.words)?;
    let healed = bed.repository.revert()?;
    bed.applications.refresh("normal")?;
    bed.applications.await_green(&healed)
}
