use super::private_world::later;
use super::world::PrivateWorld;
use super::{anyone, now, root, test_data};
use beleg_signature::sigstore::{Artifact, BundlePolicy, KnownRoot, TrustedRoot, verify_bundle};
use beleg_trust::Reason;
use std::fs;
use std::time::Instant;

/// Run with `cargo test --release -p beleg-signature --test real bundles::speed -- --ignored
/// --nocapture`.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement is printed")]
fn a_thousand_bundles_take_less_than_two_seconds() {
    let world = PrivateWorld::shared();
    for options in
        [&["--rekor", "v1"][..], &["--rekor", "v2", "--tsa"], &["--rekor", "v1", "--tsa", "--dsse"]]
    {
        let out = world.new_path("many");
        let mut all = vec!["--count", "1000", "--out", out.to_str().unwrap()];
        all.extend(options);
        world.run("many", &all);
        let cases: Vec<_> = (0..1000)
            .map(|number| {
                let read = |end: &str| fs::read(out.join(format!("{number:05}.txt{end}"))).unwrap();
                (read(".sigstore.json"), read(""))
            })
            .collect();
        let begin = Instant::now();
        for (bundle, content) in &cases {
            let artifact = Artifact::Bytes(content);
            let verified = verify_bundle(bundle, &artifact, &anyone(), world.root(), later());
            assert_eq!(verified.judgement.reason, Reason::Trusted);
        }
        println!("{options:?}: {:?} for 1,000 bundles", begin.elapsed());
    }
    genuine("conda-attestation", &anyone(), &root(KnownRoot::Production));
    genuine("conda-attestation-rekor2", &anyone(), &root(KnownRoot::Staging));
}

#[expect(clippy::print_stdout, reason = "a measurement is printed")]
fn genuine(name: &str, policy: &BundlePolicy, root: &TrustedRoot) {
    let bundle = test_data(&format!("bundles/{name}.sigstore.json"));
    let content = test_data("bundles/signed-package-2.1.0-hb0f4dca_0.conda");
    let begin = Instant::now();
    for _ in 0..1000 {
        let verified = verify_bundle(&bundle, &Artifact::Bytes(&content), policy, root, now());
        assert_eq!(verified.judgement.reason, Reason::Trusted);
    }
    println!("{name}: {:?} for 1,000 bundles", begin.elapsed());
}
