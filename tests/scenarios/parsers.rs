//! Every parser on every input that was ever kept, and on what real programs write.

use harness::fuzz::TARGETS;
use std::path::Path;

#[test]
fn no_parser_falls_over_its_corpus() {
    for target in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target.name);
        let mut count = 0;
        for file in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())).flatten() {
            let bytes = std::fs::read(file.path()).expect("readable");
            (target.read)(&bytes);
            for cut in 0..bytes.len().min(200) {
                (target.read)(&bytes[..cut]);
            }
            count += 1;
        }
        assert!(count > 0, "{} has no corpus", target.name);
    }
}
