//! The rules of rotation, imported material and deletion as rows: what is done to a key, and what it is then.
//!
//! A row of `tests/data/tables/rotation.txt` is a kind of key, steps, and behind the arrow every refusal, the key's state, its
//! materials (in brackets where their bytes are gone), when it rotates next, and how many of its ciphertexts open.
//!
//! | step | meaning |
//! | --- | --- |
//! | `on 90`, `off`, `status` | automatic rotation; GetKeyRotationStatus |
//! | `rotate`, `rotate*25` | on demand |
//! | `disable`, `enable`, `delete 7`, `cancel` | the life of the key |
//! | `seal`, `re-encrypt` | a ciphertext is made, the first one is made anew |
//! | `import a 10d`, `new b`, `drop b` | material comes, for ten days; as new; and goes |
//! | `replicate`, `promote`, `replica …` | to eu-west-1; that becomes the primary; a step with the key there |
//! | `alias`, `move`, `open`, `open by alias` | a name, which then moves to a new key of the same kind; Decrypt of the last ciphertext |
//! | `+90d` | time passes |

use std::fs;

use expect_test::expect_file;
use kms_playground::{
    arn::{KeyArn, Region},
    crypto::{blob::MaterialId, secret::SecretBytes},
    endpoint::{self, Request, Tracing},
    entropy::Seed,
    estate::principal::Caller,
    kms::{Import, Key, KmsError, MadeBy, Novelty, Rotation, World},
};
use serde_json::{Value, json};

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tables/rotation.txt");

#[test]
fn every_rule_of_rotation_and_deletion_holds_on_both_sides() {
    let table = fs::read_to_string(TABLE).unwrap();
    let mut held = String::new();
    for line in table.lines() {
        let row = line.split(" => ").next().unwrap();
        held += &match row {
            remark if row.is_empty() || row.starts_with('#') => format!("{remark}\n"),
            row => format!("{row} => {}\n", Bench::of(row)),
        };
    }
    expect_file![TABLE].assert_eq(&held);
}

struct Bench {
    world: World,
    kind: &'static str,
    key: KeyArn,
    blobs: Vec<String>,
    refused: Vec<String>,
    serial: u64,
}

