//! Everything that reads bytes from outside, fed with bytes that nobody meant: it may refuse them, and do nothing worse.
//!
//! The tests below change the seeds at random, the same way each time and for a few seconds. `cargo xtask fuzz` feeds
//! the same entries for as long as one likes, and watches which branches the bytes reach.

use std::hint::black_box;

use kms_playground::{
    arn::Region,
    clock::Timestamp,
    crypto::{
        asn1, attestation, blob, cms,
        context::EncryptionContext,
        enclave, lattice, outer,
        pair::{self, Scheme, Signed},
        rsa,
        secret::{Secret32, SecretBytes},
        step::Trace,
        x509,
    },
    endpoint::{
        self, Outcome, Request, Tracing,
        http::{Exchange, Signatures},
        render,
    },
    entropy::{Entropy, Seed},
    envelope::{self, Header, Members},
    kms::KeySpec,
    policy::{Policy, PolicyKind},
    timeline::{
        Timeline,
        share::{self, Material, Place},
    },
};

use crate::{table, wire::Conversation};

/// One way in.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// What it is meant to read.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
    pub(crate) run: fn(&[u8]),
}

pub(crate) const TARGETS: &[Target] = &[
    Target { name: "requests", seeds: request_seeds, run: answer_request },
    Target { name: "exchanges", seeds: exchange_seeds, run: answer_exchange },
    Target { name: "policies", seeds: policy_seeds, run: parse_policy },
    Target { name: "ciphertexts", seeds: ciphertext_seeds, run: open_ciphertext },
    Target { name: "envelopes", seeds: envelope_seeds, run: open_envelope },
    Target { name: "keys", seeds: key_seeds, run: read_key },
    Target { name: "documents", seeds: document_seeds, run: verify_document },
    Target { name: "certificates", seeds: certificate_seeds, run: verify_certificates },
    Target { name: "messages", seeds: message_seeds, run: open_message },
    Target { name: "snapshots", seeds: snapshot_seeds, run: restore_snapshot },
    Target { name: "links", seeds: link_seeds, run: open_link },
    Target { name: "link contents", seeds: link_content_seeds, run: open_link_content },
];

/// Uses a result up; the optimiser must not find out that nobody wants it.
fn spend<T>(result: T) {
    black_box(result);
}

fn prepared() -> Conversation {
    table::prepared("key", "blob", "alias/orders")
}

fn administrator() -> kms_playground::estate::principal::Caller {
    "arn:aws:iam::111122223333:user/Administrator".parse().unwrap()
}

/// No outcome is an accident, and each can be shown.
fn hold(outcome: &Outcome) {
    let accident = outcome.fault.as_ref().filter(|fault| fault.kind == "KMSInternalException");
    assert!(accident.is_none(), "{}", render::outcome(outcome));
    serde_json::to_string(outcome).unwrap();
    if !outcome.response.body.is_empty() {
        serde_json::from_str::<serde_json::Value>(&outcome.response.body).unwrap();
    }
}

/// The name of an operation and the body of a request, a line each.
fn answer_request(bytes: &[u8]) {
    thread_local! {
        static TALK: Conversation = prepared();
    }
    let text = String::from_utf8_lossy(bytes);
    let (operation, body) = text.split_once('\n').unwrap_or(("Encrypt", &text));
    let mut world = TALK.with(|talk| talk.timeline.world().as_ref().clone());
    let request = Request::new(administrator(), Region::US_EAST_1, operation, body);
    hold(&endpoint::call(&mut world, &request, 1, Tracing::On));
}

fn request_seeds() -> Vec<Vec<u8>> {
    let talk = prepared();
    let line = |(operation, body): &(&str, &str)| format!("{operation}\n{}", talk.filled(body, operation)).into_bytes();
    table::SAMPLES.iter().map(line).collect()
}

