use std::rc::Rc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::{
    arn::Region,
    clock::Timestamp,
    entropy::Seed,
    envelope::{DamagedEnvelope, Header, Members},
    estate::principal::Caller,
    story::facts::{LocalFault, size},
    timeline::Timeline,
};

/// A world with two keys and somebody who uses them.
struct Stage {
    timeline: Timeline,
}

impl Stage {
    fn new() -> Self {
        Self {
            timeline: Timeline::ready_to_play(
                "2030-01-01T00:00:00Z".parse::<Timestamp>().unwrap(),
                Seed::from_number(7),
            ),
        }
    }

    fn orders_app() -> Caller {
        "arn:aws:sts::111122223333:assumed-role/OrdersApp/session".parse().unwrap()
    }

    fn administer(&mut self, operation: &str, body: Value) {
        let admin = "arn:aws:iam::111122223333:user/KMSKeyAdmin".parse().unwrap();
        let outcome = self.timeline.call(admin, Region::US_EAST_1, operation, body.to_string());
        assert!(outcome.fault.is_none(), "{:?}", outcome.fault);
    }

    fn run(&mut self, plot: Plot, caller: Caller, body: Value, ciphertext: Option<&[u8]>, file: FileFacts) -> Facts {
        let outcome = self.timeline.call(caller.clone(), Region::US_EAST_1, plot.operation(), body.to_string());
        let name = body["KeyId"].as_str().unwrap_or_default().to_owned();
        let key = KeyFacts::new(self.timeline.world(), &name, Facts::resolved_key(&outcome), ciphertext);
        let context = body["EncryptionContext"].as_object().map(|pairs| {
            pairs.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
        });
        Facts {
            plot,
            caller,
            region: Region::US_EAST_1,
            body,
            outcome: Some(outcome),
            key,
            context: context.unwrap_or_default(),
            file,
            local: Local::NotStarted,
            damage: None,
            tampering: None,
        }
    }

    fn sealing(&mut self) -> Facts {
        let body = json!({ "KeyId": "alias/orders", "KeySpec": "AES_256", "EncryptionContext": { "tenant": "7" } });
        let file = FileFacts { name: "a.txt".to_owned(), length: 5, start: Rc::from(*b"hello"), sealed: None };
        self.run(Plot::SealFile, Self::orders_app(), body, None, file)
    }

    /// The envelope that a page would make of the facts.
    fn envelope(facts: &Facts) -> SealedFacts {
        let answer: Value = serde_json::from_str(&facts.outcome.as_ref().unwrap().response.body).unwrap();
        let bytes = |member: &str| STANDARD.decode(answer[member].as_str().unwrap()).unwrap();
        let header = Header::new(Members {
            key: answer["KeyId"].as_str().unwrap().parse().unwrap(),
            encryption_context: facts.context.iter().cloned().collect(),
            wrapped_data_key: bytes("CiphertextBlob"),
            file_name: facts.file.name.parse().unwrap(),
            media_type: None,
            plaintext_length: 5,
            chunk_length: Header::USUAL_CHUNK_LENGTH,
            nonce_prefix: [1; 7],
        })
        .unwrap();
        let key = crate::crypto::secret::Secret32::from_slice(&bytes("Plaintext")).unwrap();
        let file = crate::envelope::seal_all(&header, &key, &facts.file.start).unwrap();
        SealedFacts { header, length: file.len() as u64, start: file.into() }
    }

    fn opening(&mut self, change: impl FnOnce(&mut Value), tamper: impl FnOnce(&mut Vec<u8>)) -> Facts {
        let sealing = self.sealing();
        let sealed = Self::envelope(&sealing);
        let mut blob = sealed.header.members().wrapped_data_key.clone();
        tamper(&mut blob);
        let mut body = json!({ "CiphertextBlob": STANDARD.encode(&blob), "EncryptionContext": { "tenant": "7" } });
        change(&mut body);
        let file = FileFacts { sealed: Some(sealed), ..sealing.file };
        self.run(Plot::OpenFile, Self::orders_app(), body, Some(&blob), file)
    }
}

