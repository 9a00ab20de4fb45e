//! The sentences. Every number and name in them is of this run.

use crate::{
    arn::Region,
    authz::decision::{Check, CheckResult},
    lang::{self, grouped, tr},
    story::{
        Facts, Plot, Status, StepId,
        facts::{hex, size},
    },
};

/// What a step says.
pub(super) struct Words {
    pub title: String,
    pub sentence: String,
    pub prose: Vec<String>,
    pub aside: Option<String>,
}

/// The words of one step. Where it failed, the failure speaks after these.
pub(super) fn of(id: StepId, facts: &Facts, status: &Status) -> Words {
    let mut words = match id {
        StepId::Read => read(facts),
        StepId::Request => request(facts),
        StepId::Resolve if facts.plot.opens() => resolve_ciphertext(facts),
        StepId::Resolve => resolve_name(facts),
        StepId::Authorise => authorise(facts),
        StepId::State => state(facts),
        StepId::Draw => draw(facts),
        StepId::Derive => derive(facts),
        StepId::Wrap => wrap(facts),
        StepId::Unwrap => unwrap(facts),
        StepId::Return => returned(facts),
        StepId::Seal => seal(facts, status),
        StepId::Open => open(facts, status),
        StepId::Wipe => wipe(facts),
        StepId::Store => store(facts),
        StepId::File => file(facts),
    };
    match status {
        Status::Failed(failure) => {
            words.title = stopped(id, facts).to_owned();
            words.sentence = match &failure.message {
                Some(_) if failure.by_kms => format!("{}: {}", failure.kind, plain(&failure.what)),
                _ => format!("{}. {}", failure.kind, plain(&failure.what)),
            };
            words.prose.clear();
            words.aside = None;
        }
        Status::NotReached => words.sentence = tr!("Not reached: {sentence}", sentence = lower(&words.sentence)),
        Status::Happened | Status::UnderWay { .. } => {}
    }
    words
}

fn words(title: &str, sentence: String, prose: impl IntoIterator<Item = String>) -> Words {
    Words { title: title.to_owned(), sentence, prose: prose.into_iter().collect(), aside: None }
}

fn stopped(id: StepId, facts: &Facts) -> &'static str {
    match id {
        StepId::Read => tr!("The envelope cannot be read"),
        StepId::Request => tr!("The request is refused at the door"),
        StepId::Resolve if facts.plot.opens() => tr!("KMS does not find the key"),
        StepId::Resolve => tr!("There is no such key"),
        StepId::Authorise => tr!("The policies say no"),
        StepId::State => tr!("The key may not be used now"),
        StepId::Draw | StepId::Wrap | StepId::Return => tr!("KMS stops here"),
        StepId::Derive => tr!("This key has no such material"),
        StepId::Unwrap => tr!("The tag says no"),
        StepId::Seal => tr!("The file was not sealed"),
        StepId::Open => tr!("The file does not open"),
        StepId::Wipe | StepId::Store | StepId::File => tr!("The story ends here"),
    }
}

fn read(facts: &Facts) -> Words {
    words(
        tr!("The envelope says how to open it"),
        tr!("Your application reads the header: wrapped data key, encryption context, chunks.").to_owned(),
        [
            tr!("The envelope begins with a header. It holds the wrapped data key, {blob_length} bytes, the encryption context and \
                 how the {length} of your file were cut into {facts}.", blob_length = facts.blob_length(), length = size(facts.file.length), facts = chunks(facts)),
            tr!("Nothing in it is secret, and nothing in it is trusted yet: every chunk's tag covers the header too, so a \
             forged one shows when the first chunk does not open.")
                .to_owned(),
        ],
    )
}

