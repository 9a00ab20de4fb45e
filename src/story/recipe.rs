//! The same step by other means: commands and programs with the values of this run.
//!
//! Secrets stand in the text as [`SECRET`] marks, so that a view shows them only to whoever asked.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    crypto::step::StepKind,
    lang::tr,
    story::{Facts, Plot, StepId},
};

/// With what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Cli,
    Boto3,
    Rust,
    Http,
    Openssl,
    Python,
}

impl Tool {
    pub fn name(self) -> &'static str {
        match self {
            Self::Cli => "AWS CLI",
            Self::Boto3 => "boto3",
            Self::Rust => "AWS SDK for Rust",
            Self::Http => "HTTP",
            Self::Openssl => "openssl",
            Self::Python => "Python",
        }
    }
}

/// One way to do a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    pub tool: Tool,
    /// A remark before it.
    pub note: &'static str,
    template: String,
    secrets: Vec<String>,
}

/// Stands for a secret in a template.
const SECRET: &str = "\u{1}";

impl Recipe {
    fn new(tool: Tool, note: &'static str, template: String) -> Self {
        Self { tool, note, template, secrets: Vec::new() }
    }

    fn with(mut self, secret: Option<String>) -> Self {
        self.secrets.extend(secret);
        self
    }

    /// Ready to copy. Without `revealed`, dots stand where a secret would be.
    pub fn text(&self, revealed: bool) -> String {
        let mut secrets = self.secrets.iter();
        let parts: Vec<&str> = self.template.split(SECRET).collect();
        let mut text = String::new();
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                let secret = secrets.next().filter(|_| revealed);
                text.push_str(secret.map_or("••••••••", String::as_str));
            }
            text.push_str(part);
        }
        text
    }

    pub fn has_secrets(&self) -> bool {
        !self.secrets.is_empty()
    }
}

/// How to do the step `id` of this run.
pub(super) fn of(id: StepId, facts: &Facts) -> Vec<Recipe> {
    let key = facts.key.arn.map_or_else(|| facts.key.name.clone(), |arn| arn.to_string());
    let key_as_named = if facts.plot.opens() { key.clone() } else { facts.key.name.clone() };
    match id {
        StepId::Request | StepId::Return => request(facts),
        StepId::Resolve => vec![
            Recipe::new(
                Tool::Cli,
                tr!("What the name means, and which key materials the key has had:"),
                format!(
                    "aws kms describe-key --key-id {key_as_named}\naws kms list-key-rotations --key-id {} \\\n  \
                     --include-key-material ALL_KEY_MATERIAL",
                    quoted(&key)
                ),
            ),
            Recipe::new(
                Tool::Boto3,
                "",
                format!("kms.describe_key(KeyId={0})[\"KeyMetadata\"][\"CurrentKeyMaterialId\"]", json(&key_as_named)),
            ),
        ],
        StepId::Authorise => vec![Recipe::new(
            Tool::Cli,
            tr!("The policies that were asked, and what IAM makes of them:"),
            format!(
                "aws kms get-key-policy --key-id {key} --output text\naws iam simulate-principal-policy \\\n  \
                 --policy-source-arn {} \\\n  --action-names kms:{} \\\n  --resource-arns {key}",
                principal(facts),
                facts.plot.operation()
            ),
        )],
        StepId::State => vec![Recipe::new(
            Tool::Cli,
            "",
            format!("aws kms describe-key --key-id {key} \\\n  --query KeyMetadata.KeyState --output text"),
        )],
        StepId::Draw => vec![
            Recipe::new(Tool::Openssl, tr!("Other bytes, but as random:"), "openssl rand -hex 32".to_owned()),
            Recipe::new(
                Tool::Cli,
                tr!("Or from KMS, with no key involved:"),
                "aws kms generate-random --number-of-bytes 32 \\\n  --query Plaintext --output text".to_owned(),
            ),
        ],
        StepId::Derive => derive(facts),
        StepId::Wrap => wrap(facts),
        StepId::Unwrap => unwrap(facts),
        StepId::Seal => chunk(facts, true),
        StepId::Open => chunk(facts, false),
        StepId::Wipe => vec![Recipe::new(
            Tool::Rust,
            tr!("With the crate zeroize; the compiler may not leave this out:"),
            "use zeroize::Zeroize;\ndata_key.zeroize();".to_owned(),
        )],
        StepId::Read => vec![Recipe::new(
            Tool::Python,
            "",
            format!(
                "import json\nfile = open({}, \"rb\").read()\nassert file[:8] == b\"KMSENV1\\n\"\nlength = \
                 int.from_bytes(file[8:12], \"big\")\nprint(json.dumps(json.loads(file[12:12 + length]), indent=2))",
                json(&format!("{}.kmsenvelope", facts.file.name))
            ),
        )],
        StepId::Store | StepId::File => script(facts),
    }
}