/// One line a step: label, how far it came, and its sentence.
fn outline(facts: &Facts) -> String {
    let line = |step: &StoryStep| {
        let mark = match &step.status {
            Status::Happened => "+".to_owned(),
            Status::UnderWay { .. } => "~".to_owned(),
            Status::Failed(_) => "!".to_owned(),
            Status::NotReached => "-".to_owned(),
        };
        format!("{mark} {}: {}\n", step.label, step.sentence)
    };
    Story::tell(facts).steps.iter().map(line).collect()
}

#[track_caller]
fn check(facts: &Facts, expected: Expect) {
    let story = Story::tell(facts);
    expected.assert_eq(&outline(facts));
    for artefact in &story.artefacts {
        let mut next = 0;
        for run in &artefact.runs {
            assert_eq!(run.start, next, "{} {}", artefact.name, run.name);
            next += run.length;
        }
        assert_eq!(next, artefact.bytes.len(), "{}: every byte in one run", artefact.name);
    }
    let everything = format!("{story:?}");
    assert!(!everything.contains("v0") && !everything.contains("no version"), "{everything}");
    for recipe in story.steps.iter().flat_map(|step| &step.recipes) {
        assert!(!recipe.text(true).contains('\u{1}') && !recipe.text(false).contains('\u{1}'));
    }
}