fn request(facts: &Facts) -> Words {
    let (name, key) = (&facts.file.name, &facts.key.name);
    let context = match facts.context_text() {
        text if text.is_empty() => tr!("no encryption context").to_owned(),
        text => tr!("the encryption context `{text}`", text),
    };
    match facts.plot {
        Plot::SealFile => words(
            tr!("One small request; your file stays here"),
            tr!("Your application asks KMS for a data key under {key}.", key),
            [
                tr!("**{name}** has {length} and does not travel: KMS takes at most 4,096 bytes.", name, length = size(facts.file.length)),
                tr!("Instead your application asks for a **data key**. The request names the key, `{key}`, and gives \
                     {context}.", key, context),
                tr!("The context is not secret. It says what the data key is for, and has to be given again, to the letter, \
                 to get it back.")
                    .to_owned(),
            ],
        ),
        Plot::EncryptText => words(
            tr!("A short text may go to KMS itself"),
            tr!("Your application sends {length} to Encrypt, under {key}.", length = size(facts.file.length), key),
            [
                tr!("Your text has {length}, within the 4,096 that Encrypt takes, so it can travel inside the request, with \
                     {context}.", length = size(facts.file.length), context),
                tr!("This is simple, and rare: each text costs a request, and KMS sees it in the clear. For files there are \
                 data keys.")
                    .to_owned(),
            ],
        ),
        Plot::OpenFile | Plot::DecryptText => {
            let travels = if facts.plot == Plot::OpenFile {
                tr!("Only the wrapped data key travels, {blob_length} bytes, with {context}.", blob_length = facts.blob_length(), context)
            } else {
                tr!("The ciphertext travels, {blob_length} bytes, with {context}.", blob_length = facts.blob_length(), context)
            };
            let named = match facts.named_key() {
                Some(named) => tr!("The request names `{named}` with `KeyId`, so KMS will use that key or none.", named),
                None => tr!("The request names no key. The ciphertext says itself which key material sealed it; to name the \
                         key you trust with `KeyId` is still good practice.")
                    .to_owned(),
            };
            words(
                if facts.plot == Plot::OpenFile { tr!("Ask KMS to unwrap the data key") } else { tr!("The ciphertext goes back") },
                tr!("Your application sends {blob_length} bytes to Decrypt.", blob_length = facts.blob_length()),
                [travels, named],
            )
        }
    }
}

fn resolve_name(facts: &Facts) -> Words {
    let (name, version) = (&facts.key.name, facts.key.version());
    let id = facts.key.arn.map(|arn| arn.id.to_string()).unwrap_or_default();
    let materials = match facts.key.versions {
        1 => tr!("The key has had one key material so far, **v1**: 256 random bits that never leave the boundary.")
            .to_owned(),
        count => tr!(
            "Rotation has given the key {count} key materials. Only the newest, **{version}**, encrypts. The older ones \
             stay, because what they sealed must still open.",
            count,
            version
        ),
    };
    let mut words = words(
        tr!("A name becomes a key"),
        tr!("KMS follows {name} to its key and takes the current key material, {version}.", name, version),
        [
            tr!(
                "`{name}` is only a name. In {region} it points to the key `{id}`.",
                name,
                region = region(facts.region),
                id
            ),
            materials,
        ],
    );
    words.aside = Some(tr!("In older texts a KMS key is called a CMK, customer master key.").to_owned());
    words
}

fn resolve_ciphertext(facts: &Facts) -> Words {
    let (name, version, count) = (&facts.key.name, facts.key.version(), facts.key.versions);
    if facts.key.owner.is_some() {
        return words(
            tr!("The request names the key"),
            tr!("KMS takes the key that the request names, {name}.", name),
            [tr!(
                "With `KeyId` in the request KMS looks there and nowhere else: at `{name}`. Whether that key sealed the \
                 ciphertext shows later.",
                name
            )],
        );
    }
    let rotated = match facts.key.used {
        Some(used) if used < count => tr!(
            "The key has been rotated since; **v{count}** is current now. For opening that does not matter: KMS keeps \
             every key material, and the ciphertext says which one it needs.",
            count
        ),
        _ => tr!("That is the key's current material. After a rotation it would still be found: KMS keeps every key \
              material for what it sealed.")
        .to_owned(),
    };
    let mut words = words(
        tr!("The ciphertext names its key material"),
        tr!("The ciphertext names key material {version} of {name}.", version, name),
        [
            tr!(
                "Bytes 2 to 33 of the ciphertext are the id of the key material that sealed it. KMS looks it up and \
                 finds **{version}** of `{name}`.",
                version,
                name
            ),
            rotated,
        ],
    );
    words.aside = Some(tr!("In older texts a KMS key is called a CMK, customer master key.").to_owned());
    words
}