fn request(facts: &Facts) -> Vec<Recipe> {
    let operation = facts.plot.operation();
    let body = &facts.body;
    let text = |member: &str| body.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_text = facts.plot == Plot::EncryptText;
    let secret = is_text.then(|| text("Plaintext"));
    let members =
        || ["KeyId", "KeySpec", "Plaintext", "CiphertextBlob"].into_iter().filter(|member| body.get(member).is_some());
    let shown = |member: &str| if member == "Plaintext" { SECRET.to_owned() } else { text(member) };
    let mut context: Vec<&(String, String)> = facts.context.iter().collect();
    context.sort();

    let mut cli = format!("aws kms {}", kebab(operation));
    for member in members() {
        cli.push_str(&format!(" \\\n  --{} {}", kebab(member), unquoted_if_plain(&shown(member))));
    }
    if !context.is_empty() {
        let simple = context.iter().all(|(name, value)| is_simple(name) && is_simple(value));
        let pairs = if simple {
            context.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
        } else {
            quoted(&body.get("EncryptionContext").map(Value::to_string).unwrap_or_default())
        };
        cli.push_str(&format!(" \\\n  --encryption-context {pairs}"));
    }
    let dictionary = |open: &str, between: &str| {
        let pairs: Vec<_> =
            context.iter().map(|(name, value)| format!("{}{between}{}", json(name), json(value))).collect();
        format!("{open}{}", pairs.join(", "))
    };
    let mut boto =
        format!("import base64, boto3\n\nkms = boto3.client(\"kms\", region_name={})\n", json(facts.region.as_str()));
    boto.push_str(&format!("answer = kms.{}(\n", snake(operation)));
    for member in members() {
        let value = match member {
            "Plaintext" | "CiphertextBlob" => format!("base64.b64decode({})", json(&shown(member))),
            _ => json(&shown(member)),
        };
        boto.push_str(&format!("    {member}={value},\n"));
    }
    if !context.is_empty() {
        boto.push_str(&format!("    EncryptionContext={}}},\n", dictionary("{", ": ")));
    }
    boto.push(')');

    let mut rust = format!("let answer = kms\n    .{}()\n", snake(operation));
    for member in members() {
        let value = match member {
            "KeySpec" => "aws_sdk_kms::types::DataKeySpec::Aes256".to_owned(),
            "Plaintext" | "CiphertextBlob" => {
                format!("Blob::new(STANDARD.decode({})?)", json(&shown(member)))
            }
            _ => json(&shown(member)),
        };
        rust.push_str(&format!("    .{}({value})\n", snake(member)));
    }
    for (name, value) in &context {
        rust.push_str(&format!("    .encryption_context({}, {})\n", json(name), json(value)));
    }
    rust.push_str("    .send()\n    .await?;");

    let mut sent = body.clone();
    if let (true, Some(plaintext)) = (is_text, sent.get_mut("Plaintext")) {
        *plaintext = Value::from("SECRET");
    }
    let sent = serde_json::to_string_pretty(&sent).unwrap_or_default().replace("\"SECRET\"", &format!("\"{SECRET}\""));
    let http = format!(
        "POST / HTTP/1.1\nHost: kms.{}.amazonaws.com\nContent-Type: application/x-amz-json-1.1\nX-Amz-Target: \
         TrentService.{operation}\nAuthorization: AWS4-HMAC-SHA256 …\n\n{sent}",
        facts.region.as_str()
    );
    [(Tool::Cli, cli), (Tool::Boto3, boto), (Tool::Rust, rust), (Tool::Http, http)]
        .into_iter()
        .map(|(tool, template)| {
            let note = match tool {
                Tool::Rust => tr!("With the crates aws-sdk-kms and base64:"),
                Tool::Http => tr!("As it goes over the wire, before it is signed (Signature Version 4):"),
                Tool::Cli | Tool::Boto3 | Tool::Openssl | Tool::Python => "",
            };
            Recipe::new(tool, note, template).with(secret.clone())
        })
        .collect()
}

fn derive(facts: &Facts) -> Vec<Recipe> {
    let material = facts.input(StepKind::Derive, "key material").map(|field| plain_hex(&field.bytes));
    let nonce = plain_hex(facts.nonce().unwrap_or_default());
    vec![
        Recipe::new(
            Tool::Openssl,
            tr!("One HMAC over counter, label, separator, nonce and length in bits. It prints the per-call key:"),
            format!(
                "{{ printf '\\000\\000\\000\\001kms-playground-encrypt\\000'\n  printf {nonce} | xxd -r -p\n  printf \
                 '\\000\\000\\001\\000'; }} |\nopenssl mac -digest SHA256 \\\n  -macopt hexkey:{SECRET} HMAC"
            ),
        )
        .with(material.clone()),
        Recipe::new(
            Tool::Python,
            "",
            format!(
                "import hmac\nmessage = ((1).to_bytes(4, \"big\") + b\"kms-playground-encrypt\" + b\"\\0\"\n    + \
                 bytes.fromhex(\"{nonce}\")\n    + (256).to_bytes(4, \"big\"))\nper_call_key = \
                 hmac.digest(bytes.fromhex(\"{SECRET}\"), message, \"sha256\")\nprint(per_call_key.hex())"
            ),
        )
        .with(material),
    ]
}

const NO_GCM: &str = "`openssl enc` cannot do AES-GCM, so this one is Python, with the package cryptography:";