/// Method and target, headers, an empty line and a body: HTTP as text.
fn answer_exchange(bytes: &[u8]) {
    thread_local! {
        static TIMELINE: Timeline = prepared().timeline;
    }
    let (head, body) = match bytes.windows(2).position(|pair| pair == b"\n\n") {
        Some(at) => (&bytes[..at], &bytes[at + 2..]),
        None => (bytes, &[][..]),
    };
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let (method, target) = lines.next().unwrap_or_default().split_once(' ').unwrap_or(("POST", "/"));
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let exchange = Exchange {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: headers.collect(),
        body: body.to_vec(),
    };
    for signatures in [Signatures::Believed, Signatures::Verified] {
        let mut timeline = TIMELINE.with(Timeline::clone);
        let answer = timeline.exchange(&exchange, signatures, Tracing::Off);
        assert!((200..600).contains(&answer.status));
        assert_ne!(answer.status, 500, "{}", answer.body);
    }
}

fn exchange_seeds() -> Vec<Vec<u8>> {
    let scope = "AKIA111122223333ADMI/20300101/us-east-1/kms/aws4_request";
    let signed = format!(
        "authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={}",
        "0".repeat(64)
    );
    let common = "host: localhost\nx-amz-date: 20300101T000000Z\ncontent-type: application/x-amz-json-1.1";
    let seed = |target: &str, body: &str| {
        format!("POST /\n{common}\nx-amz-target: TrentService.{target}\n{signed}\n\n{body}").into_bytes()
    };
    vec![seed("ListKeys", "{}"), seed("GenerateRandom", r#"{"NumberOfBytes": 1}"#), b"GET /a?b=c\nhost: x\n\n".to_vec()]
}

fn parse_policy(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for kind in [PolicyKind::Key, PolicyKind::Identity] {
        match Policy::parse(&text, kind) {
            Ok(policy) => spend((policy.principals().count(), policy.statements().len())),
            Err(error) => spend(error.to_string()),
        }
    }
}

fn policy_seeds() -> Vec<Vec<u8>> {
    let statement = r#"{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": ["111122223333", "arn:aws:iam::111122223333:role/*"]}, "Action": ["kms:*", "kms:Enc?ypt"], "Resource": "*"}"#;
    vec![
        format!(r#"{{"Version": "2012-10-17", "Id": "x", "Statement": [{statement}, {statement}]}}"#).into_bytes(),
        br#"{"Statement": {"Effect": "Deny", "NotAction": "kms:*", "NotPrincipal": "*", "NotResource": "*"}}"#.to_vec(),
        br#"{"Statement": {"Effect": "Allow", "Condition": {"StringEquals": {"kms:ViaService": "${aws:username}"}}}}"#
            .to_vec(),
    ]
}

fn open_ciphertext(bytes: &[u8]) {
    let runs = outer::runs(bytes);
    assert_eq!(runs.iter().map(|run| run.length as usize).sum::<usize>(), bytes.len());
    let key = Secret32::from_bytes([3; 32]);
    if let Ok(sealed) = blob::Blob::parse(bytes) {
        spend(sealed.open(&key, b"", &mut Trace::on()));
    }
    if let Ok(sealed) = outer::Outer::parse(bytes) {
        spend(sealed.open(&key, b"", &mut Trace::on()));
    }
}

fn ciphertext_seeds() -> Vec<Vec<u8>> {
    let id = blob::MaterialId::derive("key", &[3; 32]);
    let sealed = |plaintext: &[u8]| {
        let (key, mut entropy) = (Secret32::from_bytes([3; 32]), Entropy::new(Seed::from_number(7)));
        blob::seal(&key, id, b"", plaintext, &mut entropy, &mut Trace::off())
    };
    let sealed_twice = |plaintext: &[u8]| {
        let (key, mut entropy) = (Secret32::from_bytes([3; 32]), Entropy::new(Seed::from_number(7)));
        outer::seal(&key, id, b"", &sealed(plaintext), &mut entropy, &mut Trace::off())
    };
    vec![sealed(b""), sealed(b"hello"), sealed(&[0; 4096]), sealed_twice(b""), sealed_twice(b"hello")]
}

fn open_envelope(bytes: &[u8]) {
    match Header::parse(bytes) {
        Ok(header) => spend((header.members().file_name.as_str().len(), header.prefix().len())),
        Err(damage) => spend(format!("{damage:?}")),
    }
    match envelope::open_all(bytes, &Secret32::from_bytes([3; 32])) {
        Ok((_, plaintext)) => assert!(plaintext.len() <= bytes.len()),
        Err(damage) => spend(format!("{damage:?}")),
    }
}

fn envelope_seeds() -> Vec<Vec<u8>> {
    let sealed = |plaintext: &[u8], chunk_length: u32| {
        let header = Header::new(Members {
            key: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap(),
            encryption_context: [("tenant", "7")].into_iter().collect::<EncryptionContext>(),
            wrapped_data_key: vec![1; 110],
            file_name: "file".parse().unwrap(),
            media_type: None,
            plaintext_length: plaintext.len() as u64,
            chunk_length,
            nonce_prefix: [1; 7],
        });
        envelope::seal_all(&header.unwrap(), &Secret32::from_bytes([3; 32]), plaintext).unwrap()
    };
    vec![sealed(b"", Header::USUAL_CHUNK_LENGTH), sealed(b"hello", Header::USUAL_CHUNK_LENGTH)]
}

fn schemes() -> impl Iterator<Item = Scheme> {
    KeySpec::all().filter_map(KeySpec::scheme)
}

/// Public and private keys of every scheme, in DER.
fn read_key(bytes: &[u8]) {
    let private = SecretBytes::from_vec(bytes.to_vec());
    let mut entropy = Entropy::new(Seed::from_number(7));
    for scheme in schemes() {
        spend(pair::public_key(scheme, &private));
        for algorithm in ["ECDSA_SHA_256", "RSASSA_PSS_SHA_256", "ML_DSA_SHAKE_256"] {
            spend(pair::verify(scheme, algorithm, bytes, Signed::Message(b"hello"), &[0x30, 6, 2, 1, 1, 2, 1, 1]));
        }
        if let Scheme::Curve(curve) = scheme {
            spend(kms_playground::crypto::curve::agree(curve, &private, bytes));
        }
        if let Scheme::MlKem(set) = scheme {
            spend(lattice::encapsulate(set, &private, &mut entropy));
        }
    }
    spend(rsa::encrypt_for(rsa::OaepHash::Sha256, bytes, b"hello", &mut entropy));
}

fn key_seeds() -> Vec<Vec<u8>> {
    let mut entropy = Entropy::new(Seed::from_number(7));
    // Other lengths of RSA have the same form, and take long to make.
    let quick = |scheme: &Scheme| !matches!(scheme, Scheme::Rsa(modulus) if *modulus != rsa::Modulus::Bits2048);
    let mut seeds = Vec::new();
    for scheme in schemes().filter(quick) {
        let private = pair::generate(scheme, &mut entropy).unwrap();
        seeds.push(pair::public_key(scheme, &private).unwrap());
        seeds.push(private.expose().to_vec());
    }
    seeds
}

fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

fn verify_document(bytes: &[u8]) {
    thread_local! {
        static ROOT: Vec<u8> = enclave::root(&Entropy::new(Seed::from_number(7))).unwrap();
    }
    ROOT.with(|root| spend(attestation::verify(bytes, &[attestation::AWS_ROOT, root], now())));
}

fn document_seeds() -> Vec<Vec<u8>> {
    let world = Entropy::new(Seed::from_number(7));
    let key = rsa::public_key(&enclave::key_pair(&world, "image").unwrap()).unwrap();
    let wishes = enclave::Wishes { public_key: Some(&key), user_data: Some(b"hello"), nonce: Some(b"1") };
    vec![
        enclave::attest(&world, now(), "image", wishes).unwrap(),
        enclave::attest(&world, now(), "", enclave::Wishes::default()).unwrap(),
    ]
}

/// A chain of certificates, each after its length in two bytes.
fn verify_certificates(bytes: &[u8]) {
    let (mut chain, mut rest) = (Vec::new(), bytes);
    while let Some((length, after)) = rest.split_first_chunk() {
        let (certificate, after) = after.split_at(usize::from(u16::from_be_bytes(*length)).min(after.len()));
        chain.push(certificate);
        rest = after;
    }
    spend(x509::verify(&chain, &[attestation::AWS_ROOT], now()));
    for rules in [asn1::Rules::Der, asn1::Rules::Ber] {
        let mut reader = asn1::Reader::new(bytes, rules);
        while let Some(value) = reader.any() {
            assert!(value.content.len() < value.whole.len());
        }
    }
}

fn certificate_seeds() -> Vec<Vec<u8>> {
    let root = include_bytes!("../data/aws-nitro-root.der").as_slice();
    let length = u16::try_from(root.len()).unwrap().to_be_bytes();
    vec![[&length, root].concat(), [&length, root, &length, root].concat()]
}

fn open_message(bytes: &[u8]) {
    thread_local! {
        static KEY: SecretBytes = enclave::key_pair(&Entropy::new(Seed::from_number(7)), "image").unwrap();
    }
    if let Ok(plaintext) = KEY.with(|key| enclave::open(key, bytes)) {
        assert!(plaintext.len() < bytes.len());
    }
}

fn message_seeds() -> Vec<Vec<u8>> {
    let mut entropy = Entropy::new(Seed::from_number(7));
    let key = rsa::public_key(&enclave::key_pair(&entropy, "image").unwrap()).unwrap();
    [0, 32, 2000].map(|length| cms::seal(&key, &vec![7; length], &mut entropy).unwrap()).into()
}

/// A world that can be restored goes on, and can be saved again.
fn restore_snapshot(bytes: &[u8]) {
    match Timeline::restore(&String::from_utf8_lossy(bytes)) {
        Ok(timeline) => live_on(timeline),
        Err(damage) => spend(damage.to_string()),
    }
}

fn live_on(mut timeline: Timeline) {
    for (operation, body) in [("ListKeys", "{}"), ("ListAliases", "{}"), ("GenerateRandom", r#"{"NumberOfBytes": 9}"#)]
    {
        hold(&timeline.call(administrator(), Region::US_EAST_1, operation, body));
    }
    timeline.advance("400d".parse().unwrap());
    assert!(Timeline::restore(&timeline.checkpoint()).is_ok());
}

/// A link as it stands in an address: its checksum refuses nearly all of them.
fn open_link(bytes: &[u8]) {
    match Timeline::from_shared(&String::from_utf8_lossy(bytes), Seed::from_number(7)) {
        Ok(shared) => live_on(shared.timeline),
        Err(damage) => spend(damage.to_string()),
    }
}

fn link_seeds() -> Vec<Vec<u8>> {
    let timeline = Timeline::ready_to_play(now(), Seed::from_number(7));
    let link = |material| timeline.to_shared(material, &Place::default()).unwrap().into_bytes();
    vec![link(Material::Withheld), link(Material::Included)]
}

/// What a link unfolds to, folded again with a checksum that holds: somebody may mean harm.
fn open_link_content(bytes: &[u8]) {
    open_link(share::folded(bytes).as_bytes());
}

fn link_content_seeds() -> Vec<Vec<u8>> {
    let unfolded = |link: Vec<u8>| share::unfolded(std::str::from_utf8(&link).unwrap()).unwrap();
    link_seeds().into_iter().map(unfolded).collect()
}

fn snapshot_seeds() -> Vec<Vec<u8>> {
    let mut timeline = Timeline::ready_to_play(now(), Seed::from_number(7));
    vec![timeline.snapshot().into_bytes(), timeline.checkpoint().into_bytes(), {
        timeline.advance("1d".parse().unwrap());
        timeline.snapshot().into_bytes()
    }]
}

#[cfg(test)]
mod tests {
    use proptest::{
        prelude::*,
        sample::Index,
        test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
    };

    use super::*;

    /// How a seed is changed.
    #[derive(Clone, Debug)]
    enum Change {
        Flip(Index, u8),
        Put(Index, Vec<u8>),
        Remove(Index, Index),
        Repeat(Index, Index, u8),
    }

    fn change() -> impl Strategy<Value = Change> {
        let any_index = any::<Index>;
        prop_oneof![
            (any_index(), any::<u8>()).prop_map(|(at, bits)| Change::Flip(at, bits)),
            (
                any_index(),
                prop_oneof![
                    proptest::collection::vec(any::<u8>(), 0..9),
                    // What the formats here are made of.
                    proptest::sample::select(
                        &[
                            "\"", "{", "}", "[", "]", ":", ",", "null", "-1", "1e999", "\\u0000", "*", "${",
                            "\u{201c}", "/", "arn:aws:"
                        ][..]
                    )
                    .prop_map(|word| word.as_bytes().to_vec()),
                ]
            )
                .prop_map(|(at, bytes)| Change::Put(at, bytes)),
            (any_index(), any_index()).prop_map(|(from, to)| Change::Remove(from, to)),
            (any_index(), any_index(), 1..9_u8).prop_map(|(from, to, times)| Change::Repeat(from, to, times)),
        ]
    }

    fn changed(seed: &[u8], changes: &[Change]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for change in changes {
            let at = |index: &Index| index.index(bytes.len() + 1);
            match change {
                Change::Flip(index, bits) => {
                    let at = at(index);
                    bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= bits);
                }
                Change::Put(index, new) => {
                    let at = at(index);
                    bytes.splice(at..at, new.iter().copied());
                }
                Change::Remove(from, to) => {
                    let (from, to) = (at(from), at(to));
                    bytes.drain(from.min(to)..from.max(to));
                }
                Change::Repeat(from, to, times) => {
                    let (from, to) = (at(from), at(to));
                    let part = bytes[from.min(to)..from.max(to)].repeat((*times).into());
                    bytes.splice(from.min(to)..from.min(to), part);
                }
            }
        }
        bytes
    }

    /// The same changes each time: a test that fails today and not tomorrow helps nobody.
    #[track_caller]
    fn check(name: &str, cases: u32) {
        let target = TARGETS.iter().find(|target| target.name == name).unwrap();
        let seeds = (target.seeds)();
        seeds.iter().for_each(|seed| (target.run)(seed));
        (target.run)(b"");
        let config = Config { cases, failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        let strategy = (proptest::sample::select(seeds), proptest::collection::vec(change(), 1..6));
        let result = runner.run(&strategy, |(seed, changes)| {
            (target.run)(&changed(&seed, &changes));
            Ok(())
        });
        assert!(result.is_ok(), "{name}: {result:?}");
    }

    #[test]
    fn nothing_panics_at_changed_requests() {
        check("requests", 1500);
        check("exchanges", 200);
    }

    #[test]
    fn nothing_panics_at_changed_text() {
        check("policies", 2000);
        check("snapshots", 100);
        check("links", 100);
        check("link contents", 60);
    }

    #[test]
    fn nothing_panics_at_changed_ciphertexts() {
        check("ciphertexts", 1000);
        check("envelopes", 1000);
        check("messages", 200);
    }

    #[test]
    fn nothing_panics_at_changed_keys_and_documents() {
        check("keys", 60);
        check("documents", 150);
        check("certificates", 200);
    }

    #[test]
    fn every_target_is_tested_here() {
        let source = include_str!("fuzz.rs");
        for target in TARGETS {
            assert!(source.contains(&format!("check(\"{}\", ", target.name)), "{}", target.name);
        }
    }

    /// 10 MB each: of one kind of bracket, of one long list, of one long name.
    #[test]
    fn large_texts_are_refused_in_one_pass() {
        let large = 10_000_000;
        let statement = r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"},"#;
        let texts = [
            "[".repeat(large),
            r#"{"a":"#.repeat(large / 5),
            format!(r#"{{"Statement": [{}{{}}]}}"#, statement.repeat(large / statement.len())),
            format!(r#"{{"Statement": {{"Effect": "Allow", "Action": "kms:{}"}}}}"#, "*?".repeat(large / 2)),
            format!(r#"{{"{}": 1}}"#, "a".repeat(large)),
        ];
        for text in texts {
            parse_policy(text.as_bytes());
            restore_snapshot(text.as_bytes());
            for operation in ["PutKeyPolicy", "Encrypt", "ListKeys"] {
                answer_request(format!("{operation}\n{text}").as_bytes());
            }
            let policy = serde_json::to_string(&text).unwrap();
            answer_request(format!("CreateKey\n{{\"Policy\": {policy}}}").as_bytes());
            answer_exchange(format!("POST /\n{text}").as_bytes());
            verify_document(text.as_bytes());
            open_envelope(text.as_bytes());
        }
    }
}
