//! Conversations with KMS as text: a request a line, and below it what KMS answers.
//!
//! Every file of `tests/data/wire/` is one, and every line in it a test. Beside the answer itself each request is held
//! against three rules: a refusal leaves the world as it was, is one that the API model gives the operation or the
//! framework gives all, and ends all eleven stages in order.
//!
//! | line | meaning |
//! | --- | --- |
//! | `=== title` | a new world, with what [`PREPARATION`] makes in it |
//! | `Developer Encrypt {…}` | a request; `Developer@eu-west-1` in another Region, `Encrypt*3` thrice with `${n}` counting |
//! | `… >> blob:CiphertextBlob` | names for members of the response, for use as `${blob}` in later lines |
//! | `name = text` | a name for a text |
//! | `name <- RSAES_OAEP_SHA_256 ${public} ${material}` | a name for key material as its owner wraps it under a public key |
//! | `+366d` | time passes |
//! | `! {…}` | something happens behind a key store |
//! | `~ {…}` | something is chosen for the world as a whole |
//! | `# …` | a remark |
//!
//! In any of them `<<x*3>>` is `xxx`.

use std::{cmp::Reverse, collections::BTreeMap, fs, rc::Rc, sync::LazyLock};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use expect_test::expect_file;
use kms_playground::{
    arn::Region,
    clock::Timestamp,
    crypto::{
        enclave, rsa,
        secret::SecretBytes,
        wrap::{self, WrappingAlgorithm},
    },
    endpoint::{Outcome, Request, frame, model, render},
    entropy::{Entropy, Seed},
    estate::principal::Caller,
    kms::{Setting, World, store::premises},
    ops::stage::{Stage, StageResult},
    scenario::template::Template,
    timeline::Timeline,
};
use regex_lite::{Captures, Regex};
use serde_json::Value;

use crate::conformance;

pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/wire");

