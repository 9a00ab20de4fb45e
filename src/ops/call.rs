//! One request on its way through the pipeline: what it named, what was decided, what was done.
//!
//! The stages from `parse` to `run` are here as plain functions over [`Spec`] and [`Subject`], so that an operation adds
//! only its own parsing and behaviour to the program.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    arn::{AccountId, AliasArn, AliasName, GrantId, KeyArn, KeyRef, Region},
    authz::{
        self, Context, Question, Reach, Target,
        decision::{Decision, Verdict},
    },
    clock::Timestamp,
    crypto::{attestation::Attestation, outer, step::Trace},
    entropy::Entropy,
    estate::principal::{Caller, Forwarding},
    kms::{
        Event, EventKind, Grant, Key, KeyManager, KeySpec, KeyUsage, KmsError, Origin, World, grant, throttle::Charged,
    },
    ops::{
        charges::Counted,
        facts::Facts,
        members::Members,
        recipient::Recipient,
        refusal::{Missing, Refusal},
        spec::Spec,
        stage::{Stage, StageRecord, StageResult},
    },
    policy::context::RequestContext,
};

/// One operation of the API.
pub trait Operation: Sized {
    const SPEC: Spec;
    type Output: Serialize;

    /// The request from its members.
    fn read(members: &mut Members) -> Self;

    /// What each demand of [`Self::SPEC`] is about, in the same order.
    fn subjects(&self) -> Vec<Subject<'_>>;

    /// What of the request the answer to the `nth` demand may depend on.
    fn context(&self, _nth: usize) -> Context<'_> {
        Context::default()
    }

    /// Rules between the members of the request, before anything they name is looked up.
    fn validate(&self) -> Result<(), Refusal> {
        Ok(())
    }

    /// Whether the keys are made for the request.
    fn check(&self, _call: &Call<'_>) -> Result<(), Refusal> {
        Ok(())
    }

    fn options(&self) -> Options<'_> {
        Options::default()
    }

    fn run(self, call: &mut Call<'_>) -> Result<Self::Output, Refusal>;
}

/// The members many operations share.
#[derive(Default)]
pub struct Options<'a> {
    pub grant_tokens: &'a [String],
    pub dry_run: bool,
    /// The dry run is about permission alone and tries no ciphertext.
    pub ignores_ciphertext: bool,
    /// The spec of the key pair that is asked for.
    pub key_pair_spec: Option<&'a str>,
    /// The custom key store that random bytes are to come from.
    pub key_store: Option<&'a str>,
    /// An enclave for which the secret of the response is encrypted.
    pub recipient: Option<&'a Recipient>,
}

