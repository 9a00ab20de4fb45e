//! The sentences. Every number and name in them is of this run.

use crate::{
    arn::Region,
    authz::decision::{Check, CheckResult},
    story::{
        Facts, Plot, Status, StepId,
        facts::{grouped, hex, size},
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
        Status::NotReached => words.sentence = format!("Not reached: {}", lower(&words.sentence)),
        Status::Happened | Status::UnderWay { .. } => {}
    }
    words
}

fn words(title: &str, sentence: String, prose: impl IntoIterator<Item = String>) -> Words {
    Words { title: title.to_owned(), sentence, prose: prose.into_iter().collect(), aside: None }
}

fn stopped(id: StepId, facts: &Facts) -> &'static str {
    match id {
        StepId::Read => "The envelope cannot be read",
        StepId::Request => "The request is refused at the door",
        StepId::Resolve if facts.plot.opens() => "KMS does not find the key",
        StepId::Resolve => "There is no such key",
        StepId::Authorise => "The policies say no",
        StepId::State => "The key may not be used now",
        StepId::Draw | StepId::Wrap | StepId::Return => "KMS stops here",
        StepId::Derive => "This key has no such material",
        StepId::Unwrap => "The tag says no",
        StepId::Seal => "The file was not sealed",
        StepId::Open => "The file does not open",
        StepId::Wipe | StepId::Store | StepId::File => "The story ends here",
    }
}

fn read(facts: &Facts) -> Words {
    words(
        "The envelope says how to open it",
        "Your application reads the header: wrapped data key, encryption context, chunks.".to_owned(),
        [
            format!(
                "The envelope begins with a header. It holds the wrapped data key, {} bytes, the encryption context and \
                 how the {} of your file were cut into {}.",
                facts.blob_length(),
                size(facts.file.length),
                chunks(facts)
            ),
            "Nothing in it is secret, and nothing in it is trusted yet: every chunk's tag covers the header too, so a \
             forged one shows when the first chunk does not open."
                .to_owned(),
        ],
    )
}

fn request(facts: &Facts) -> Words {
    let (name, key) = (&facts.file.name, &facts.key.name);
    let context = match facts.context_text() {
        text if text.is_empty() => "no encryption context".to_owned(),
        text => format!("the encryption context `{text}`"),
    };
    match facts.plot {
        Plot::SealFile => words(
            "One small request; your file stays here",
            format!("Your application asks KMS for a data key under {key}."),
            [
                format!("**{name}** has {} and does not travel: KMS takes at most 4,096 bytes.", size(facts.file.length)),
                format!(
                    "Instead your application asks for a **data key**. The request names the key, `{key}`, and gives \
                     {context}."
                ),
                "The context is not secret. It says what the data key is for, and has to be given again, to the letter, \
                 to get it back."
                    .to_owned(),
            ],
        ),
        Plot::EncryptText => words(
            "A short text may go to KMS itself",
            format!("Your application sends {} to Encrypt, under {key}.", size(facts.file.length)),
            [
                format!(
                    "Your text has {}, within the 4,096 that Encrypt takes, so it can travel inside the request, with \
                     {context}.",
                    size(facts.file.length)
                ),
                "This is simple, and rare: each text costs a request, and KMS sees it in the clear. For files there are \
                 data keys."
                    .to_owned(),
            ],
        ),
        Plot::OpenFile | Plot::DecryptText => {
            let travels = if facts.plot == Plot::OpenFile {
                format!("Only the wrapped data key travels, {} bytes, with {context}.", facts.blob_length())
            } else {
                format!("The ciphertext travels, {} bytes, with {context}.", facts.blob_length())
            };
            let named = match facts.named_key() {
                Some(named) => format!("The request names `{named}` with `KeyId`, so KMS will use that key or none."),
                None => "The request names no key. The ciphertext says itself which key material sealed it; to name the \
                         key you trust with `KeyId` is still good practice."
                    .to_owned(),
            };
            words(
                if facts.plot == Plot::OpenFile { "Ask KMS to unwrap the data key" } else { "The ciphertext goes back" },
                format!("Your application sends {} bytes to Decrypt.", facts.blob_length()),
                [travels, named],
            )
        }
    }
}