#[test]
fn sealing_a_file_is_told_to_its_end() {
    let mut facts = Stage::new().sealing();
    check(
        &facts,
        expect![[r#"
        + request: Your application asks KMS for a data key under alias/orders.
        + resolve: KMS follows alias/orders to its key and takes the current key material, v1.
        + authorise: The policies allow kms:GenerateDataKey for role/OrdersApp on this key.
        + state: The key is Enabled, so it may be used.
        + draw: KMS draws 32 random bytes: the data key.
        + derive: From v1 and 16 fresh random bytes KMS derives a key that it uses once.
        + wrap: KMS encrypts the data key under the per-call key.
        + return: KMS returns the data key twice: once in the clear, once wrapped.
        - seal: Not reached: a.txt is encrypted here, in this tab, with the plain data key.
        - wipe: Not reached: your application overwrites the data key with zeros.
        - store: Not reached: the wrapped data key, the context and the encrypted file go into one file.
    "#]],
    );
    facts.file.sealed = Some(Stage::envelope(&facts));
    facts.local = Local::Running { done: 2, total: 5 };
    assert_eq!(Story::tell(&facts).reached(), 8);
    facts.local = Local::Done;
    check(
        &facts,
        expect![[r#"
        + request: Your application asks KMS for a data key under alias/orders.
        + resolve: KMS follows alias/orders to its key and takes the current key material, v1.
        + authorise: The policies allow kms:GenerateDataKey for role/OrdersApp on this key.
        + state: The key is Enabled, so it may be used.
        + draw: KMS draws 32 random bytes: the data key.
        + derive: From v1 and 16 fresh random bytes KMS derives a key that it uses once.
        + wrap: KMS encrypts the data key under the per-call key.
        + return: KMS returns the data key twice: once in the clear, once wrapped.
        + seal: a.txt is encrypted here, in this tab, with the plain data key.
        + wipe: Your application overwrites the data key with zeros.
        + store: The wrapped data key, the context and the encrypted file go into one file.
    "#]],
    );
}

#[test]
fn opening_a_file_is_told_to_its_end() {
    let mut stage = Stage::new();
    let mut facts = stage.opening(|_| {}, |_| {});
    facts.local = Local::Done;
    check(
        &facts,
        expect![[r#"
        + read: Your application reads the header: wrapped data key, encryption context, chunks.
        + request: Your application sends 110 bytes to Decrypt.
        + resolve: The ciphertext names key material v1 of alias/orders.
        + authorise: The policies allow kms:Decrypt for role/OrdersApp on this key.
        + state: The key is Enabled, so it may be used.
        + derive: From v1 and the nonce in the ciphertext KMS derives the per-call key again.
        + unwrap: The tag verifies, and the data key is out of its wrapper.
        + return: KMS returns the data key in the clear.
        + open: a.txt is decrypted here, in this tab.
        + wipe: Your application overwrites the data key with zeros.
        + file: a.txt is back, 5 bytes, to the byte.
    "#]],
    );
}

#[test]
fn an_envelope_from_before_a_rotation_opens_with_its_own_version() {
    let mut stage = Stage::new();
    let sealing = stage.sealing();
    let sealed = Stage::envelope(&sealing);
    for _ in 0..4 {
        stage.administer("RotateKeyOnDemand", json!({ "KeyId": sealed.header.members().key.to_string() }));
    }
    let blob = sealed.header.members().wrapped_data_key.clone();
    let body = json!({ "CiphertextBlob": STANDARD.encode(&blob), "EncryptionContext": { "tenant": "7" } });
    let facts = stage.run(
        Plot::OpenFile,
        Stage::orders_app(),
        body,
        Some(&blob),
        FileFacts { sealed: Some(sealed), ..sealing.file },
    );
    let story = Story::tell(&facts);
    assert_eq!(story.steps[2].sentence, "The ciphertext names key material v1 of alias/orders.");
    let versions: Vec<_> =
        story.steps[2].scene.versions.iter().map(|it| (it.name.as_str(), it.role, it.chosen)).collect();
    assert_eq!(versions, [("v1", "named", true), ("v4", "", false), ("v5", "current", false)]);
    assert_eq!(story.steps[2].scene.more_versions, 2);
}

#[track_caller]
fn check_stop(facts: &Facts, at: &str, expected: Expect) {
    let story = Story::tell(facts);
    let failed = &story.steps[story.failed_at().unwrap()];
    assert_eq!(failed.label, at, "{}", outline(facts));
    let Status::Failed(failure) = &failed.status else { unreachable!() };
    let said = failure.message.as_deref().unwrap_or("(no message)");
    expected.assert_eq(&format!(
        "{}: {said}\n{}\n{}\n{}\n{}\n",
        failure.kind, failed.title, failure.what, failure.why, failure.remedy
    ));
    assert!(story.steps[story.failed_at().unwrap() + 1..].iter().all(|step| step.status == Status::NotReached));
}

#[test]
fn a_story_stops_where_kms_stopped() {
    let mut stage = Stage::new();
    let facts = stage.opening(|_| {}, |blob| blob[70] ^= 1);
    check_stop(
        &facts,
        "unwrap",
        expect![[r#"
        InvalidCiphertextException: (no message)
        The tag says no
        The tag does not verify, so nothing is decrypted.
        Ciphertext and encryption context have to be exactly what was sealed. KMS cannot tell which of them differs, and AWS gives no message at all.
        Give the same encryption context, to the letter, and the untouched ciphertext.
    "#]],
    );
    let facts = stage.opening(|body| body["EncryptionContext"]["tenant"] = "8".into(), |_| {});
    check_stop(
        &facts,
        "unwrap",
        expect![[r#"
        InvalidCiphertextException: (no message)
        The tag says no
        The tag does not verify, so nothing is decrypted.
        Ciphertext and encryption context have to be exactly what was sealed. KMS cannot tell which of them differs, and AWS gives no message at all.
        Give the same encryption context, to the letter, and the untouched ciphertext.
    "#]],
    );
    let facts = stage.opening(|_| {}, |blob| blob[5] ^= 1);
    check_stop(
        &facts,
        "resolve",
        expect![[r#"
        AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.
        KMS does not find the key
        This world does not have the key that sealed the envelope.
        The ciphertext names a key material that no key in us-east-1 has. The envelope may come from another world: another browser, another Region, a world that was started anew, or a moment that you have undone. Or the key was deleted.
        Open it where it was made, redo what was undone, or choose the Region of its key at the top.
    "#]],
    );
    let facts = stage.opening(|_| {}, |blob| blob[0] ^= 1);
    check_stop(
        &facts,
        "resolve",
        expect![[r#"
        InvalidCiphertextException: (no message)
        KMS does not find the key
        These bytes are not a ciphertext that KMS can open.
        It is too short, it does not begin like a ciphertext of this playground, or it names a key material that the key never had. Ciphertexts of a real AWS KMS do not open here, nor these there.
        Give the ciphertext exactly as KMS returned it.
    "#]],
    );
    let facts = stage.opening(|body| body["KeyId"] = "alias/invoices".into(), |_| {});
    check_stop(
        &facts,
        "derive",
        expect![[r#"
        IncorrectKeyException: The key ID in the request does not identify a CMK that can perform this operation.
        This key has no such material
        The ciphertext was not sealed by `alias/invoices`.
        The request names that key with `KeyId`, but the ciphertext names a key material of alias/orders. With `KeyId` you say which key you trust, and KMS takes you at your word.
        Name the key that sealed the ciphertext, or name none.
    "#]],
    );
    let facts = stage.opening(|body| body["KeyId"] = "alias/nothing".into(), |_| {});
    check_stop(
        &facts,
        "resolve",
        expect![[r#"
        NotFoundException: Alias arn:aws:kms:us-east-1:111122223333:alias/nothing is not found.
        KMS does not find the key
        There is nothing called `alias/nothing` here.
        Keys and aliases belong to one account and one Region; this world has none of that name there.
        Choose a key of this Region, or another Region at the top.
    "#]],
    );
}

#[test]
fn a_key_that_is_off_stops_the_story_at_its_state() {
    let mut stage = Stage::new();
    let key = stage.sealing().key.arn.unwrap().to_string();
    stage.administer("DisableKey", json!({ "KeyId": key }));
    let mut facts = stage.sealing();
    check_stop(
        &facts,
        "state",
        expect![[r#"
        DisabledException: arn:aws:kms:us-east-1:111122223333:key/bdfb9c41-56a1-4f2d-af5b-b4c77cb122d0 is disabled.
        The key may not be used now
        KMS refused, because `alias/orders` is disabled.
        An administrator turned the key off. Nothing is lost: key material, ciphertexts and policies are as they were, but nobody can use the key.
        Enable the key again (“Put it right” does it), then try once more.
    "#]],
    );
    stage.administer("EnableKey", json!({ "KeyId": key }));
    stage.administer("ScheduleKeyDeletion", json!({ "KeyId": key, "PendingWindowInDays": 7 }));
    facts = stage.sealing();
    check_stop(
        &facts,
        "state",
        expect![[r#"
        KMSInvalidStateException: arn:aws:kms:us-east-1:111122223333:key/bdfb9c41-56a1-4f2d-af5b-b4c77cb122d0 is pending deletion.
        The key may not be used now
        KMS refused, because `alias/orders` waits to be deleted.
        Its deletion has been scheduled. Until the waiting period ends the key can do nothing but be rescued; after it, everything sealed under it is lost for ever.
        Cancel the deletion and enable the key (“Put it right” does both), while there is time.
    "#]],
    );
}

#[test]
fn a_text_goes_to_kms_itself_if_the_caller_may_and_it_is_short() {
    let mut stage = Stage::new();
    let mut text = |caller: &str, length: usize| {
        let body = json!({ "KeyId": "alias/orders", "Plaintext": STANDARD.encode(vec![b'x'; length]) });
        let file = FileFacts { name: "text".to_owned(), length: length as u64, ..FileFacts::default() };
        stage.run(Plot::EncryptText, caller.parse().unwrap(), body, None, file)
    };
    check_stop(
        &text("arn:aws:sts::111122223333:assumed-role/OrdersApp/session", 5),
        "authorise",
        expect![[r#"
            AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/OrdersApp/session is not authorized to perform: kms:Encrypt on resource: arn:aws:kms:us-east-1:111122223333:key/bdfb9c41-56a1-4f2d-af5b-b4c77cb122d0 because no identity-based policy allows the kms:Encrypt action
            The policies say no
            KMS refused: role/OrdersApp may not `kms:Encrypt` with `alias/orders`.
            No statement of the key policy or of the caller's own policies allows `kms:Encrypt` here, no grant does, and what is not allowed is denied.
            Act as user Developer (at the top), who may encrypt, or seal your text as a file.
        "#]],
    );
    let developer = "arn:aws:iam::111122223333:user/Developer";
    check_stop(
        &text(developer, 4097),
        "request",
        expect![[r#"
        ValidationException: 1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096
        The request is refused at the door
        KMS refused the request, because the text has 4,097 bytes.
        Encrypt takes 1 to 4,096 bytes. KMS is made to encrypt keys, not files.
        Shorten the text, or seal it as a file: then only a data key goes through KMS.
    "#]],
    );
    check(
        &text(developer, 4096),
        expect![[r#"
        + request: Your application sends 4,096 bytes to Encrypt, under alias/orders.
        + resolve: KMS follows alias/orders to its key and takes the current key material, v1.
        + authorise: The policies allow kms:Encrypt for user/Developer on this key.
        + state: The key is Enabled, so it may be used.
        + derive: From v1 and 16 fresh random bytes KMS derives a key that it uses once.
        + encrypt: KMS encrypts your text under the per-call key.
        + return: KMS returns 4,174 bytes of ciphertext and forgets the text.
    "#]],
    );
}

#[test]
fn a_grant_is_named_where_it_is_what_allows() {
    let mut stage = Stage::new();
    let key = stage.sealing().key.arn.unwrap();
    let caller = "arn:aws:sts::111122223333:assumed-role/OrdersApp/session";
    let grantee = "arn:aws:iam::111122223333:role/OrdersApp";
    let terms = json!({ "KeyId": key, "GranteePrincipal": grantee, "Operations": ["Encrypt"], "Name": "texts" });
    stage.administer("CreateGrant", terms);
    let body = json!({ "KeyId": "alias/orders", "Plaintext": STANDARD.encode("hello") });
    let file = FileFacts { name: "text".to_owned(), length: 5, ..FileFacts::default() };
    let facts = stage.run(Plot::EncryptText, caller.parse().unwrap(), body, None, file);
    let story = Story::tell(&facts);
    let step = story.steps.iter().find(|step| step.sentence.contains("kms:Encrypt")).unwrap();
    let told = [step.sentence.clone()].into_iter().chain(step.prose.clone()).collect::<Vec<_>>().join("\n");
    expect![[r#"
        A grant allows kms:Encrypt for role/OrdersApp on this key.
        Before KMS touches any key material it asks every policy that has a say: the key policy, the key's grants, and the policies attached to the caller.
        The grant `texts` gives it to role/OrdersApp; no policy has to.
        Some statement or grant must allow it; a single Deny anywhere would win."#]].assert_eq(&told);
}

#[test]
fn the_applications_own_half_may_fail_too() {
    let mut stage = Stage::new();
    let mut facts = stage.opening(|_| {}, |_| {});
    let chunk = facts.file.sealed.as_ref().unwrap().header.chunk(0).unwrap();
    facts.local = Local::Failed(LocalFault::Damaged(chunk.not_authentic()));
    check_stop(
        &facts,
        "open",
        expect![[r#"
        Damaged envelope: chunk 1 at bytes 430..451 is not authentic: the file was changed, or this is not its data key; check that the data key is the one from its header, else get the file again from where it was kept
        The file does not open
        Chunk 1 at bytes 430..451 is not authentic: the file was changed, or this is not its data key.
        Each chunk ends in a tag over all its bytes, its place and the header. A tag that does not fit means that one of these changed.
        Check that the data key is the one from its header, else get the file again from where it was kept.
    "#]],
    );
    facts.local = Local::Cancelled { done: 3 };
    check_stop(
        &facts,
        "open",
        expect![[r#"
        Cancelled: (no message)
        The file does not open
        You stopped after 3 bytes of 5 bytes.
        What had been done was thrown away, and the data key was wiped: half a file is of no use to anybody.
        Start again whenever you like; it takes one more request to KMS.
    "#]],
    );
    facts.outcome = None;
    facts.damage = Some(DamagedEnvelope::HeaderTooLong { length: 4_000_000_000 });
    check_stop(
        &facts,
        "read",
        expect![[r#"
        Damaged envelope: the header length at bytes 8..12 is damaged: got 4000000000, expected at most 65536; get the file again from where it was kept
        The envelope cannot be read
        The header length at bytes 8..12 is damaged: got 4000000000, expected at most 65536.
        The start of an envelope says how to read the rest, so it is read strictly.
        Get the file again from where it was kept.
    "#]],
    );
}

#[test]
fn the_picture_shows_where_each_secret_is_and_when() {
    let mut facts = Stage::new().sealing();
    facts.file.sealed = Some(Stage::envelope(&facts));
    facts.local = Local::Done;
    let story = Story::tell(&facts);
    let line = |step: &StoryStep| {
        let objects: Vec<String> = step
            .scene
            .objects
            .iter()
            .filter(|object| object.presence != Presence::Ghost)
            .map(|object| {
                let mark = match object.presence {
                    Presence::Fresh => "*",
                    Presence::Wiped => "~",
                    Presence::Ghost | Presence::Present => "",
                };
                format!("{mark}{:?}", object.place)
            })
            .collect();
        let arrows: Vec<_> =
            step.scene.arrows.iter().filter(|(_, now)| *now).map(|(arrow, _)| format!("{arrow:?}")).collect();
        format!("{}: {} | {}\n", step.label, objects.join(" "), arrows.join(" "))
    };
    expect![[r#"
        request: *Request *KmsContext AppPlain | Ask
        resolve: Request KmsContext AppPlain | 
        authorise: Request *Permission KmsContext AppPlain | 
        state: Request Permission *KeyState KmsContext AppPlain | 
        draw: Request Permission KeyState KmsContext *KmsPlain AppPlain | 
        derive: Request Permission KeyState KmsContext *KmsCallKey KmsPlain AppPlain | Derive
        wrap: Request Permission KeyState KmsContext KmsCallKey KmsPlain *KmsSealed AppPlain | CallKey WrapUp Bind
        return: Request Permission KeyState KmsContext KmsCallKey KmsPlain KmsSealed AppPlain *AppKey *AppWrapped | PlainOut SealedOut
        seal: Request Permission KeyState KmsContext ~KmsCallKey ~KmsPlain ~KmsSealed AppPlain AppKey AppWrapped *AppSealed | SealHere
        wipe: Request Permission KeyState KmsContext ~KmsCallKey ~KmsPlain ~KmsSealed AppPlain ~AppKey AppWrapped AppSealed | 
        store: Request Permission KeyState KmsContext ~KmsCallKey ~KmsPlain ~KmsSealed AppPlain ~AppKey AppWrapped AppSealed *Stored | Keep
    "#]].assert_eq(&story.steps.iter().map(line).collect::<String>());
}

#[test]
fn recipes_hide_secrets_until_asked() {
    let mut stage = Stage::new();
    let facts = stage.opening(|_| {}, |_| {});
    let story = Story::tell(&facts);
    let answer: Value = serde_json::from_str(&facts.outcome.as_ref().unwrap().response.body).unwrap();
    let data_key = answer["Plaintext"].as_str().unwrap();
    let recipes: Vec<&Recipe> = story.steps.iter().flat_map(|step| &step.recipes).collect();
    assert!(recipes.iter().any(|recipe| recipe.text(true).contains(data_key)));
    assert!(!recipes.iter().any(|recipe| recipe.text(false).contains(data_key)));
}

#[test]
fn sizes_are_said_as_people_say_them() {
    let rows = [
        (0, "0 bytes"),
        (1, "1 byte"),
        (9_999, "9,999 bytes"),
        (10_000, "10 kB"),
        (218_400, "218 kB"),
        (1_048_576, "1.0 MB"),
    ];
    for (bytes, said) in
        rows.into_iter().chain([(50_000_000, "50 MB"), (268_435_456, "268 MB"), (1_500_000_000, "1.5 GB")])
    {
        assert_eq!(size(bytes), said);
    }
}
