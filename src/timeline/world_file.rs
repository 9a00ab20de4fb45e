//! A world as a person writes it down: a short JSON text of who exists and which keys there are.
//!
//! What is left out is as in a new world. Keys are made by what CreateKey makes them with, so a world file holds nothing
//! that it refuses. It says how a world begins; a world that has lived is saved as a snapshot, which loses nothing.
//!
//! README.md, "Begin with a world of your own", lists the members.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use imbl::OrdMap;
use serde_json::{Map, Value, json};

pub use crate::timeline::node::{Damage, Problem};
use crate::{
    arn::{AccountId, AliasArn, KeyArn, KeyId, Region},
    clock::Timestamp,
    crypto::{secret::SecretBytes, step::Trace},
    endpoint::{fault::Fault, model, shape},
    entropy::Seed,
    estate::{
        Estate,
        account::Account,
        attachment::{Attachment, Group, Place},
        credential::{AccessKey, AccessKeyId, SecretText},
        principal::{AttachedPolicy, Caller, Role, User},
    },
    kms::{KeySpec, KeyState, Setting, World},
    ops::{
        call::{Call, Operation},
        keys::CreateKey,
        members::Members as Request,
        refusal::Refusal,
    },
    policy::{Policy, PolicyKind, principal::EntityName},
    timeline::node::{Members, Node},
};

/// The value of `format`.
pub const FORMAT: &str = "kms-playground world file";
/// The version that is documented. Every older one is read too.
pub const VERSION: u32 = 1;

/// The world that a file describes. `start` and `seed` are for one that leaves them out.
///
/// # Errors
///
/// The first thing wrong with it.
pub fn read(text: &str, start: Timestamp, seed: Seed) -> Result<World, Damage> {
    let whole = Node::whole(text)?;
    let file = whole.members(&[
        "format",
        "version",
        "start",
        "seed",
        "rules",
        "throttling",
        "consistency",
        "accounts",
        "organization",
        "keys",
    ])?;
    let format = file.need("format")?;
    if format.string()? != FORMAT {
        return Err(format.damage(Problem::Expected("`kms-playground world file`")));
    }
    let version = file.need("version")?;
    match version.number("a version number")? {
        VERSION => {}
        got => return Err(version.damage(Problem::Version { got, newest: VERSION })),
    }
    let start = file.read("start", Node::name)?.unwrap_or(start);
    let number = file.read("seed", |node| node.number("a whole number from 0 to 4294967295"))?;
    let mut world = World::new(start, number.map_or(seed, |number| Seed::from_number(number.into())));
    if let Some(rules) = file.read("rules", Node::name)? {
        world.set(Setting::Rules(rules));
    }
    if let Some(on) = file.read("throttling", Node::flag)? {
        world.set(Setting::Throttling(on));
    }
    if let Some(consistency) = file.read("consistency", Node::name)? {
        world.set(Setting::Consistency(consistency));
    }
    if let Some(estate) = file.read("accounts", accounts)? {
        world.estate = estate;
    }
    if let Some(node) = file.get("organization") {
        organization(node, &mut world.estate)?;
    }
    for node in file.read("keys", Node::elements)?.unwrap_or_default() {
        key(&node, &mut world)?;
    }
    Ok(world)
}

/// Whether a text says that it is a world file, well formed or not.
pub(super) fn is_one(text: &str) -> bool {
    let format = text.split_once("\"format\"").and_then(|(_, rest)| rest.trim_start().strip_prefix(':'));
    format.is_some_and(|rest| rest.trim_start().strip_prefix('"').is_some_and(|rest| rest.starts_with(FORMAT)))
}

fn accounts(node: &Node<'_>) -> Result<Estate, Damage> {
    let mut accounts = OrdMap::new();
    let mut access_keys = Vec::new();
    for (id, node) in node.entries()? {
        let id: AccountId = id.parse().map_err(|_| node.damage(Problem::Expected("an account id of twelve digits")))?;
        let members = node.members(&["users", "roles", "groups", "endpointPolicy"])?;
        let mut account = Account::default();
        for (name, node) in members.read("users", Node::entries)?.unwrap_or_default() {
            let name = entity(&name, &node)?;
            let user = node.members(&["policies", "boundary", "accessKeys"])?;
            let caller = |_: &Members<'_>| Ok(Caller::User { account: id, name: name.clone() });
            access_keys.extend(keys_of(&user, &["id", "secret"], caller)?);
            account.users.insert(
                name.clone(),
                User { policies: policies_of(&user)?, boundary: one(&user, "boundary", PolicyKind::Identity)? },
            );
        }
        for (name, node) in members.read("roles", Node::entries)?.unwrap_or_default() {
            let name = entity(&name, &node)?;
            let role = node.members(&["policies", "boundary", "sessionPolicy", "accessKeys"])?;
            let caller = |key: &Members<'_>| {
                let session = key.need("session")?.name()?;
                Ok(Caller::RoleSession { account: id, role: name.clone(), session })
            };
            access_keys.extend(keys_of(&role, &["id", "secret", "session", "sessionToken"], caller)?);
            let boundary = one(&role, "boundary", PolicyKind::Identity)?;
            let session_policy = one(&role, "sessionPolicy", PolicyKind::Session)?;
            account.roles.insert(name.clone(), Role { policies: policies_of(&role)?, boundary, session_policy });
        }
        for (name, node) in members.read("groups", Node::entries)?.unwrap_or_default() {
            let group = node.members(&["users", "policies"])?;
            let users = group.read("users", Node::elements)?.unwrap_or_default();
            let users = users.iter().map(|node| user_of(&account, node)).collect::<Result<_, _>>()?;
            account.groups.insert(entity(&name, &node)?, Group { users, policies: policies_of(&group)? });
        }
        account.endpoint = one(&members, "endpointPolicy", PolicyKind::Endpoint)?;
        accounts.insert(id, account);
    }
    let mut estate = Estate::of(accounts);
    for (node, id, key) in access_keys {
        if estate.access_keys.insert(id, key).is_some() {
            return Err(node.damage(Problem::Expected("an access key id that nobody else has")));
        }
    }
    Ok(estate)
}

