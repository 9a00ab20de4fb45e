//! CreateAlias, UpdateAlias, DeleteAlias, ListAliases.

use serde::Serialize;

use crate::{
    arn::{AliasArn, AliasName, KeyId},
    authz::Reach,
    kms::{Alias, managed::predefined_aliases},
    ops::{
        call::{Call, Operation, Subject},
        members::Members,
        page::{Limits, Page},
        refusal::{Refusal, SemanticError},
        spec::{Demand, Spec, States},
        wire::{Empty, EpochSeconds},
    },
};

/// Gives a key a name (API reference, CreateAlias).
pub struct CreateAlias {
    alias_name: String,
    target_key_id: String,
}

impl Operation for CreateAlias {
    const SPEC: Spec = Spec {
        name: "CreateAlias",
        demands: &[Demand::own("kms:CreateAlias", States::Any), Demand::own("kms:CreateAlias", States::Edit)],
        accepts_alias: false,
    };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self { alias_name: members.take("AliasName"), target_key_id: members.take("TargetKeyId") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Alias(&self.alias_name), Subject::Key(&self.target_key_id)]
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        let (alias, key) = (call.alias()?.clone(), call.arn(0)?);
        let event = call.world.add_alias(alias, key)?;
        call.events.push(event);
        Ok(Empty)
    }
}

/// Points a name to another key of the same type (API reference, UpdateAlias). This is manual rotation.
pub struct UpdateAlias {
    alias_name: String,
    target_key_id: String,
}

impl Operation for UpdateAlias {
    const SPEC: Spec = Spec {
        name: "UpdateAlias",
        demands: &[
            Demand::own("kms:UpdateAlias", States::Any),
            Demand::own("kms:UpdateAlias", States::Any),
            Demand::own("kms:UpdateAlias", States::Edit),
        ],
        accepts_alias: false,
    };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self { alias_name: members.take("AliasName"), target_key_id: members.take("TargetKeyId") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![
            Subject::Alias(&self.alias_name),
            Subject::AliasTarget(&self.alias_name),
            Subject::Key(&self.target_key_id),
        ]
    }

    fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        let (from, to) = (call.key(0)?, call.key(1)?);
        if from.spec.is_like(to.spec) && from.usage == to.usage {
            Ok(())
        } else {
            Err(Refusal::Semantic(SemanticError::AliasToOtherKind))
        }
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        let (alias, from, to) = (call.alias()?.clone(), call.arn(0)?, call.arn(1)?);
        let event = call.world.move_alias(alias, from, to)?;
        call.events.push(event);
        Ok(Empty)
    }
}

/// Takes a name away; the key stays (API reference, DeleteAlias).
pub struct DeleteAlias {
    alias_name: String,
}

impl Operation for DeleteAlias {
    const SPEC: Spec = Spec {
        name: "DeleteAlias",
        demands: &[Demand::own("kms:DeleteAlias", States::Any), Demand::own("kms:DeleteAlias", States::Any)],
        accepts_alias: false,
    };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self { alias_name: members.take("AliasName") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Alias(&self.alias_name), Subject::AliasTarget(&self.alias_name)]
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        let (alias, key) = (call.alias()?.clone(), call.arn(0)?);
        let event = call.world.remove_alias(alias, key);
        call.events.push(event);
        Ok(Empty)
    }
}

/// The names of the caller's account and Region, or of one key (API reference, ListAliases).
pub struct ListAliases {
    key_id: Option<String>,
    limit: Option<u32>,
    marker: Option<String>,
}

impl Operation for ListAliases {
    const SPEC: Spec = Spec {
        name: "ListAliases",
        demands: &[Demand {
            action: "kms:ListAliases",
            reach: Reach::OwnAccount,
            grantable: false,
            states: States::Any,
        }],
        accepts_alias: false,
    };
    type Output = AliasList;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), limit: members.take("Limit"), marker: members.take("Marker") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Account]
    }

    fn run(self, call: &mut Call<'_>) -> Result<AliasList, Refusal> {
        let only = self.key_id.map(|given| call.find_key(&Self::SPEC, &given)).transpose()?.map(|key| key.arn);
        let page: Page<AliasName> = Page::parse(self.limit, self.marker.as_deref(), &LIMITS)?;
        let (account, region) = (call.caller.account(), call.region);
        let stored = call
            .world
            .aliases_in(account, region, page.after.clone())
            .filter(|(_, alias)| only.is_none_or(|key| alias.key == key))
            .map(|(arn, alias)| AliasListEntry::new(arn, Some(alias)));
        let predefined = predefined_aliases()
            .filter(|name| only.is_none() && page.after.as_ref().is_none_or(|after| name > after))
            .map(|name| AliasArn { account, region, name })
            .filter(|arn| call.world.alias(arn).is_none())
            .map(|arn| AliasListEntry::new(&arn, None));
        // More than a page never counts.
        let mut entries: Vec<AliasListEntry> = stored.take(LIMITS.most as usize + 1).chain(predefined).collect();
        entries.sort_by(|one, other| one.alias_name.cmp(&other.alias_name));
        let listed = page.take(entries.into_iter(), |entry| entry.alias_name.clone());
        Ok(AliasList {
            aliases: listed.items,
            truncated: listed.next_marker.is_some(),
            next_marker: listed.next_marker,
        })
    }
}

const LIMITS: Limits = Limits { default: 50, most: 100 };

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AliasList {
    aliases: Vec<AliasListEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    truncated: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AliasListEntry {
    alias_name: AliasName,
    alias_arn: AliasArn,
    /// Like the dates, not of a predefined alias that has no key yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_key_id: Option<KeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_date: Option<EpochSeconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_updated_date: Option<EpochSeconds>,
}

impl AliasListEntry {
    fn new(arn: &AliasArn, alias: Option<&Alias>) -> Self {
        Self {
            alias_name: arn.name.clone(),
            alias_arn: arn.clone(),
            target_key_id: alias.map(|alias| alias.key.id),
            creation_date: alias.map(|alias| EpochSeconds(alias.created)),
            last_updated_date: alias.map(|alias| EpochSeconds(alias.updated)),
        }
    }
}
