//! The table of accepted and refused objects, judged without an API server.

#[path = "../../../crds/tests/admission/table.rs"]
mod table;

use kafkapipelines_cli::admission::Admission;

#[test]
fn every_case_is_judged_as_the_table_says() {
    let admission = Admission::new().unwrap();
    let mut wrong = Vec::new();
    for case in table::cases().unwrap() {
        let problems = admission.review(&case.object, case.old.as_ref());
        let right = match &case.reject {
            None => problems.is_empty(),
            Some(expected) => problems.iter().any(|problem| expected.fits(&problem.field, &problem.message)),
        };
        if !right {
            wrong.push(format!("{}: {problems:#?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the table starts from is accepted, so a refused case is refused for its patch alone.
#[test]
fn objects_before_an_update_are_accepted() {
    let admission = Admission::new().unwrap();
    for case in table::cases().unwrap() {
        let problems = case.old.as_ref().map(|old| admission.review(old, None)).unwrap_or_default();
        assert!(problems.is_empty(), "{}: {problems:#?}", case.name);
    }
}