fn authorise(facts: &Facts) -> Words {
    let action = facts.decision().map_or(tr!("the request"), |decision| &*decision.action);
    let who = facts.who();
    let statement = facts.statement(true).map(|(_, statement)| {
        let name = statement
            .sid
            .as_deref()
            .map_or_else(|| tr!("number {index}", index = statement.index), |sid| format!("`{sid}`"));
        match &statement.source.policy {
            None => tr!("The key policy's statement {name} allows it", name),
            Some(policy) => {
                tr!("The statement {name} in the policy `{policy}`, attached to {who}, allows it", name, policy, who)
            }
        }
    });
    let delegated = facts.decision().is_some_and(|decision| {
        decision.checks.iter().any(|check| {
            check.result == CheckResult::Allow
                && check.check == Check::IdentityPolicies
                && check.statements.iter().any(|it| it.matched)
        })
    });
    let by_grant = facts.grant().map(|report| {
        let name = report.name.as_ref().map_or_else(|| report.grant.to_string(), |name| format!("`{name}`"));
        match facts.decision().map(|decision| decision.decided_by) {
            Some(Check::IdentityPolicies) => {
                tr!(
                    "The grant {name} gives it on the key's side, and a policy of the caller's own allows it too.",
                    name
                )
            }
            _ => tr!("The grant {name} gives it to {who}; no policy has to.", name, who),
        }
    });
    let found = by_grant.or_else(|| {
        statement.map(|found| {
            if delegated {
                tr!("{found}, and the key policy lets the account's own policies decide.", found)
            } else {
                format!("{found}.")
            }
        })
    });
    words(
        tr!("May this caller do this?"),
        match facts.grant() {
            Some(_) => tr!("A grant allows {action} for {who} on this key.", action, who),
            None => tr!("The policies allow {action} for {who} on this key.", action, who),
        },
        [
            tr!("Before KMS touches any key material it asks every policy that has a say: the key policy, the key's grants, and \
             the policies attached to the caller.")
                .to_owned(),
        ]
        .into_iter()
        .chain(found)
        .chain([tr!("Some statement or grant must allow it; a single Deny anywhere would win.").to_owned()]),
    )
}

fn state(facts: &Facts) -> Words {
    words(
        tr!("Can the key be used now?"),
        tr!("The key is {key}, so it may be used.", key = facts.key.state),
        [
            tr!("Permission is not enough. A key that is disabled, or that waits to be deleted, refuses everybody until an \
             administrator changes that.")
                .to_owned(),
            tr!("`{key}` is **{state}**. This was the last question; the work begins.", key = facts.key.name, state = facts.key.state),
        ],
    )
}

fn draw(facts: &Facts) -> Words {
    let length = facts.content().map_or(32, |field| field.bytes.len());
    words(
        &tr!("{length} fresh random bytes", length),
        tr!("KMS draws {length} random bytes: the data key.", length),
        [
            tr!("This key will encrypt **{file}** and nothing else. Nobody has it yet.", file = facts.file.name),
            tr!("A real KMS draws inside its hardware. The playground reads on in the random stream of its world, which your \
             operating system seeded: real chance, yet you can go back and forth and find the same bytes.")
                .to_owned(),
        ],
    )
}

fn derive(facts: &Facts) -> Words {
    let version = facts.key.version();
    let nonce = facts.nonce().unwrap_or_default();
    let start = hex(nonce.get(..3).unwrap_or_default());
    if facts.plot.opens() {
        return words(
            tr!("The same per-call key again"),
            tr!("From {version} and the nonce in the ciphertext KMS derives the per-call key again.", version),
            [
                tr!(
                    "The nonce, `{start} …`, has travelled inside the ciphertext. With the same key material, \
                     **{version}**, it gives the same **per-call key** as on the day of sealing.",
                    start,
                    version
                ),
                tr!("Nothing else was needed to keep that key: not a table, not a byte of storage.").to_owned(),
            ],
        );
    }
    words(
        tr!("A key for this call only"),
        tr!("From {version} and {nonce} fresh random bytes KMS derives a key that it uses once.", version, nonce = nonce.len()),
        [
            tr!("The key material never encrypts anything itself. With a nonce, `{start} …`, it makes a **per-call key**: \
                 HMAC-SHA-256 in counter mode (SP 800-108).", start),
            tr!("A new nonce for every call makes a new key for every call, so one key material can wrap for ever without \
             wearing out.")
                .to_owned(),
            tr!("The nonce is not secret. It travels in the ciphertext, for Decrypt to derive the same key.").to_owned(),
        ],
    )
}