fn resolve_name(facts: &Facts) -> Words {
    let (name, version) = (&facts.key.name, facts.key.version());
    let id = facts.key.arn.map(|arn| arn.id.to_string()).unwrap_or_default();
    let materials = match facts.key.versions {
        1 => {
            "The key has had one key material so far, **v1**: 256 random bits that never leave the boundary.".to_owned()
        }
        count => format!(
            "Rotation has given the key {count} key materials. Only the newest, **{version}**, encrypts. The older ones \
             stay, because what they sealed must still open."
        ),
    };
    let mut words = words(
        "A name becomes a key",
        format!("KMS follows {name} to its key and takes the current key material, {version}."),
        [format!("`{name}` is only a name. In {} it points to the key `{id}`.", region(facts.region)), materials],
    );
    words.aside = Some("In older texts a KMS key is called a CMK, customer master key.".to_owned());
    words
}

fn resolve_ciphertext(facts: &Facts) -> Words {
    let (name, version, count) = (&facts.key.name, facts.key.version(), facts.key.versions);
    if facts.key.owner.is_some() {
        return words(
            "The request names the key",
            format!("KMS takes the key that the request names, {name}."),
            [format!(
                "With `KeyId` in the request KMS looks there and nowhere else: at `{name}`. Whether that key sealed the \
                 ciphertext shows later."
            )],
        );
    }
    let rotated = match facts.key.used {
        Some(used) if used < count => format!(
            "The key has been rotated since; **v{count}** is current now. For opening that does not matter: KMS keeps \
             every key material, and the ciphertext says which one it needs."
        ),
        _ => "That is the key's current material. After a rotation it would still be found: KMS keeps every key \
              material for what it sealed."
            .to_owned(),
    };
    let mut words = words(
        "The ciphertext names its key material",
        format!("The ciphertext names key material {version} of {name}."),
        [
            format!(
                "Bytes 2 to 33 of the ciphertext are the id of the key material that sealed it. KMS looks it up and \
                 finds **{version}** of `{name}`."
            ),
            rotated,
        ],
    );
    words.aside = Some("In older texts a KMS key is called a CMK, customer master key.".to_owned());
    words
}

fn authorise(facts: &Facts) -> Words {
    let action = facts.decision().map_or("the request", |decision| &*decision.action);
    let who = facts.who();
    let statement = facts.statement(true).map(|(_, statement)| {
        let name =
            statement.sid.as_deref().map_or_else(|| format!("number {}", statement.index), |sid| format!("`{sid}`"));
        match &statement.source.policy {
            None => format!("The key policy's statement {name} allows it"),
            Some(policy) => format!("The statement {name} in the policy `{policy}`, attached to {who}, allows it"),
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
                format!("The grant {name} gives it on the key's side, and a policy of the caller's own allows it too.")
            }
            _ => format!("The grant {name} gives it to {who}; no policy has to."),
        }
    });
    let found = by_grant.or_else(|| {
        statement.map(|found| {
            if delegated {
                format!("{found}, and the key policy lets the account's own policies decide.")
            } else {
                format!("{found}.")
            }
        })
    });
    words(
        "May this caller do this?",
        match facts.grant() {
            Some(_) => format!("A grant allows {action} for {who} on this key."),
            None => format!("The policies allow {action} for {who} on this key."),
        },
        [
            "Before KMS touches any key material it asks every policy that has a say: the key policy, the key's grants, and \
             the policies attached to the caller."
                .to_owned(),
        ]
        .into_iter()
        .chain(found)
        .chain(["Some statement or grant must allow it; a single Deny anywhere would win.".to_owned()]),
    )
}

fn state(facts: &Facts) -> Words {
    words(
        "Can the key be used now?",
        format!("The key is {}, so it may be used.", facts.key.state),
        [
            "Permission is not enough. A key that is disabled, or that waits to be deleted, refuses everybody until an \
             administrator changes that."
                .to_owned(),
            format!("`{}` is **{}**. This was the last question; the work begins.", facts.key.name, facts.key.state),
        ],
    )
}