/// How each kind of key is made.
const KINDS: &[(&str, &str)] = &[
    ("symmetric", "{}"),
    ("hmac", r#"{"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}"#),
    ("pair", r#"{"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}"#),
    ("imported", r#"{"Origin": "EXTERNAL"}"#),
    ("primary", r#"{"MultiRegion": true}"#),
    ("store", r#"{"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": "$", "XksKeyId": "external-orders"}"#),
    ("managed", ""),
];

impl Bench {
    /// What the steps of a row come to.
    fn of(row: &str) -> String {
        let (kind, steps) = row.split_once(": ").expect(row);
        let &(kind, made) = KINDS.iter().find(|(name, _)| *name == kind).expect(row);
        let world = World::new("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7));
        let key = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000".parse().unwrap();
        let mut bench = Self { world, kind, key, blobs: Vec::new(), refused: Vec::new(), serial: 0 };
        bench.key = if kind == "managed" {
            let shown = bench.ask(Region::US_EAST_1, "DescribeKey", &json!({ "KeyId": "alias/aws/s3" })).expect(row);
            shown["KeyMetadata"]["Arn"].as_str().unwrap().parse().unwrap()
        } else {
            bench.make(made)
        };
        for step in steps.split(", ") {
            let (step, times) = step.split_once('*').map_or((step, 1), |(step, times)| (step, times.parse().unwrap()));
            for _ in 0..times {
                if let Err(kind) = bench.step(step) {
                    bench.refused.push(format!("{step}: {kind}"));
                }
            }
        }
        bench.told()
    }

    fn make(&mut self, made: &str) -> KeyArn {
        let mut made = made.to_owned();
        if made.contains('$') {
            let store = self.ask(
                Region::US_EAST_1,
                "CreateCustomKeyStore",
                &json!({
                    "CustomKeyStoreName": "outside", "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
                    "XksProxyUriEndpoint": "https://xks.playground.example", "XksProxyUriPath": "/kms/xks/v1",
                    "XksProxyConnectivity": "PUBLIC_ENDPOINT",
                    "XksProxyAuthenticationCredential": {
                        "AccessKeyId": "PLAYGROUNDXKSPROXY23",
                        "RawSecretAccessKey": "this/is/not/a/secret/of/the/playground/proxy",
                    },
                }),
            );
            let id = store.unwrap()["CustomKeyStoreId"].clone();
            self.ask(Region::US_EAST_1, "ConnectCustomKeyStore", &json!({ "CustomKeyStoreId": id })).unwrap();
            self.world.advance("5m".parse().unwrap());
            made = made.replace('$', id.as_str().unwrap());
        }
        let made = self.ask(Region::US_EAST_1, "CreateKey", &serde_json::from_str(&made).unwrap()).unwrap();
        made["KeyMetadata"]["Arn"].as_str().unwrap().parse().unwrap()
    }

    fn ask(&mut self, region: Region, operation: &str, body: &Value) -> Result<Value, String> {
        self.serial += 1;
        let caller: Caller = "arn:aws:iam::111122223333:user/Administrator".parse().unwrap();
        let request = Request::new(caller, region, operation, body.to_string());
        let outcome = endpoint::call(&mut self.world, &request, self.serial, Tracing::Off);
        match outcome.fault {
            Some(fault) => Err(fault.kind.to_owned()),
            None => Ok(serde_json::from_str(&outcome.response.body).unwrap_or_default()),
        }
    }

    fn step(&mut self, step: &str) -> Result<(), String> {
        let (region, step) = match step.strip_prefix("replica ") {
            Some(step) => ("eu-west-1".parse().unwrap(), step),
            None => (Region::US_EAST_1, step),
        };
        let words: Vec<&str> = step.split(' ').collect();
        let number = words.get(1).and_then(|word| word.parse::<u32>().ok());
        let key = json!(self.key.id.to_string());
        let mut of_key = |operation: &str, members: Value| {
            let mut body = json!({ "KeyId": key });
            body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            self.ask(region, operation, &body)
        };
        match words[0] {
            "on" => of_key("EnableKeyRotation", json!({ "RotationPeriodInDays": number })).map(drop),
            "off" => of_key("DisableKeyRotation", json!({})).map(drop),
            "status" => of_key("GetKeyRotationStatus", json!({})).map(drop),
            "rotate" => of_key("RotateKeyOnDemand", json!({})).map(drop),
            "disable" => of_key("DisableKey", json!({})).map(drop),
            "enable" => of_key("EnableKey", json!({})).map(drop),
            "delete" => of_key("ScheduleKeyDeletion", json!({ "PendingWindowInDays": number })).map(drop),
            "cancel" => of_key("CancelKeyDeletion", json!({})).map(drop),
            "seal" => {
                let sealed = of_key("Encrypt", json!({ "Plaintext": "aGVsbG8=" }))?;
                self.blobs.push(sealed["CiphertextBlob"].as_str().unwrap().to_owned());
                Ok(())
            }
            "re-encrypt" => {
                let body = json!({ "CiphertextBlob": self.blobs[0], "DestinationKeyId": key });
                self.blobs[0] = self.ask(region, "ReEncrypt", &body)?["CiphertextBlob"].as_str().unwrap().to_owned();
                Ok(())
            }
            "replicate" => {
                of_key("ReplicateKey", json!({ "ReplicaRegion": "eu-west-1" }))?;
                self.world.advance("10s".parse().unwrap());
                Ok(())
            }
            "promote" => {
                of_key("UpdatePrimaryRegion", json!({ "PrimaryRegion": "eu-west-1" }))?;
                self.world.advance("10s".parse().unwrap());
                Ok(())
            }
            "import" | "new" | "drop" => self.bring(&words).map_err(|error| {
                let text = format!("{error:?}");
                text.split(['(', ' ']).next().unwrap().to_owned()
            }),
            "alias" => {
                self.ask(region, "CreateAlias", &json!({ "AliasName": "alias/it", "TargetKeyId": key })).map(drop)
            }
            "move" => {
                let &(_, made) = KINDS.iter().find(|(name, _)| *name == self.kind).unwrap();
                let next = self.make(made).id.to_string();
                self.ask(region, "UpdateAlias", &json!({ "AliasName": "alias/it", "TargetKeyId": next })).map(drop)
            }
            "open" => {
                let mut body = json!({ "CiphertextBlob": self.blobs.last() });
                if words.len() > 1 {
                    body["KeyId"] = json!("alias/it");
                }
                self.ask(region, "Decrypt", &body).map(drop)
            }
            span => {
                self.world.advance(span.trim_start_matches('+').parse().unwrap());
                Ok(())
            }
        }
    }

    /// What ImportKeyMaterial and DeleteImportedKeyMaterial do, without the wrapping.
    fn bring(&mut self, words: &[&str]) -> Result<(), KmsError> {
        let bytes = SecretBytes::from_vec(vec![words[1].as_bytes()[0]; 32]);
        let id = MaterialId::derive(&self.key.id.to_string(), bytes.expose());
        let novelty = (words[0] == "new").then_some(Novelty::New);
        let valid_to = words.get(2).map(|span| self.world.now.after(span.parse().unwrap()));
        self.world
            .change_key(self.key, |key, now, _| {
                Ok(if words[0] == "drop" {
                    key.delete_material(Some(id))?.1
                } else {
                    let import = Import { bytes, novelty, id: None, description: None, valid_to };
                    vec![key.import(import, now)?.1]
                })
            })
            .map(drop)
    }

    fn told(&mut self) -> String {
        let mut told = self.refused.join(", ");
        self.refused.clear();
        if !told.is_empty() {
            told += "; ";
        }
        let replica = KeyArn { region: "eu-west-1".parse().unwrap(), ..self.key };
        let shown = |arn: &KeyArn| self.world.key(arn).map(|key| shown(key, &self.world));
        told += &shown(&self.key).unwrap_or_else(|| "gone".to_owned());
        if let Some(replica) = shown(&replica) {
            told += &format!("; replica {replica}");
        }
        if !self.blobs.is_empty() {
            let blobs = self.blobs.clone();
            let opens = |region| {
                let mut world = self.world.clone();
                let asked = blobs.iter().map(|blob| {
                    let body = json!({ "CiphertextBlob": blob }).to_string();
                    let caller: Caller = "arn:aws:iam::111122223333:user/Administrator".parse().unwrap();
                    let request = Request::new(caller, region, "Decrypt", body);
                    endpoint::call(&mut world, &request, 0, Tracing::Off).fault.is_none()
                });
                asked.filter(|opened| *opened).count()
            };
            told += &format!("; {} of {} open", opens(Region::US_EAST_1), blobs.len());
            if self.kind == "primary" {
                told += &format!(", {} at the replica", opens(replica.region));
            }
        }
        told
    }
}

/// State, materials, and the next date.
fn shown(key: &Key, world: &World) -> String {
    let mut words: Vec<(String, usize)> = Vec::new();
    for material in key.materials() {
        let made = match material.by {
            MadeBy::Creation => "first",
            MadeBy::AutomaticRotation => "automatic",
            MadeBy::OnDemandRotation => "on demand",
        };
        let here = key.secret(material).is_some() || key.custody.is_some();
        let word = if here { made.to_owned() } else { format!("({made})") };
        match words.last_mut() {
            Some((last, count)) if *last == word => *count += 1,
            _ => words.push((word, 1)),
        }
    }
    let count = |(word, count): &(String, usize)| if *count > 1 { format!("{count} {word}") } else { word.clone() };
    let mut told = format!("{}: {}", key.state.as_str(), words.iter().map(count).collect::<Vec<_>>().join(", "));
    if key.pending().is_some() {
        told += ", one waits";
    }
    match (key.rotation, key.next_rotation()) {
        (Rotation::Off, _) => {}
        (Rotation::On { next, .. }, Some(_)) => told += &format!(", next in {}", world.now.until(next)),
        (Rotation::On { .. }, None) if key.is_replica() => told += ", next with its primary",
        (Rotation::On { next, .. }, None) if next <= world.now => told += ", overdue",
        (Rotation::On { .. }, None) => told += ", on hold",
    }
    told
}