fn wrap(facts: &Facts) -> Words {
    let length = facts.blob_length();
    let content = facts.content().map_or(0, |field| field.bytes.len() as u64);
    let bound = if facts.context.is_empty() {
        tr!("You gave no encryption context, so nothing ties this ciphertext to its purpose. KMS allows that.")
            .to_owned()
    } else {
        tr!(
            "The encryption context, `{context_text}`, is bound in: it is not in the ciphertext, yet the tag depends on every letter \
             of it.",
            context_text = facts.context_text()
        )
    };
    let (title, sentence, inner) = match facts.plot {
        Plot::EncryptText => {
            (tr!("Your text is encrypted"), tr!("KMS encrypts your text under the per-call key."), tr!("your text"))
        }
        Plot::SealFile | Plot::OpenFile | Plot::DecryptText => (
            tr!("The data key gets its wrapper"),
            tr!("KMS encrypts the data key under the per-call key."),
            tr!("the data key"),
        ),
    };
    words(
        title,
        sentence.to_owned(),
        [
            tr!(
                "AES-256-GCM makes **{length} bytes** of {content}: {inner}, encrypted, with a tag of 16 bytes, and before it all that \
                 is needed to open it: format, key material id, nonce and IV.",
                length = grouped(length),
                content = grouped(content),
                inner
            ),
            bound,
        ],
    )
}

fn unwrap(facts: &Facts) -> Words {
    let inner = if facts.plot == Plot::OpenFile { tr!("the data key") } else { tr!("your text") };
    words(
        tr!("The tag decides"),
        tr!("The tag verifies, and {inner} is out of its wrapper.", inner),
        [
            tr!("AES-256-GCM opens only if key, IV, encryption context and every single byte are what they were when it was \
             sealed. The tag of 16 bytes proves it.")
                .to_owned(),
            tr!("They are: {inner} is in the clear again, still inside the boundary.", inner),
        ],
    )
}

fn returned(facts: &Facts) -> Words {
    let name = &facts.key.name;
    match facts.plot {
        Plot::SealFile => words(
            tr!("The data key comes back twice"),
            tr!("KMS returns the data key twice: once in the clear, once wrapped.").to_owned(),
            [
                tr!("KMS has drawn 32 random bytes, your **data key**, and wrapped a copy of them under the key material \
                     of `{name}`.", name),
                tr!("Both copies leave the boundary. The plain one is for now; the wrapped one is for later. KMS keeps \
                 neither.")
                    .to_owned(),
            ],
        ),
        Plot::OpenFile => words(
            tr!("The data key comes back"),
            tr!("KMS returns the data key in the clear.").to_owned(),
            [
                tr!("Your application has the same 32 bytes again that it wiped after sealing. KMS keeps no copy and has not \
                 seen a byte of your file.")
                    .to_owned(),
                tr!("Who may do this is decided anew every time, and every time is on record. That is the point of asking.")
                    .to_owned(),
            ],
        ),
        Plot::EncryptText => words(
            tr!("The ciphertext comes back"),
            tr!("KMS returns {blob_length} bytes of ciphertext and forgets the text.", blob_length = grouped(facts.blob_length())),
            [
                tr!("Keep it wherever you like; it is not secret. It says itself which key material sealed it, so Decrypt \
                 needs nothing but these bytes and the encryption context.")
                    .to_owned(),
            ],
        ),
        Plot::DecryptText => words(
            tr!("Your text comes back"),
            tr!("KMS returns your text in the clear.").to_owned(),
            [tr!("The text is back, to the byte. KMS keeps neither text nor ciphertext.").to_owned()],
        ),
    }
}