fn draw(facts: &Facts) -> Words {
    let length = facts.content().map_or(32, |field| field.bytes.len());
    words(
        &format!("{length} fresh random bytes"),
        format!("KMS draws {length} random bytes: the data key."),
        [
            format!("This key will encrypt **{}** and nothing else. Nobody has it yet.", facts.file.name),
            "A real KMS draws inside its hardware. The playground reads on in the random stream of its world, which your \
             operating system seeded: real chance, yet you can go back and forth and find the same bytes."
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
            "The same per-call key again",
            format!("From {version} and the nonce in the ciphertext KMS derives the per-call key again."),
            [
                format!(
                    "The nonce, `{start} …`, has travelled inside the ciphertext. With the same key material, \
                     **{version}**, it gives the same **per-call key** as on the day of sealing."
                ),
                "Nothing else was needed to keep that key: not a table, not a byte of storage.".to_owned(),
            ],
        );
    }
    words(
        "A key for this call only",
        format!("From {version} and {} fresh random bytes KMS derives a key that it uses once.", nonce.len()),
        [
            format!(
                "The key material never encrypts anything itself. With a nonce, `{start} …`, it makes a **per-call key**: \
                 HMAC-SHA-256 in counter mode (SP 800-108)."
            ),
            "A new nonce for every call makes a new key for every call, so one key material can wrap for ever without \
             wearing out."
                .to_owned(),
            "The nonce is not secret. It travels in the ciphertext, for Decrypt to derive the same key.".to_owned(),
        ],
    )
}

fn wrap(facts: &Facts) -> Words {
    let length = facts.blob_length();
    let content = facts.content().map_or(0, |field| field.bytes.len() as u64);
    let bound = if facts.context.is_empty() {
        "You gave no encryption context, so nothing ties this ciphertext to its purpose. KMS allows that.".to_owned()
    } else {
        format!(
            "The encryption context, `{}`, is bound in: it is not in the ciphertext, yet the tag depends on every letter \
             of it.",
            facts.context_text()
        )
    };
    let (title, sentence, inner) = match facts.plot {
        Plot::EncryptText => ("Your text is encrypted", "KMS encrypts your text under the per-call key.", "your text"),
        Plot::SealFile | Plot::OpenFile | Plot::DecryptText => {
            ("The data key gets its wrapper", "KMS encrypts the data key under the per-call key.", "the data key")
        }
    };
    words(
        title,
        sentence.to_owned(),
        [
            format!(
                "AES-256-GCM makes **{} bytes** of {}: {inner}, encrypted, with a tag of 16 bytes, and before it all that \
                 is needed to open it: format, key material id, nonce and IV.",
                grouped(length),
                grouped(content)
            ),
            bound,
        ],
    )
}

fn unwrap(facts: &Facts) -> Words {
    let inner = if facts.plot == Plot::OpenFile { "the data key" } else { "your text" };
    words(
        "The tag decides",
        format!("The tag verifies, and {inner} is out of its wrapper."),
        [
            "AES-256-GCM opens only if key, IV, encryption context and every single byte are what they were when it was \
             sealed. The tag of 16 bytes proves it."
                .to_owned(),
            format!("They are: {inner} is in the clear again, still inside the boundary."),
        ],
    )
}

fn returned(facts: &Facts) -> Words {
    let name = &facts.key.name;
    match facts.plot {
        Plot::SealFile => words(
            "The data key comes back twice",
            "KMS returns the data key twice: once in the clear, once wrapped.".to_owned(),
            [
                format!(
                    "KMS has drawn 32 random bytes, your **data key**, and wrapped a copy of them under the key material \
                     of `{name}`."
                ),
                "Both copies leave the boundary. The plain one is for now; the wrapped one is for later. KMS keeps \
                 neither."
                    .to_owned(),
            ],
        ),
        Plot::OpenFile => words(
            "The data key comes back",
            "KMS returns the data key in the clear.".to_owned(),
            [
                "Your application has the same 32 bytes again that it wiped after sealing. KMS keeps no copy and has not \
                 seen a byte of your file."
                    .to_owned(),
                "Who may do this is decided anew every time, and every time is on record. That is the point of asking."
                    .to_owned(),
            ],
        ),
        Plot::EncryptText => words(
            "The ciphertext comes back",
            format!("KMS returns {} bytes of ciphertext and forgets the text.", grouped(facts.blob_length())),
            [
                "Keep it wherever you like; it is not secret. It says itself which key material sealed it, so Decrypt \
                 needs nothing but these bytes and the encryption context."
                    .to_owned(),
            ],
        ),
        Plot::DecryptText => words(
            "Your text comes back",
            "KMS returns your text in the clear.".to_owned(),
            ["The text is back, to the byte. KMS keeps neither text nor ciphertext.".to_owned()],
        ),
    }
}

