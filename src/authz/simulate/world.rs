//! A key of a world as a setting, with everybody who can send a request.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use crate::{
    arn::AccountId,
    crypto::context::EncryptionContext,
    estate::{
        Estate,
        attachment::{self, Place},
        principal::{AttachedPolicy, Caller},
    },
    kms::{Key, KeyManager, World},
    policy::context::RequestContext,
};

use super::{
    super::{evaluate::Level, facts, grants::ListedGrant, subject::Subject},
    Common, KnownRequests, Member, Party, Setting,
};

impl Setting {
    /// A key of a world with all that bears on it and everybody who can send a request, those of its account first. The
    /// key policy aside, policies are called by their place and name, as [`place_and_name`] reads them.
    pub fn of_key(
        world: &World,
        key: &Key,
        encryption_context: Option<EncryptionContext>,
        requests: Arc<KnownRequests>,
    ) -> Self {
        let estate = &world.estate;
        let mut callers = estate.callers();
        callers.sort_by_key(|caller| caller.account() != key.arn.account);
        let listed = world.grants().of(&key.arn).iter(None).map(|grant| ListedGrant {
            id: grant.id.to_string().into(),
            key_account: key.arn.account,
            issuing_account: grant.issuing_account,
            terms: grant.terms.clone(),
        });
        let common = Common {
            key_policy: Some(key.policy.clone()),
            shared_policy: None,
            aws_managed: key.manager == KeyManager::Aws,
            endpoint: None,
            members: members(estate),
            grants: BTreeMap::from([(key.arn.to_string(), listed.collect())]),
        };
        Self {
            key: key.arn.to_string(),
            account: key.arn.account,
            parties: callers.iter().map(|caller| party(estate, caller)).collect(),
            context: RequestContext::default(),
            encryption_context,
            requests,
            problems: Vec::new(),
            common,
        }
    }
}

/// The place and the name of a policy that is called so in a setting made of a world.
pub fn place_and_name(called: &str) -> Option<(Place, &str)> {
    let (place, name) = called.split_once(BETWEEN)?;
    Some((place.parse().ok()?, name))
}

const BETWEEN: &str = ": ";

fn called(place: &Place, attached: &AttachedPolicy) -> AttachedPolicy {
    let name = format!("{place}{BETWEEN}{}", attached.name).into();
    AttachedPolicy { name, policy: attached.policy.clone() }
}

fn party(estate: &Estate, caller: &Caller) -> Party {
    let (mut identity, mut boundary, mut session, mut endpoint) = (Vec::new(), None, None, None);
    for (place, attached) in estate.bearing_on(caller, caller.account()) {
        let named = called(&place, attached);
        match place {
            Place::User(..) | Place::Role(..) | Place::Group(..) => identity.push(named),
            Place::UserBoundary(..) | Place::RoleBoundary(..) => boundary = Some(named),
            Place::Session(..) => session = Some(named),
            Place::Endpoint(_) => endpoint = Some(named),
            // Of everybody in an account alike, and so among the members.
            Place::ServiceControl(_) | Place::ResourceControl(_) => {}
        }
    }
    let mut context = RequestContext::default();
    facts::of_sender(estate, caller, true, &mut context);
    // Whom a grant is asked for, in the question about CreateGrant.
    context.set("kms:GranteePrincipal", caller.to_string());
    let subject = Subject::from(caller);
    Party { subject, principal: caller.to_string(), context, identity, boundary, session, endpoint }
}

fn members(estate: &Estate) -> BTreeMap<AccountId, Member> {
    let Some(organization) = &estate.organization else { return BTreeMap::new() };
    let levels = |levels: &[attachment::Level], account: AccountId, place: fn(Option<AccountId>) -> Place| {
        let above = levels.iter().filter(|level| level.account.is_none_or(|own| own == account));
        let level = |level: &attachment::Level| {
            let place = place(level.account);
            let policies = level.policies.iter().map(|attached| called(&place, attached)).collect();
            Level { name: level.name.clone(), policies: Cow::Owned(policies) }
        };
        above.map(level).collect()
    };
    let member = |account: &AccountId| {
        let service_control = levels(&organization.service_control, *account, Place::ServiceControl);
        let resource_control = levels(&organization.resource_control, *account, Place::ResourceControl);
        (*account, Member { service_control, resource_control })
    };
    estate.accounts.keys().map(member).collect()
}