fn seal(facts: &Facts, status: &Status) -> Words {
    let name = &facts.file.name;
    let sentence = match status {
        Status::UnderWay { .. } => tr!("{name} is being encrypted here, in this tab.", name),
        Status::Happened | Status::Failed(_) | Status::NotReached => {
            tr!("{name} is encrypted here, in this tab, with the plain data key.", name)
        }
    };
    words(
        tr!("Your file is encrypted here"),
        sentence,
        [
            tr!("AES-256-GCM once more, but in your application and under the **data key**. KMS has no part in it: {length} or \
                 a thousand times as much, it is one request.", length = size(facts.file.length)),
            match facts.chunks() {
                1 => tr!("It fits into one chunk. The nonce is 7 random bytes, the chunk's number, and a mark that it is the last. \
                      A larger file is cut into chunks of 1 MiB; none can be changed, swapped, dropped or added unnoticed.")
                    .to_owned(),
                count => tr!("The file becomes {count} chunks, each with a nonce of its own: 7 random bytes, the chunk's number, and a \
                     mark on the last. So no chunk can be changed, swapped, dropped or added unnoticed.", count = grouped(count.into())),
            },
        ],
    )
}

fn open(facts: &Facts, status: &Status) -> Words {
    let sentence = match status {
        Status::UnderWay { .. } => tr!("{file} is being decrypted here, in this tab.", file = facts.file.name),
        Status::Happened | Status::Failed(_) | Status::NotReached => {
            tr!("{file} is decrypted here, in this tab.", file = facts.file.name)
        }
    };
    words(
        tr!("Your file is decrypted here"),
        sentence,
        [
            tr!("Your application opens {facts} under the data key, and checks every tag.", facts = chunks(facts)),
            tr!("The tags cover the header too. Had anybody changed its name for the file, its length or its context, the \
             first chunk would not open.")
                .to_owned(),
        ],
    )
}

fn wipe(facts: &Facts) -> Words {
    let after = if facts.plot == Plot::SealFile {
        tr!(
            "From here on nobody has the data key in the clear: not you, not KMS. The only way back is to ask KMS to unwrap \
         the other copy, and KMS will ask the policies again."
        )
    } else {
        tr!(
            "The envelope is as closed as before. To open it again takes another request, another decision, another record."
        )
    };
    let mut words = words(
        tr!("The plain key is forgotten"),
        tr!("Your application overwrites the data key with zeros.").to_owned(),
        [tr!("All 32 bytes become zero, at once and not some day.").to_owned(), after.to_owned()],
    );
    words.aside = Some(
        tr!(
            "This page's record of the response still has them, so that you can step back and look. A real application \
         must not keep or log them."
        )
        .to_owned(),
    );
    words
}

fn store(facts: &Facts) -> Words {
    let length = facts.file.sealed.as_ref().map_or(0, |sealed| sealed.length);
    words(
        tr!("What you keep is the envelope"),
        tr!("The wrapped data key, the context and the encrypted file go into one file.").to_owned(),
        [
            tr!(
                "**{file}.kmsenvelope**, {length}: the wrapped data key, the encryption context and your encrypted file. Nothing in \
                 it is secret.",
                file = facts.file.name,
                length = size(length)
            ),
            tr!(
                "Download it, close the tab, and drop it here tomorrow. It opens as long as this browser keeps this \
                 world with `{key}`, and you may use that key.",
                key = facts.key.name
            ),
        ],
    )
}

fn file(facts: &Facts) -> Words {
    words(
        tr!("Your file is back"),
        tr!("{file} is back, {length}, to the byte.", file = facts.file.name, length = size(facts.file.length)),
        [
            tr!("**{file}** came out as it went in: every tag verified.", file = facts.file.name),
            tr!(
                "KMS has seen 32 bytes of it all: the data key. Now break something, and see where the same steps stop."
            )
            .to_owned(),
        ],
    )
}

fn chunks(facts: &Facts) -> String {
    match facts.chunks() {
        1 => tr!("one chunk").to_owned(),
        count => tr!("{count} chunks", count = grouped(count.into())),
    }
}

fn region(region: Region) -> &'static str {
    region.as_str()
}

/// Without the marks of prose.
fn plain(prose: &str) -> String {
    prose.replace(['`'], "").replace("**", "")
}

fn lower(sentence: &str) -> String {
    // A matter of English; another language may begin with a noun.
    let keep = lang::spoken() != lang::ENGLISH || sentence.starts_with("KMS") || sentence.starts_with("From v");
    let mut chars = sentence.chars();
    match chars.next() {
        Some(first) if !keep => format!("{}{}", first.to_ascii_lowercase(), chars.as_str()),
        _ => sentence.to_owned(),
    }
}