fn wrap(facts: &Facts) -> Vec<Recipe> {
    let call_key = facts.output(StepKind::Derive).map(|field| plain_hex(&field.bytes));
    let content = facts.content().map(|field| plain_hex(&field.bytes));
    let aad = plain_hex(facts.aad().map(|field| field.bytes.as_slice()).unwrap_or_default());
    let template = format!(
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM\n\nper_call_key = \
         bytes.fromhex(\"{SECRET}\")\niv = bytes.fromhex(\"{}\")\ncontent = bytes.fromhex(\"{SECRET}\")\naad = \
         bytes.fromhex(\"{aad}\")\n# ciphertext and tag: the last bytes of the blob\nprint(AESGCM(per_call_key).encrypt(iv, \
         content, aad).hex())",
        plain_hex(facts.iv().unwrap_or_default())
    );
    vec![Recipe::new(Tool::Python, NO_GCM, template).with(call_key).with(content)]
}

fn unwrap(facts: &Facts) -> Vec<Recipe> {
    let call_key = facts.output(StepKind::Derive).map(|field| plain_hex(&field.bytes));
    let aad = plain_hex(facts.aad().map(|field| field.bytes.as_slice()).unwrap_or_default());
    let blob = facts.own_blob().map(|field| plain_hex(&field.bytes)).unwrap_or_default();
    let template = format!(
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM\n\nper_call_key = \
         bytes.fromhex(\"{SECRET}\")\nblob = bytes.fromhex(\"{blob}\")\naad = bytes.fromhex(\"{aad}\")\n# 2 format, 32 key \
         material id, 16 nonce, 12 IV, then ciphertext and tag\nprint(AESGCM(per_call_key).decrypt(blob[50:62], \
         blob[62:], aad).hex())"
    );
    vec![Recipe::new(Tool::Python, NO_GCM, template).with(call_key)]
}

fn chunk(facts: &Facts, sealing: bool) -> Vec<Recipe> {
    let data_key = facts.content().map(|field| plain_hex(&field.bytes));
    let Some(sealed) = &facts.file.sealed else { return Vec::new() };
    let members = sealed.header.members();
    let nonce = sealed.header.chunk(0).map(|chunk| plain_hex(&chunk.nonce)).unwrap_or_default();
    let envelope = json(&format!("{}.kmsenvelope", facts.file.name));
    let start = sealed.header.prefix().len();
    let tail = if sealing {
        format!(
            "plaintext = open({}, \"rb\").read({})\nprint(AESGCM(data_key).encrypt(nonce, plaintext, aad)[-16:].hex())  # the \
             tag of chunk 1",
            json(&facts.file.name),
            members.chunk_length
        )
    } else {
        format!(
            "chunk = envelope[{start}:{}]\nprint(AESGCM(data_key).decrypt(nonce, chunk, aad)[:200])",
            sealed.header.chunk(0).map_or(start as u64, |chunk| chunk.sealed.end)
        )
    };
    let template = format!(
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM\n\ndata_key = \
         bytes.fromhex(\"{SECRET}\")\nenvelope = open({envelope}, \"rb\").read()\naad = envelope[:{start}]  # all before the \
         first chunk\nnonce = bytes.fromhex(\"{nonce}\")  # prefix, index, last\n{tail}"
    );
    let mut all = vec![Recipe::new(Tool::Python, NO_GCM, template).with(data_key)];
    if !sealing {
        all.extend(script(facts));
    }
    all
}

fn script(facts: &Facts) -> Vec<Recipe> {
    let data_key = facts.content().map(|field| STANDARD.encode(&field.bytes));
    let envelope = quoted(&format!("{}.kmsenvelope", facts.file.name));
    vec![
        Recipe::new(
            Tool::Python,
            "The whole envelope, with the script open_envelope.py that comes with this page and the package cryptography. \
             Without a data key it prints the command that asks KMS for it:",
            format!("python open_envelope.py {envelope}\npython open_envelope.py {envelope} {SECRET}"),
        )
        .with(data_key),
    ]
}

fn principal(facts: &Facts) -> String {
    match &facts.caller {
        crate::estate::principal::Caller::RoleSession { account, role, .. } => {
            format!("arn:aws:iam::{account}:role/{role}")
        }
        other => other.to_string(),
    }
}

fn plain_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A text as a literal of Python, Rust or JSON.
fn json(text: &str) -> String {
    Value::from(text).to_string().replace("\\u0001", SECRET)
}

fn is_simple(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|char| char.is_ascii_alphanumeric() || "-_./:+".contains(char))
}

fn unquoted_if_plain(text: &str) -> String {
    let plain = text.chars().all(|char| char.is_ascii_alphanumeric() || "-_./:+=\u{1}".contains(char));
    if plain { text.to_owned() } else { quoted(text) }
}

/// For a shell.
fn quoted(text: &str) -> String {
    if is_simple(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// `GenerateDataKey` as `generate-data-key`.
fn kebab(name: &str) -> String {
    snake(name).replace('_', "-")
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    for char in name.chars() {
        if char.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(char.to_ascii_lowercase());
    }
    text
}
