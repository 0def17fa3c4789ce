//! OCSF: every kind of event against the published schema of its class.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use deskhand_audit::{
    Actor, Event,
    testing::{Synthetic, every_kind},
};
use deskhand_review::Exit;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::stored::{review, store, text};

/// The validators by class.
fn schemas() -> BTreeMap<u64, Validator> {
    let classes =
        [(1008, "event_log_actvity"), (2004, "detection_finding"), (3002, "authentication"), (3005, "user_access"), (4005, "rdp_activity")];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ocsf");
    let read = |(class, name): (u64, &str)| {
        let schema: Value = serde_json::from_slice(&fs::read(folder.join(format!("{name}.json"))).expect("a schema")).expect("JSON");
        (class, jsonschema::validator_for(&schema).expect("a sound schema"))
    };
    classes.into_iter().map(read).collect()
}

/// A session in which everything happened, whatever the order.
fn everything() -> Vec<Value> {
    let mut session = Synthetic::begin(5);
    session.pair();
    for event in every_kind() {
        for actor in [Actor::customer(), Actor::technician(1), Actor::technician(9), Actor::host(), Actor::relay()] {
            session.event(actor, event.clone());
        }
    }
    let data = store(&[&session]);
    let (exit, said) =
        review(&["export", &session.sid().to_string(), "--store", text(data.path()), "--format", "ocsf", "--purpose", "a test"]);
    assert_eq!(exit, Exit::Unverified, "such an order breaks the rules of a session");
    said.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[test]
fn every_kind_of_event_is_valid_in_the_published_schema_of_its_class() {
    let schemas = schemas();
    let mut kinds = BTreeSet::new();
    for event in everything() {
        let schema = &schemas[&event["class_uid"].as_u64().unwrap()];
        let errors: Vec<String> = schema.iter_errors(&event).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}: {event:#}");
        assert_eq!(
            event["type_uid"].as_u64().unwrap(),
            event["class_uid"].as_u64().unwrap() * 100 + event["activity_id"].as_u64().unwrap()
        );
        assert_eq!(event["category_uid"].as_u64().unwrap(), event["class_uid"].as_u64().unwrap() / 1000);
        kinds.insert(event["metadata"]["event_code"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds, Event::KINDS.iter().map(|kind| (*kind).to_owned()).collect());
}

#[test]
fn the_schemas_refuse_what_is_not_theirs() {
    let schemas = schemas();
    let is_valid = |event: &Value| schemas[&event["class_uid"].as_u64().unwrap()].is_valid(event);
    let mut seen = BTreeSet::new();
    for event in everything() {
        if !seen.insert(event["class_uid"].as_u64()) {
            continue;
        }
        assert!(is_valid(&event));
        for (field, value) in [("surplus", json!(1)), ("metadata", json!({})), ("type_uid", json!(1)), ("severity_id", json!("high"))] {
            let mut changed = event.clone();
            changed[field] = value;
            assert!(!is_valid(&changed), "{field}");
        }
    }
    assert_eq!(seen.len(), schemas.len());
}