fn seal(facts: &Facts, status: &Status) -> Words {
    let name = &facts.file.name;
    let sentence = match status {
        Status::UnderWay { .. } => format!("{name} is being encrypted here, in this tab."),
        Status::Happened | Status::Failed(_) | Status::NotReached => {
            format!("{name} is encrypted here, in this tab, with the plain data key.")
        }
    };
    words(
        "Your file is encrypted here",
        sentence,
        [
            format!(
                "AES-256-GCM once more, but in your application and under the **data key**. KMS has no part in it: {} or \
                 a thousand times as much, it is one request.",
                size(facts.file.length)
            ),
            match facts.chunks() {
                1 => "It fits into one chunk. The nonce is 7 random bytes, the chunk's number, and a mark that it is the last. \
                      A larger file is cut into chunks of 1 MiB; none can be changed, swapped, dropped or added unnoticed."
                    .to_owned(),
                count => format!(
                    "The file becomes {} chunks, each with a nonce of its own: 7 random bytes, the chunk's number, and a \
                     mark on the last. So no chunk can be changed, swapped, dropped or added unnoticed.",
                    grouped(count.into())
                ),
            },
        ],
    )
}

fn open(facts: &Facts, status: &Status) -> Words {
    let sentence = match status {
        Status::UnderWay { .. } => format!("{} is being decrypted here, in this tab.", facts.file.name),
        Status::Happened | Status::Failed(_) | Status::NotReached => {
            format!("{} is decrypted here, in this tab.", facts.file.name)
        }
    };
    words(
        "Your file is decrypted here",
        sentence,
        [
            format!("Your application opens {} under the data key, and checks every tag.", chunks(facts)),
            "The tags cover the header too. Had anybody changed its name for the file, its length or its context, the \
             first chunk would not open."
                .to_owned(),
        ],
    )
}

fn wipe(facts: &Facts) -> Words {
    let after = if facts.plot == Plot::SealFile {
        "From here on nobody has the data key in the clear: not you, not KMS. The only way back is to ask KMS to unwrap \
         the other copy, and KMS will ask the policies again."
    } else {
        "The envelope is as closed as before. To open it again takes another request, another decision, another record."
    };
    let mut words = words(
        "The plain key is forgotten",
        "Your application overwrites the data key with zeros.".to_owned(),
        ["All 32 bytes become zero, at once and not some day.".to_owned(), after.to_owned()],
    );
    words.aside = Some(
        "This page's record of the response still has them, so that you can step back and look. A real application \
         must not keep or log them."
            .to_owned(),
    );
    words
}

fn store(facts: &Facts) -> Words {
    let length = facts.file.sealed.as_ref().map_or(0, |sealed| sealed.length);
    words(
        "What you keep is the envelope",
        "The wrapped data key, the context and the encrypted file go into one file.".to_owned(),
        [
            format!(
                "**{}.kmsenvelope**, {}: the wrapped data key, the encryption context and your encrypted file. Nothing in \
                 it is secret.",
                facts.file.name,
                size(length)
            ),
            format!(
                "Download it, close the tab, and drop it here tomorrow. It opens as long as this browser keeps this \
                 world with `{}`, and you may use that key.",
                facts.key.name
            ),
        ],
    )
}

fn file(facts: &Facts) -> Words {
    words(
        "Your file is back",
        format!("{} is back, {}, to the byte.", facts.file.name, size(facts.file.length)),
        [
            format!("**{}** came out as it went in: every tag verified.", facts.file.name),
            "KMS has seen 32 bytes of it all: the data key. Now break something, and see where the same steps stop."
                .to_owned(),
        ],
    )
}

fn chunks(facts: &Facts) -> String {
    match facts.chunks() {
        1 => "one chunk".to_owned(),
        count => format!("{} chunks", grouped(count.into())),
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
    let keep = sentence.starts_with("KMS") || sentence.starts_with("From v");
    let mut chars = sentence.chars();
    match chars.next() {
        Some(first) if !keep => format!("{}{}", first.to_ascii_lowercase(), chars.as_str()),
        _ => sentence.to_owned(),
    }
}