/// What every world of these tests has: a key in each state with a ciphertext and a grant of each, one with a context, a
/// key in another Region and one of another account.
const PREPARATION: &str = r#"
Administrator CreateKey {} >> key:KeyMetadata.KeyId,keyArn:KeyMetadata.Arn
Administrator CreateAlias {"AliasName": "alias/orders", "TargetKeyId": "${key}"}
Administrator Encrypt {"KeyId": "${key}", "Plaintext": "${text:hello}"} >> blob:CiphertextBlob
Administrator Encrypt {"KeyId": "${key}", "Plaintext": "${text:hello}", "EncryptionContext": {"a": "bc", "d": "e"}} >> contextBlob:CiphertextBlob
Administrator CreateKey {} >> other:KeyMetadata.KeyId
Administrator Encrypt {"KeyId": "${other}", "Plaintext": "${text:hello}"} >> otherBlob:CiphertextBlob
Administrator CreateKey {} >> disabled:KeyMetadata.KeyId
Administrator CreateAlias {"AliasName": "alias/off", "TargetKeyId": "${disabled}"}
Administrator Encrypt {"KeyId": "${disabled}", "Plaintext": "${text:hello}"} >> disabledBlob:CiphertextBlob
Administrator DisableKey {"KeyId": "${disabled}"}
Administrator CreateKey {} >> pending:KeyMetadata.KeyId
Administrator CreateAlias {"AliasName": "alias/going", "TargetKeyId": "${pending}"}
Administrator Encrypt {"KeyId": "${pending}", "Plaintext": "${text:hello}"} >> pendingBlob:CiphertextBlob
Administrator ScheduleKeyDeletion {"KeyId": "${pending}", "PendingWindowInDays": 7}
Administrator CreateKey {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"} >> keyMac:KeyMetadata.KeyId,keyArnMac:KeyMetadata.Arn
Administrator GenerateMac {"KeyId": "${keyMac}", "Message": "${text:hello}", "MacAlgorithm": "HMAC_SHA_256"} >> keyTag:Mac,keyArnTag:Mac
Administrator CreateKey {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"} >> disabledMac:KeyMetadata.KeyId
Administrator GenerateMac {"KeyId": "${disabledMac}", "Message": "${text:hello}", "MacAlgorithm": "HMAC_SHA_256"} >> disabledTag:Mac
Administrator DisableKey {"KeyId": "${disabledMac}"}
Administrator CreateKey {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"} >> pendingMac:KeyMetadata.KeyId
Administrator GenerateMac {"KeyId": "${pendingMac}", "Message": "${text:hello}", "MacAlgorithm": "HMAC_SHA_256"} >> pendingTag:Mac
Administrator ScheduleKeyDeletion {"KeyId": "${pendingMac}", "PendingWindowInDays": 7}
Administrator CreateKey {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"} >> keySign:KeyMetadata.KeyId,keyArnSign:KeyMetadata.Arn
Administrator Sign {"KeyId": "${keySign}", "Message": "${text:hello}", "SigningAlgorithm": "ECDSA_SHA_256"} >> keySignature:Signature,keyArnSignature:Signature
Administrator CreateKey {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"} >> keyAgree:KeyMetadata.KeyId,keyArnAgree:KeyMetadata.Arn
Administrator CreateKey {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"} >> disabledSign:KeyMetadata.KeyId
Administrator Sign {"KeyId": "${disabledSign}", "Message": "${text:hello}", "SigningAlgorithm": "ECDSA_SHA_256"} >> disabledSignature:Signature
Administrator CreateKey {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"} >> disabledAgree:KeyMetadata.KeyId
Administrator DisableKey {"KeyId": "${disabledSign}"}
Administrator DisableKey {"KeyId": "${disabledAgree}"}
Administrator CreateKey {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"} >> pendingSign:KeyMetadata.KeyId
Administrator Sign {"KeyId": "${pendingSign}", "Message": "${text:hello}", "SigningAlgorithm": "ECDSA_SHA_256"} >> pendingSignature:Signature
Administrator CreateKey {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"} >> pendingAgree:KeyMetadata.KeyId
Administrator ScheduleKeyDeletion {"KeyId": "${pendingSign}", "PendingWindowInDays": 7}
Administrator ScheduleKeyDeletion {"KeyId": "${pendingAgree}", "PendingWindowInDays": 7}
Administrator GenerateDataKeyPairWithoutPlaintext {"KeyId": "${key}", "KeyPairSpec": "ECC_NIST_P256"} >> otherPublic:PublicKey
Administrator CreateKey {"KeySpec": "ML_KEM_512", "KeyUsage": "ENCAPSULATE_DECAPSULATE"} >> keyKem:KeyMetadata.KeyId,keyArnKem:KeyMetadata.Arn
Administrator Encapsulate {"KeyId": "${keyKem}", "EncapsulationAlgorithm": "ML_KEM"} >> keyCapsule:SharedSecretCiphertextBlob,keyArnCapsule:SharedSecretCiphertextBlob
Administrator CreateKey {"KeySpec": "ML_KEM_512", "KeyUsage": "ENCAPSULATE_DECAPSULATE"} >> disabledKem:KeyMetadata.KeyId
Administrator Encapsulate {"KeyId": "${disabledKem}", "EncapsulationAlgorithm": "ML_KEM"} >> disabledCapsule:SharedSecretCiphertextBlob
Administrator CreateKey {"KeySpec": "ML_KEM_512", "KeyUsage": "ENCAPSULATE_DECAPSULATE"} >> pendingKem:KeyMetadata.KeyId
Administrator Encapsulate {"KeyId": "${pendingKem}", "EncapsulationAlgorithm": "ML_KEM"} >> pendingCapsule:SharedSecretCiphertextBlob
Administrator DisableKey {"KeyId": "${disabledKem}"}
Administrator ScheduleKeyDeletion {"KeyId": "${pendingKem}", "PendingWindowInDays": 7}
Administrator@eu-west-1 CreateKey {} >> europe:KeyMetadata.KeyId,europeArn:KeyMetadata.Arn
Administrator@eu-west-1 Encrypt {"KeyId": "${europe}", "Plaintext": "${text:hello}"} >> europeBlob:CiphertextBlob
444455556666/Administrator CreateKey {} >> foreign:KeyMetadata.KeyId,foreignArn:KeyMetadata.Arn
444455556666/Administrator CreateAlias {"AliasName": "alias/theirs", "TargetKeyId": "${foreign}"}
444455556666/Administrator Encrypt {"KeyId": "${foreign}", "Plaintext": "${text:hello}"} >> foreignBlob:CiphertextBlob
Administrator CreateGrant {"KeyId": "${key}", "GranteePrincipal": "arn:aws:iam::111122223333:user/KMSKeyAdmin", "RetiringPrincipal": "arn:aws:iam::111122223333:role/OrdersApp", "Operations": ["DescribeKey"]} >> keyGrant:GrantId,keyArnGrant:GrantId
Administrator EnableKey {"KeyId": "${disabled}"}
Administrator CreateGrant {"KeyId": "${disabled}", "GranteePrincipal": "arn:aws:iam::111122223333:user/KMSKeyAdmin", "RetiringPrincipal": "arn:aws:iam::111122223333:role/OrdersApp", "Operations": ["DescribeKey"]} >> disabledGrant:GrantId
Administrator DisableKey {"KeyId": "${disabled}"}
Administrator CancelKeyDeletion {"KeyId": "${pending}"}
Administrator EnableKey {"KeyId": "${pending}"}
Administrator CreateGrant {"KeyId": "${pending}", "GranteePrincipal": "arn:aws:iam::111122223333:user/KMSKeyAdmin", "RetiringPrincipal": "arn:aws:iam::111122223333:role/OrdersApp", "Operations": ["DescribeKey"]} >> pendingGrant:GrantId
Administrator ScheduleKeyDeletion {"KeyId": "${pending}", "PendingWindowInDays": 7}
"#;

#[test]
fn conversations_go_as_written() {
    let mut files: Vec<_> = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let held = converse(&text, &path.file_name().unwrap().to_string_lossy(), Conversation::line);
        expect_file![path].assert_eq(&held);
    }
}

/// The text with the answers to its lines, of which `answer` gets one and its place.
pub(crate) fn converse(
    text: &str,
    name: &str,
    mut answer: impl FnMut(&mut Conversation, &str, &str) -> String,
) -> String {
    let mut talk = Conversation::prepared();
    let mut held = String::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with("    ")) {
        held += &format!("{line}\n");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with("===") {
            talk = Conversation::prepared();
            continue;
        }
        for line in answer(&mut talk, line, &format!("{name}, line {}", at + 1)).lines() {
            held += &format!("    {line}\n");
        }
    }
    held
}

/// A world and the names for what is in it.
#[derive(Clone)]
pub(crate) struct Conversation {
    pub(crate) timeline: Timeline,
    pub(crate) bound: BTreeMap<String, String>,
    /// The key material ids that answers have had so far.
    materials: Vec<String>,
}

impl Conversation {
    /// A new world after [`PREPARATION`].
    pub(crate) fn prepared() -> Self {
        thread_local! {
            static PREPARED: Conversation = Conversation::prepare();
        }
        PREPARED.with(Self::clone)
    }

    fn prepare() -> Self {
        let world = World::new("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
        let mut talk = Self { timeline: Timeline::new(world), bound: BTreeMap::new(), materials: Vec::new() };
        talk.bound.insert("certificate".to_owned(), premises::CERTIFICATE.to_owned());
        talk.go_through(PREPARATION);
        talk.bound.extend(documents(&talk.timeline));
        talk
    }

    /// Does what each line says, none of which may be refused.
    pub(crate) fn go_through(&mut self, lines: &str) {
        for line in lines.lines().filter(|line| !line.is_empty()) {
            let answer = self.line(line, line);
            let went = line.starts_with(['!', '+']) || answer.is_empty() || answer.starts_with("200");
            assert!(went, "{line}: {answer}");
        }
    }

    /// Does what one line says, and gives the answer.
    pub(crate) fn line(&mut self, line: &str, place: &str) -> String {
        if let Some(incident) = line.strip_prefix("! ") {
            let incident = self.filled(incident, place);
            let incident = serde_json::from_str(&incident).unwrap_or_else(|error| panic!("{place}: {error}"));
            return self.timeline.simulate(incident).map_or_else(|error| error.to_string(), |()| String::new());
        }
        if let Some(setting) = line.strip_prefix("~ ") {
            let setting = serde_json::from_str(setting).unwrap_or_else(|error| panic!("{place}: {error}"));
            self.timeline.set(setting);
            return String::new();
        }
        if let Some(span) = line.strip_prefix('+') {
            let events = self.timeline.advance(span.parse().unwrap_or_else(|_| panic!("{place}: {line}")));
            return self.named(&events.iter().map(|event| render::event(event) + "\n").collect::<String>());
        }
        if let Some((name, rest)) = line.split_once(" <- ") {
            let wrapped = wrapped(&self.filled(rest, place)).unwrap_or_else(|| panic!("{place}: cannot wrap {rest}"));
            self.bound.insert(name.to_owned(), wrapped);
            return String::new();
        }
        if let Some((name, text)) = line.split_once(" = ").filter(|(name, _)| !name.contains(' ')) {
            let text = self.filled(text, place);
            self.bound.insert(name.to_owned(), text);
            return String::new();
        }
        let (line, binds) = line.split_once(" >> ").unwrap_or((line, ""));
        let mut words = line.splitn(3, ' ');
        let (caller, operation, body) = (words.next().unwrap(), words.next(), words.next().unwrap_or_default());
        let (caller, region) = caller.split_once('@').unwrap_or((caller, "us-east-1"));
        let operation = operation.unwrap_or_else(|| panic!("{place}: no operation"));
        let (operation, times) = operation.split_once('*').unwrap_or((operation, "1"));
        let mut answers: Vec<String> = Vec::new();
        for n in 1..=times.parse().unwrap() {
            let n: u32 = n;
            self.bound.insert("n".to_owned(), n.to_string());
            let body = self.filled(body, place);
            let outcome = self.ask(caller, region.parse().unwrap(), operation, body, place);
            self.bind(&outcome, binds, place);
            self.bound.remove("n");
            let mut answer = self.answer(operation, &outcome);
            if times != "1" {
                // What happened has the counter in it.
                answer.truncate(answer.find('\n').unwrap_or_default() + 1);
            }
            if !answers.contains(&answer) {
                answers.push(answer);
            }
        }
        answers.concat()
    }

    /// Sends a request and holds the outcome against the rules for all.
    pub(crate) fn ask(
        &mut self,
        caller: &str,
        region: Region,
        operation: &str,
        body: impl Into<String>,
        place: &str,
    ) -> Rc<Outcome> {
        let target =
            if operation.contains('.') { operation.to_owned() } else { format!("{}{operation}", frame::TARGET_PREFIX) };
        let before = Rc::clone(self.timeline.world());
        let body = body.into();
        let request = Request { caller: called(caller), region, target, body: body.clone(), forwarding: None };
        let outcome = self.timeline.request(request);
        conformance::note(operation, &body, &outcome);
        let Some(fault) = &outcome.fault else {
            assert_eq!(outcome.response.status, 200, "{place}");
            assert!(outcome.stages.iter().all(|stage| stage.result == StageResult::Passed), "{place}");
            return outcome;
        };
        let [before, after] = [&before, self.timeline.world()].map(|world| {
            // A refused request counts nevertheless.
            let mut world = World::clone(world);
            world.set(Setting::Throttling(false));
            serde_json::to_string(&world).unwrap()
        });
        assert!(before == after, "{place}: a refused request changed the world");
        assert!(outcome.events.is_empty(), "{place}: a refused request has events");
        // The model gives it to nearly every operation, so the check below would let it through.
        assert_ne!(
            fault.kind, "KMSInternalException",
            "{place}: a rule of this program was broken: {:?}",
            fault.message
        );
        let modelled = model::operation(operation).is_some_and(|model| {
            // DescribeKey takes grant tokens, and ListKeyPolicies a marker, without an error for a bad one.
            let forgotten = [("GrantTokens", "InvalidGrantTokenException"), ("Marker", "InvalidMarkerException")];
            let takes = |(member, kind): (&str, &str)| kind == fault.kind && model.input.members.contains_key(member);
            model.errors.iter().any(|kind| kind == fault.kind) || forgotten.into_iter().any(takes)
        });
        assert!(
            modelled || FRAMEWORK.contains(&fault.kind),
            "{place}: the API model does not give {operation} a {}",
            fault.kind
        );
        let order: Vec<Stage> = outcome.stages.iter().map(|record| record.stage).collect();
        assert_eq!(order, Stage::ALL, "{place}");
        let refused = outcome.stages.iter().skip_while(|record| record.result == StageResult::Passed);
        let after: Vec<StageResult> = refused.map(|record| record.result).collect();
        assert_eq!(after.first(), Some(&StageResult::Refused), "{place}");
        assert!(after.iter().skip(1).all(|result| *result == StageResult::Skipped), "{place}");
        outcome
    }

    /// With every gap filled and every repetition written out.
    pub(crate) fn filled(&self, text: &str, place: &str) -> String {
        let template = Template::parse(text).unwrap_or_else(|(_, problem)| panic!("{place}: {problem}"));
        let filled = template.fill(&self.bound).unwrap_or_else(|problem| panic!("{place}: {problem}"));
        REPEATED.replace_all(&filled, |found: &Captures<'_>| found[1].repeat(found[2].parse().unwrap())).into_owned()
    }

    fn bind(&mut self, outcome: &Outcome, binds: &str, place: &str) {
        let response: Value = serde_json::from_str(&outcome.response.body).unwrap_or_default();
        for (name, path) in binds.split(',').filter_map(|pair| pair.split_once(':')) {
            let pointer = format!("/{}", path.replace('.', "/"));
            let value = response.pointer(&pointer).and_then(Value::as_str);
            let value = value.unwrap_or_else(|| panic!("{place}: no {path} in {}", outcome.response.body));
            self.bound.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The answer with names for what is random, and what happened below it.
    fn answer(&mut self, operation: &str, outcome: &Outcome) -> String {
        let answer = match &outcome.fault {
            Some(fault) => match &fault.message {
                Some(message) => format!("{} {}: {message}", fault.status, fault.kind),
                None => format!("{} {}", fault.status, fault.kind),
            },
            None if outcome.response.body.is_empty() => "200".to_owned(),
            None => {
                let mut body: Value = serde_json::from_str(&outcome.response.body).unwrap();
                let members = &model::operation(operation).unwrap().output.as_ref().unwrap().members;
                for (name, value) in body.as_object_mut().unwrap() {
                    assert!(
                        members.contains_key(name),
                        "{operation} answers with {name}, which is not in the API model"
                    );
                    readable(name, value);
                }
                format!("200 {body}")
            }
        };
        let events = outcome.events.iter().map(|event| format!("\n* {}", event.kind.phrase()));
        self.named(&(answer + &events.collect::<String>())) + "\n"
    }

    /// With names in the place of ids and other texts that a seed decides.
    pub(crate) fn named(&mut self, text: &str) -> String {
        let mut bound: Vec<(&String, &String)> = self.bound.iter().filter(|(_, value)| value.len() > 20).collect();
        bound.sort_by_key(|(name, value)| (Reverse(value.len()), name.len(), *name));
        let mut text = text.to_owned();
        for (name, value) in bound {
            // As it stands in JSON.
            let value = value.replace('\n', "\\n");
            text = text.replace(&value, &format!("${{{name}}}"));
        }
        for found in MATERIAL.find_iter(&text) {
            if !self.materials.iter().any(|seen| seen == found.as_str()) {
                self.materials.push(found.as_str().to_owned());
            }
        }
        for (nth, seen) in self.materials.iter().enumerate() {
            text = text.replace(seen, &format!("<material {}>", nth + 1));
        }
        ID.replace_all(&text, "<id>").into_owned()
    }
}

static REPEATED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<<(.)\*(\d+)>>").unwrap());
static MATERIAL: LazyLock<Regex> = LazyLock::new(|| Regex::new("[0-9a-f]{64}").unwrap());
static ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32}|cks-[0-9a-f]{17}")
        .unwrap()
});

/// Attestation documents of the enclave `image`: one that holds, and some that do not.
fn documents(timeline: &Timeline) -> impl Iterator<Item = (String, String)> {
    let world = timeline.world();
    let private = enclave::key_pair(&world.entropy, "image").unwrap();
    let key = rsa::public_key(&private).unwrap();
    let attested = |entropy: &Entropy, public_key: Option<&[u8]>| {
        let wishes = enclave::Wishes { public_key, ..enclave::Wishes::default() };
        enclave::attest(entropy, world.now, "image", wishes).unwrap()
    };
    let document = attested(&world.entropy, Some(&key));
    let elsewhere = Entropy::new(Seed::from_number(8));
    let mut unsigned = document.clone();
    let length = unsigned.len();
    unsigned[length - 96..].fill(0);
    [
        ("attestation", document),
        ("attestationElsewhere", attested(&elsewhere, Some(&key))),
        ("attestationKeyless", attested(&world.entropy, None)),
        ("attestationUnsigned", unsigned),
    ]
    .map(|(name, bytes)| (name.to_owned(), STANDARD.encode(bytes)))
    .into_iter()
}

/// The errors of every operation, beside those of the API model.
const FRAMEWORK: &[&str] = &[
    "AccessDeniedException",
    "NotInThisBuildException",
    "SerializationException",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationException",
];

/// What an owner of key material does outside KMS with an algorithm, a public key and the material, in base64.
fn wrapped(words: &str) -> Option<String> {
    let [algorithm, public, material] = words.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let [public, material] = [public, material].map(|text| STANDARD.decode(text).ok());
    let mut entropy = Entropy::new(Seed::from_number(8));
    let material = SecretBytes::from_vec(material?);
    let wrapped = wrap::wrap(WrappingAlgorithm::named(algorithm)?, &public?, &material, &mut entropy);
    wrapped.ok().map(|wrapped| STANDARD.encode(wrapped))
}

/// `root`, the name of a user or of one of the two roles, in the first account or the one before the slash; or an ARN.
fn called(name: &str) -> Caller {
    if name.starts_with("arn:") {
        return name.parse().unwrap();
    }
    let (account, name) = name.split_once('/').unwrap_or(("111122223333", name));
    let arn = match name {
        "root" => format!("arn:aws:iam::{account}:root"),
        "OrdersApp" | "AuditApp" => format!("arn:aws:sts::{account}:assumed-role/{name}/session"),
        user => format!("arn:aws:iam::{account}:user/{user}"),
    };
    arn.parse().unwrap()
}

/// Bytes become their number, times the usual text.
fn readable(name: &str, value: &mut Value) {
    match value {
        Value::Object(members) => members.iter_mut().for_each(|(name, value)| readable(name, value)),
        Value::Array(elements) => elements.iter_mut().for_each(|value| readable(name, value)),
        Value::Number(seconds) if name.ends_with("Date") || name.ends_with("ValidTo") || name == "Timestamp" => {
            #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a world's time")]
            let moment = Timestamp::from_millis((seconds.as_f64().unwrap() * 1000.0).round() as i64);
            *value = Value::from(moment.to_string());
        }
        // No two are the same.
        Value::String(_) if name == "GrantToken" => *value = Value::from("<token>"),
        Value::String(text) if ["CiphertextBlob", "CiphertextForRecipient", "Plaintext"].contains(&name) => {
            let bytes = STANDARD.decode(&*text).unwrap();
            *value = match std::str::from_utf8(&bytes) {
                Ok(words) if name == "Plaintext" => Value::from(words),
                _ => Value::from(format!("<{} bytes>", bytes.len())),
            };
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
