//! What a client needs to know of the accounts of a world: who there is, and what they sign requests with.

use serde::Serialize;

use crate::estate::{Estate, credential::SecretText};

/// One account.
#[derive(Serialize)]
pub(crate) struct AccountShown {
    pub(crate) id: String,
    pub(crate) principals: Vec<PrincipalShown>,
}

/// Named as the AWS SDK for JavaScript names credentials.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PrincipalShown {
    pub(crate) arn: String,
    access_key_id: String,
    secret_access_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<String>,
}

/// Every account and who in it signs requests.
pub(crate) fn accounts(estate: &Estate) -> Vec<AccountShown> {
    let shown = |text: &SecretText| text.expose().to_owned();
    let principals = |account| {
        let keys = estate.access_keys.iter().filter(move |(_, key)| key.caller.account() == account);
        keys.map(|(id, key)| PrincipalShown {
            arn: key.caller.to_string(),
            access_key_id: id.to_string(),
            secret_access_key: shown(&key.secret),
            session_token: key.session_token.as_ref().map(shown),
        })
    };
    let accounts = estate.accounts.keys();
    accounts.map(|&id| AccountShown { id: id.to_string(), principals: principals(id).collect() }).collect()
}