/// What one demand is about.
pub enum Subject<'a> {
    /// A `KeyId` parameter.
    Key(&'a str),
    /// A `KeyId` parameter of DescribeKey, which makes the key of an AWS service's alias if there is none yet.
    KeyToDescribe(&'a str),
    /// The key that a ciphertext names in its header.
    Ciphertext(&'a [u8]),
    /// An `AliasName` parameter: an alias of the caller's account and Region, which need not exist.
    Alias(&'a str),
    /// The key an existing alias points to.
    AliasTarget(&'a str),
    /// A grant that is to be retired.
    Grant(GrantRef<'a>),
    /// No resource: the caller's account.
    Account,
    /// No resource: the account in the Region of that name.
    AccountIn(&'a str),
    /// The key of the same set in the Region of that name, if the `KeyId` parameter names a primary key.
    Relative { key: &'a str, region: &'a str },
    /// No resource: an account that need not be the caller's.
    AccountOf(AccountId),
    /// The demand does not arise for this request.
    None,
}

/// How a request names a grant.
pub enum GrantRef<'a> {
    Token(&'a str),
    Id { key: &'a str, grant: &'a str },
}

/// What a [`Subject`] turned out to be.
enum Resolved {
    Key(Arc<Key>),
    Alias(AliasArn),
    Grant(Arc<Key>, Arc<Grant>),
    Account(AccountId, Region),
    None,
}

/// A request being answered, on a draft of the world.
pub struct Call<'w> {
    pub world: &'w mut World,
    pub caller: &'w Caller,
    pub region: Region,
    /// Names the request.
    pub serial: u64,
    pub trace: Trace,
    pub events: Vec<Event>,
    pub decisions: Vec<Decision>,
    pub stages: Vec<StageRecord>,
    /// What it counted as, where requests are counted.
    pub charged: Vec<Charged>,
    pub(super) keys: Vec<Arc<Key>>,
    aliases: Vec<AliasArn>,
    grants: Vec<Arc<Grant>>,
    /// Of the grants whose tokens were passed.
    tokens: Vec<GrantId>,
    pub(super) recipient: Option<Attestation>,
    /// How the request came about, where a service sends it.
    pub forwarding: Option<&'w Forwarding>,
    /// The request as it came, for the conditions of policies.
    pub body: &'w str,
}

/// Parses, admits, runs and serialises. All that is instantiated per operation.
pub fn invoke<O: Operation>(members: Map<String, Value>, call: &mut Call<'_>) -> Result<String, Refusal> {
    let mut members = Members::new(members);
    let request = O::read(&mut members);
    members.finish()?;
    request.validate()?;
    let options = request.options();
    call.attest(options.recipient)?;
    call.pass(Stage::Parse, || format!("{} request", O::SPEC.name));
    let resolved = call.resolve_all(&O::SPEC, &request.subjects(), options.grant_tokens)?;
    call.charge(O::SPEC.name, &resolved, &options)?;
    call.admit(&O::SPEC, resolved, &|nth| request.context(nth))?;
    let (dry_run, ignores_ciphertext) = (options.dry_run, options.ignores_ciphertext);
    request.check(call)?;
    call.pass(Stage::Usage, || "the key is made for it".to_owned());
    if dry_run {
        // What is done here is undone with the draft of the world, like everything that is refused.
        call.trace = Trace::off();
        if !ignores_ciphertext {
            request.run(call)?;
        }
        return Err(Refusal::DryRun);
    }
    let output = request.run(call)?;
    call.record_use(O::SPEC.name);
    call.pass(Stage::Run, || "done".to_owned());
    // A unit is how `Empty` serialises: those operations answer with no body at all.
    // Most answers fit, and need not be moved to where there is more room.
    let mut text = Vec::with_capacity(512);
    let written = serde_json::to_writer(&mut text, &output).ok().and_then(|()| String::from_utf8(text).ok());
    match written {
        Some(text) if text == "null" => Ok(String::new()),
        Some(text) => Ok(text),
        None => Err(Refusal::Internal { why: "the response does not serialise" }),
    }
}

impl<'w> Call<'w> {
    pub fn new(world: &'w mut World, caller: &'w Caller, region: Region, serial: u64, trace: Trace) -> Self {
        Self {
            world,
            caller,
            region,
            serial,
            trace,
            events: Vec::new(),
            decisions: Vec::new(),
            stages: Vec::with_capacity(Stage::ALL.len()),
            charged: Vec::new(),
            keys: Vec::new(),
            aliases: Vec::new(),
            grants: Vec::new(),
            tokens: Vec::new(),
            recipient: None,
            forwarding: None,
            body: "",
        }
    }

    /// The key of the `nth` demand that was about a key, as it was when the request came.
    pub fn key(&self, nth: usize) -> Result<&Arc<Key>, Refusal> {
        self.keys.get(nth).ok_or(Refusal::Internal { why: "no such key was resolved" })
    }

    /// The name of that key.
    pub fn arn(&self, nth: usize) -> Result<KeyArn, Refusal> {
        self.key(nth).map(|key| key.arn)
    }

    /// The alias that a demand was about.
    pub fn alias(&self) -> Result<&AliasArn, Refusal> {
        self.aliases.first().ok_or(Refusal::Internal { why: "no alias was resolved" })
    }

    /// The grant that a demand was about.
    pub fn grant(&self) -> Result<&Arc<Grant>, Refusal> {
        self.grants.first().ok_or(Refusal::Internal { why: "no grant was resolved" })
    }

    fn alias_arn(&self, given: &str) -> Result<AliasArn, Refusal> {
        let name: AliasName =
            given.parse().map_err(|_| Refusal::Missing(Missing::AliasForm { given: given.to_owned() }))?;
        Ok(AliasArn { account: self.caller.account(), region: self.region, name })
    }

    /// Whether the `nth` key is for `usage` and has that algorithm.
    pub fn made_for(
        &self,
        nth: usize,
        usage: KeyUsage,
        operation: &'static str,
        algorithm: &str,
    ) -> Result<(), Refusal> {
        let key = self.key(nth)?;
        if key.usage != usage {
            return Err(Refusal::KeyUsage { key: key.arn, usage: key.usage, operation });
        }
        if !key.spec.algorithms(usage).contains(&algorithm) {
            return Err(Refusal::Algorithm { algorithm: algorithm.to_owned(), key_spec: key.spec });
        }
        Ok(())
    }

    /// Whether the first key is a symmetric encryption key of KMS itself, the only kind that rotates.
    pub fn symmetric(&self) -> Result<(), Refusal> {
        self.in_no_store()?;
        let key = self.key(0)?;
        match key.spec {
            KeySpec::SymmetricDefault => Ok(()),
            spec => Err(Refusal::KeySpecUnsupported { key: key.arn, spec }),
        }
    }

    /// Whether the first key can have a schedule of rotations: symmetric, with material that KMS makes.
    pub fn rotates_by_itself(&self) -> Result<(), Refusal> {
        self.symmetric()?;
        let key = self.key(0)?;
        match key.origin {
            Origin::AwsKms => Ok(()),
            origin @ (Origin::External | Origin::AwsCloudHsm | Origin::ExternalKeyStore) => {
                Err(Refusal::OriginUnsupported { key: key.arn, origin })
            }
        }
    }

    /// Whether the first key is the primary key of its set, the only one that can be replicated.
    pub fn primary(&self) -> Result<(), Refusal> {
        let key = self.key(0)?;
        if key.is_primary() { Ok(()) } else { Err(Refusal::NotPrimary { key: key.arn }) }
    }

    /// The Region of that name.
    pub fn region_of(name: &str) -> Result<Region, Refusal> {
        name.parse().map_err(|_| Refusal::NoSuchRegion { name: name.to_owned() })
    }

    /// Whether the first key is in no custom key store.
    pub fn in_no_store(&self) -> Result<(), Refusal> {
        let key = self.key(0)?;
        match key.custody {
            None => Ok(()),
            Some(_) => Err(Refusal::OriginUnsupported { key: key.arn, origin: key.origin }),
        }
    }

    /// Changes the first key and records what happened to it.
    pub fn change(
        &mut self,
        change: impl FnOnce(&mut Key, Timestamp, &mut Entropy) -> Result<Vec<EventKind>, KmsError>,
    ) -> Result<(), Refusal> {
        let events = self.world.change_key(self.arn(0)?, change)?;
        self.events.extend(events);
        Ok(())
    }

    /// Records that a stage was passed; `note` is only made with tracing on.
    pub fn pass(&mut self, stage: Stage, note: impl FnOnce() -> String) {
        let note = if self.trace.is_on() { note() } else { String::new() };
        self.stages.push(StageRecord { stage, result: StageResult::Passed, note });
    }

    /// Finds what the demands are about, and the grants of the tokens.
    fn resolve_all(
        &mut self,
        spec: &Spec,
        subjects: &[Subject<'_>],
        grant_tokens: &[String],
    ) -> Result<Vec<Resolved>, Refusal> {
        let resolved: Vec<Resolved> =
            subjects.iter().map(|subject| self.resolve(spec, subject)).collect::<Result<_, _>>()?;
        for token in grant_tokens {
            let grant = self.grant_of_token(token)?.map_err(|_| Refusal::InvalidGrantToken)?;
            self.tokens.push(grant.id);
        }
        self.pass(Stage::Resolve, || resolved.iter().map(Resolved::phrase).collect::<Vec<_>>().join(", "));
        Ok(resolved)
    }

    /// Counts the request, also one that is refused later.
    fn charge(&mut self, operation: &'static str, resolved: &[Resolved], options: &Options<'_>) -> Result<(), Refusal> {
        if !self.world.throttles() {
            self.pass(Stage::Throttle, || "requests are not counted".to_owned());
            return Ok(());
        }
        let keys = resolved.iter().filter_map(|resolved| match resolved {
            Resolved::Key(key) | Resolved::Grant(key, _) => Some(&**key),
            Resolved::Alias(_) | Resolved::Account(..) | Resolved::None => None,
        });
        let makes_in = resolved.iter().find_map(|resolved| match resolved {
            Resolved::Account(_, region) => Some(*region),
            Resolved::Key(_) | Resolved::Grant(..) | Resolved::Alias(_) | Resolved::None => None,
        });
        let counted = Counted {
            operation,
            account: self.caller.account(),
            region: self.region,
            keys: keys.collect(),
            makes_in,
            key_pair_spec: options.key_pair_spec,
            key_store: options.key_store.and_then(|id| id.parse().ok()),
        };
        self.charged = self.world.charge(&counted.charges()?);
        if self.charged.iter().any(|charged| !charged.passed) {
            return Err(Refusal::Throttled);
        }
        let counts: Vec<String> = self.charged.iter().map(|charged| charged.quota.to_string()).collect();
        self.pass(Stage::Throttle, || counts.join(", "));
        Ok(())
    }

    /// Authorises and gates every demand.
    fn admit<'a>(
        &mut self,
        spec: &Spec,
        resolved: Vec<Resolved>,
        context: &dyn Fn(usize) -> Context<'a>,
    ) -> Result<(), Refusal> {
        let resolved_all = &resolved;
        for (nth, (demand, resolved)) in spec.demands.iter().zip(&resolved).enumerate() {
            let grants = match resolved {
                Resolved::Key(key) => demand.grantable.then(|| self.world.deciding_grants(&key.arn, &self.tokens)),
                Resolved::Grant(..) | Resolved::Alias(_) | Resolved::Account(..) | Resolved::None => None,
            };
            let (grants, lags) = grants.as_ref().map_or((None, None), |(grants, lags)| (Some(&**grants), Some(lags)));
            let (target, reach) = match resolved {
                Resolved::Key(key) => (Target::Key { arn: key.arn, policy: &key.policy, grants }, demand.reach),
                Resolved::Grant(key, grant) => (Target::Grant { grant, policy: &key.policy }, demand.reach),
                Resolved::Alias(arn) => (Target::Alias(arn), Reach::OwnAccount),
                Resolved::Account(account, region) => (Target::Account(*account, *region), Reach::OwnAccount),
                Resolved::None => continue,
            };
            let known = Context { forwarding: self.forwarding, ..context(nth) };
            let key = |at: usize| match resolved_all.get(at) {
                Some(Resolved::Key(key) | Resolved::Grant(key, _)) => Some(&**key),
                Some(Resolved::Alias(_) | Resolved::Account(..) | Resolved::None) | None => None,
            };
            let facts = Facts {
                world: self.world,
                spec,
                demand,
                nth,
                key: key(nth),
                other: key(1_usize.saturating_sub(nth)),
                recipient: self.recipient.as_ref(),
                body: self.body,
                context: known,
            };
            let add = |context: &mut RequestContext| facts.add(context);
            let managed_by_aws = key(nth).is_some_and(|key| key.manager == KeyManager::Aws);
            let context = Context { managed_by_aws, grant_lags: lags, facts: Some(&add), ..known };
            let question = Question { caller: self.caller, action: demand.action, target, reach, context };
            let mut decision = authz::authorize(&self.world.estate, &question, self.trace.is_on());
            decision.lags = key(nth).map_or_else(Vec::new, |key| self.world.lags(&key.arn));
            if decision.verdict != Verdict::Allowed {
                return Err(Refusal::Denied(Box::new(decision)));
            }
            self.decisions.push(decision);
        }
        self.pass(Stage::Authorize, || spec.demands.iter().map(|demand| demand.action).collect::<Vec<_>>().join(", "));

        for (demand, resolved) in spec.demands.iter().zip(&resolved) {
            if let Resolved::Key(key) | Resolved::Grant(key, _) = resolved {
                if demand.states.is_of_imported() && key.origin != Origin::External {
                    return Err(Refusal::OriginUnsupported { key: key.arn, origin: key.origin });
                }
                let state = self.world.state_of(key);
                demand.states.gate(state).map_err(|refusal| Refusal::State { key: key.arn, refusal })?;
            }
        }
        for resolved in resolved {
            match resolved {
                Resolved::Key(key) => self.keys.push(key),
                Resolved::Grant(key, grant) => {
                    self.keys.push(key);
                    self.grants.push(grant);
                }
                Resolved::Alias(alias) => self.aliases.push(alias),
                Resolved::Account(..) | Resolved::None => {}
            }
        }
        let states: Vec<&str> = self.keys.iter().map(|key| self.world.state_of(key).as_str()).collect();
        self.pass(Stage::State, || if states.is_empty() { "no key".to_owned() } else { states.join(", ") });
        Ok(())
    }

    fn resolve(&mut self, spec: &Spec, subject: &Subject<'_>) -> Result<Resolved, Refusal> {
        match subject {
            Subject::Key(given) => self.find_key(spec, given).map(Resolved::Key),
            Subject::KeyToDescribe(given) => {
                self.make_managed_key(given);
                self.find_key(spec, given).map(Resolved::Key)
            }
            Subject::Ciphertext(bytes) => {
                let material = outer::material_id(bytes).map_err(|_| Refusal::InvalidCiphertext)?;
                let key = self.world.key_of_material(material, self.region);
                key.map(|key| Resolved::Key(Arc::clone(key))).ok_or(Refusal::CiphertextKeyUnknown)
            }
            Subject::Alias(given) => self.alias_arn(given).map(Resolved::Alias),
            Subject::AliasTarget(given) => self.behind_alias(self.alias_arn(given)?).map(Resolved::Key),
            Subject::Grant(reference) => self.find_grant(spec, reference),
            Subject::AccountOf(account) => Ok(Resolved::Account(*account, self.region)),
            Subject::Account => Ok(Resolved::Account(self.caller.account(), self.region)),
            Subject::AccountIn(region) => Ok(Resolved::Account(self.caller.account(), Self::region_of(region)?)),
            Subject::Relative { key, region } => {
                let (key, region) = (self.find_key(spec, key)?, Self::region_of(region)?);
                if !key.is_primary() {
                    return Ok(Resolved::None);
                }
                let arn = KeyArn { region, ..key.arn };
                let found = self.world.key(&arn).cloned().map(Resolved::Key);
                found.ok_or(Refusal::Missing(Missing::Key(arn)))
            }
            Subject::None => Ok(Resolved::None),
        }
    }

    /// Makes the AWS managed key behind a predefined alias, if the account is one of this world and has none yet.
    fn make_managed_key(&mut self, given: &str) {
        let alias = match given.parse() {
            Ok(KeyRef::Alias(name)) => AliasArn { account: self.caller.account(), region: self.region, name },
            Ok(KeyRef::AliasArn(arn)) if arn.region == self.region => arn,
            Ok(KeyRef::AliasArn(_) | KeyRef::Id(_) | KeyRef::Arn(_)) | Err(_) => return,
        };
        if self.world.estate.accounts.contains_key(&alias.account) {
            let made = self.world.make_managed_key(&alias);
            self.events.extend(made);
        }
    }

    /// The key that a `KeyId` parameter names.
    pub fn find_key(&self, spec: &Spec, given: &str) -> Result<Arc<Key>, Refusal> {
        let not_an_id = || Refusal::Missing(Missing::KeyIdForm { given: given.to_owned() });
        let reference: KeyRef = given.parse().map_err(|_| self.unreadable(given))?;
        let (account, region) = (self.caller.account(), self.region);
        match reference {
            KeyRef::Id(id) => self.existing(KeyArn { account, region, id }),
            KeyRef::Arn(arn) => self.existing(arn),
            KeyRef::Alias(_) | KeyRef::AliasArn(_) if !spec.accepts_alias => Err(not_an_id()),
            KeyRef::Alias(name) => self.behind_alias(AliasArn { account, region, name }),
            KeyRef::AliasArn(arn) => self.behind_alias(arn),
        }
    }

    fn unreadable(&self, given: &str) -> Refusal {
        // `arn:aws:kms:REGION:…`: an unknown Region is another Region, not a broken ARN.
        let region = given.strip_prefix("arn:aws:kms:").and_then(|rest| rest.split(':').next());
        Refusal::Missing(match region {
            Some(region) if region.parse() != Ok(self.region) && !region.is_empty() => {
                Missing::OtherRegion { region: region.to_owned() }
            }
            _ if given.starts_with("arn:") => Missing::ArnForm { given: given.to_owned() },
            _ => Missing::KeyIdForm { given: given.to_owned() },
        })
    }

    fn existing(&self, arn: KeyArn) -> Result<Arc<Key>, Refusal> {
        if arn.region != self.region {
            return Err(Refusal::Missing(Missing::OtherRegion { region: arn.region.to_string() }));
        }
        self.world.key(&arn).cloned().ok_or(Refusal::Missing(Missing::Key(arn)))
    }

    fn behind_alias(&self, alias: AliasArn) -> Result<Arc<Key>, Refusal> {
        if alias.region != self.region {
            return Err(Refusal::Missing(Missing::OtherRegion { region: alias.region.to_string() }));
        }
        let Some(found) = self.world.alias(&alias) else { return Err(Refusal::Missing(Missing::Alias(alias))) };
        self.existing(found.key)
    }

    /// A grant and its key, by its token or its id.
    fn find_grant(&self, spec: &Spec, reference: &GrantRef<'_>) -> Result<Resolved, Refusal> {
        let grant = match reference {
            GrantRef::Token(token) => self.grant_of_token(token)?.map_err(Refusal::Missing)?,
            GrantRef::Id { key, grant } => {
                let key = self.find_key(spec, key)?;
                self.grant_of(&key.arn, grant)?
            }
        };
        Ok(Resolved::Grant(self.existing(grant.key)?, grant))
    }

    /// The grant of a key that an id names.
    pub fn grant_of(&self, key: &KeyArn, id: &str) -> Result<Arc<Grant>, Refusal> {
        let id: GrantId = id.parse().map_err(|_| Refusal::InvalidGrantId { given: id.to_owned() })?;
        self.world.grants().of(key).get(id).cloned().ok_or(Refusal::Missing(Missing::Grant(id)))
    }

    /// The grant a token stands for, or that it has ended.
    fn grant_of_token(&self, token: &str) -> Result<Result<Arc<Grant>, Missing>, Refusal> {
        let (key, id) = grant::read_token(token, &self.world.entropy).ok_or(Refusal::InvalidGrantToken)?;
        Ok(self.world.grants().of(&key).get(id).cloned().ok_or(Missing::Grant(id)))
    }
}

impl Resolved {
    fn phrase(&self) -> String {
        match self {
            Self::Key(key) => key.arn.to_string(),
            Self::Alias(arn) => arn.to_string(),
            Self::Grant(key, grant) => format!("grant {} of {}", grant.id, key.arn),
            Self::Account(..) => "no resource".to_owned(),
            Self::None => "nothing".to_owned(),
        }
    }
}