fn entity(name: &str, node: &Node<'_>) -> Result<EntityName, Damage> {
    name.parse().map_err(|_| node.damage(Problem::Expected("a name of letters, digits and +=,.@_-")))
}

fn user_of(account: &Account, node: &Node<'_>) -> Result<EntityName, Damage> {
    let name = node.name()?;
    let known = account.users.contains_key(&name);
    if known { Ok(name) } else { Err(node.damage(Problem::Expected("a user of the account"))) }
}

/// A policy that is alone at its place, and named after that.
fn one(members: &Members<'_>, name: &'static str, kind: PolicyKind) -> Result<Option<AttachedPolicy>, Damage> {
    let policy = members.read(name, |node| policy(node, kind))?;
    Ok(policy.map(|policy| AttachedPolicy { name: name.into(), policy }))
}

/// The policies of an organization: `{"scps": {"root": {"name": policy}, "ACCOUNT": …}, "rcps": …}`.
fn organization(node: &Node<'_>, estate: &mut Estate) -> Result<(), Damage> {
    let members = node.members(&["scps", "rcps"])?;
    for kind in ["scps", "rcps"] {
        for (level, node) in members.read(kind, Node::entries)?.unwrap_or_default() {
            let place: Place = format!("{kind} of {level}")
                .parse()
                .map_err(|_| node.damage(Problem::Expected("`root` or an account of this world")))?;
            for (name, node) in node.entries()? {
                let document = policy(&node, place.kind())?.text().into();
                let attachment = Attachment { place: place.clone(), name: name.into(), document: Some(document) };
                let nowhere = |_| node.damage(Problem::Expected("a policy of `root` or of an account of this world"));
                estate.attach(&attachment).map_err(nowhere)?;
            }
        }
    }
    Ok(())
}

/// `{"name": policy}`.
fn policies_of(principal: &Members<'_>) -> Result<Vec<AttachedPolicy>, Damage> {
    let policies = principal.read("policies", Node::entries)?.unwrap_or_default();
    let attached = |(name, node): (String, Node<'_>)| {
        let policy = policy(&node, PolicyKind::Identity)?;
        Ok(AttachedPolicy { name: name.into(), policy })
    };
    policies.into_iter().map(attached).collect()
}

/// A policy as an object, taken as it is written, or as its text.
fn policy(node: &Node<'_>, kind: PolicyKind) -> Result<Policy, Damage> {
    if node.written().starts_with('"') {
        return Policy::parse(&node.string()?, kind).map_err(|error| node.damage(Problem::Policy(error.to_string())));
    }
    Policy::parse(node.written(), kind).map_err(|error| {
        let start = usize::try_from(error.span.start).unwrap_or_default();
        node.damage_at(start, Problem::Policy(error.kind.to_string()))
    })
}

type GivenKey<'a> = (Node<'a>, AccessKeyId, AccessKey);

/// `[{"id", "secret"}]`, of a role session with `session` and `sessionToken`.
fn keys_of<'a>(
    principal: &Members<'a>,
    known: &'static [&'static str],
    caller: impl Fn(&Members<'a>) -> Result<Caller, Damage>,
) -> Result<Vec<GivenKey<'a>>, Damage> {
    let keys = principal.read("accessKeys", Node::elements)?.unwrap_or_default();
    let given = |node: Node<'a>| {
        let members = node.members(known)?;
        let token = members.read("sessionToken", Node::string)?;
        let key = AccessKey {
            caller: caller(&members)?,
            secret: SecretText::new(members.need("secret")?.string()?),
            session_token: token.map(SecretText::new),
        };
        Ok((node, members.need("id")?.name()?, key))
    };
    keys.into_iter().map(given).collect()
}

