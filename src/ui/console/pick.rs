//! Values from the world and from earlier answers, to be picked instead of typed.

use std::rc::Rc;

use crate::{
    arn::Region, estate::principal::Caller, lang::tr, ops::table, story::examples::answered, timeline::Timeline,
};

/// Where suggestions come from.
pub(super) struct From {
    pub timeline: Rc<Timeline>,
    pub caller: Caller,
    pub region: Region,
    pub operation: &'static str,
}

/// So many are offered at most.
const MOST: usize = 200;

impl From {
    /// Values for a member of that name, each with what it is.
    pub(super) fn suggestions(&self, name: &str) -> Vec<(String, String)> {
        let world = self.timeline.world();
        let account = self.caller.account();
        let aliases = || world.aliases_in(account, self.region, None).map(|(arn, _)| arn.name.as_str().to_owned());
        match name {
            "XksKeyId" => Vec::new(),
            _ if name.ends_with("KeyId") => self.keys(),
            "AliasName" => aliases().take(MOST).map(|name| (name.clone(), name)).collect(),
            "GranteePrincipal" | "RetiringPrincipal" => world
                .estate
                .callers()
                .iter()
                .map(|it| (it.to_string(), format!("{} {}", it.short_name(), it.account())))
                .collect(),
            "ReplicaRegion" | "PrimaryRegion" => {
                Region::ALL.iter().map(|region| (region.to_string(), region.to_string())).collect()
            }
            "Policy" | "Description" => Vec::new(),
            _ => {
                let source = match name {
                    "Marker" => "NextMarker",
                    _ if name.starts_with("GrantTokens ") => "GrantToken",
                    _ => name,
                };
                let found = answered(&self.timeline, source);
                found.map(|value| (value, tr!("the last {source}", source))).into_iter().collect()
            }
        }
    }

    fn keys(&self) -> Vec<(String, String)> {
        let world = self.timeline.world();
        let account = self.caller.account();
        let takes_alias = table::find(self.operation).is_none_or(|entry| entry.spec.accepts_alias);
        let here = world.keys().filter(|key| key.arn.region == self.region);
        let (own, others): (Vec<_>, Vec<_>) = here.partition(|key| key.arn.account == account);
        let mut found = Vec::new();
        for key in own.into_iter().chain(others) {
            let alias = world.aliases_of(key.arn).next().map(|name| name.as_str().to_owned());
            let is_own = key.arn.account == account;
            let id = key.arn.id.to_string();
            let value = match (&alias, is_own) {
                (Some(alias), true) if takes_alias => alias.clone(),
                (_, true) => id.clone(),
                (_, false) => key.arn.to_string(),
            };
            let short = id.get(..8).unwrap_or(&id).to_owned();
            let name = alias.unwrap_or_else(|| format!("{short}… {}", key.description));
            let owner = if is_own { String::new() } else { tr!(", account {account}", account = key.arn.account) };
            let state = key.state.as_str();
            let state = if state == "Enabled" { String::new() } else { format!(", {state}") };
            found.push((value, format!("{} · {}{state}{owner}", name.trim_end(), key.spec)));
        }
        found.truncate(MOST);
        found
    }
}