fn key(node: &Node<'_>, world: &mut World) -> Result<(), Damage> {
    let members = node.members(&[
        "id",
        "account",
        "region",
        "spec",
        "usage",
        "material",
        "description",
        "policy",
        "tags",
        "aliases",
        "rotationPeriodInDays",
        "enabled",
    ])?;
    let first = world.estate.accounts.keys().next().copied();
    let account = match members.get("account") {
        Some(node) => Some(node.name()?).filter(|account| world.estate.accounts.contains_key(account)),
        None => first,
    };
    let account =
        account.ok_or_else(|| members.place("account").damage(Problem::Expected("an account of this world")))?;
    let region = members.read("region", Node::name)?.unwrap_or(Region::US_EAST_1);
    let spec: KeySpec = members.read("spec", Node::name)?.unwrap_or_default();
    let id: Option<KeyId> = members.read("id", Node::name)?;
    let id = id.unwrap_or_else(|| KeyId::from_random(world.entropy.draw()));
    let arn = KeyArn { account, region, id };
    if world.keys().any(|key| (key.arn.account, key.arn.id) == (account, id)) {
        return Err(members.place("id").damage(Problem::Expected("a key id that no other key has")));
    }
    let given = members.read("material", |node| material(node, spec))?;

    let root = Caller::Root(account);
    let request = request(&members, spec, id)?;
    let mut call = Call::new(world, &root, region, 0, Trace::off());
    let refused = |refusal: Refusal| node.damage(Problem::Refused(sentence(&refusal)));
    let mut key = make(request, arn, given, &mut call).map_err(refused)?;
    if let Some(days) = members.read("rotationPeriodInDays", |node| node.number(ROTATION_PERIOD))? {
        let node = members.place("rotationPeriodInDays");
        if spec != KeySpec::SymmetricDefault {
            return Err(node.damage(Problem::Expected("nothing: only symmetric encryption keys rotate")));
        }
        if !(90..=2560).contains(&days) {
            return Err(node.damage(Problem::Expected(ROTATION_PERIOD)));
        }
        key.enable_rotation(days, world.now);
    }
    if members.read("enabled", Node::flag)? == Some(false) {
        key.state = KeyState::Disabled;
    }
    let refused = |error| node.damage(Problem::Refused(sentence(&Refusal::Kms(error))));
    world.add_key(key).map_err(refused)?;
    for node in members.read("aliases", Node::elements)?.unwrap_or_default() {
        let alias = AliasArn { account, region, name: node.name()? };
        world.add_alias(alias, arn).map_err(|error| node.damage(Problem::Refused(sentence(&Refusal::Kms(error)))))?;
    }
    Ok(())
}

const ROTATION_PERIOD: &str = "a whole number of days from 90 to 2560";

/// Key material in base64: bytes of a symmetric key, PKCS#8 of a pair.
fn material(node: &Node<'_>, spec: KeySpec) -> Result<SecretBytes, Damage> {
    // The message must not repeat what was read.
    let unfit = || node.damage(Problem::Expected("base64 of key material of the key's spec"));
    let bytes = STANDARD.decode(node.string()?).map_err(|_| unfit())?;
    spec.admit(SecretBytes::from_vec(bytes)).map_err(|_| unfit())
}

/// The request of CreateKey that makes a key like it.
fn request(members: &Members<'_>, spec: KeySpec, id: KeyId) -> Result<Map<String, Value>, Damage> {
    let mut request = Map::new();
    let mut put = |name: &str, value: Value| _ = request.insert(name.to_owned(), value);
    // A key of another spec than the usual one has to say what it is for, unless there is only one thing.
    let only = spec.usages().next().filter(|_| spec.usages().count() == 1).map(|usage| usage.as_str().to_owned());
    let usage = members.read("usage", Node::string)?.or(only);
    put("KeySpec", json!(spec));
    put("KeyUsage", json!(usage));
    put("Description", json!(members.read("description", Node::string)?));
    put("MultiRegion", json!(id.is_multi_region()));
    put("BypassPolicyLockoutSafetyCheck", json!(true));
    if let Some(policy) = members.read("policy", |node| policy(node, PolicyKind::Key))? {
        put("Policy", json!(policy.text()));
    }
    let tags = members.read("tags", Node::entries)?.unwrap_or_default();
    let tag = |(name, node): (String, Node<'_>)| Ok(json!({ "TagKey": name, "TagValue": node.string()? }));
    put("Tags", Value::Array(tags.into_iter().map(tag).collect::<Result<_, _>>()?));
    Ok(request)
}

/// As the endpoint does it, from the API model on.
fn make(
    mut request: Map<String, Value>,
    arn: KeyArn,
    given: Option<SecretBytes>,
    call: &mut Call<'_>,
) -> Result<crate::kms::Key, Refusal> {
    if let Some(model) = model::operation(CreateKey::SPEC.name) {
        shape::check(&mut request, model)?;
    }
    let mut members = Request::new(request);
    let wanted = CreateKey::read(&mut members);
    members.finish()?;
    wanted.validate()?;
    wanted.check(call)?;
    wanted.make(arn, given, call)
}

fn sentence(refusal: &Refusal) -> String {
    let fault = Fault::new(refusal, Some(CreateKey::SPEC.name));
    fault.message.unwrap_or_else(|| fault.kind.to_owned())
}
