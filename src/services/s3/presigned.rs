//! Presigned URLs: whoever has one asks in the name of whoever signed it, until it expires.

use serde_json::{Value, json};

use crate::{
    arn::Region,
    clock::{Span, Timestamp},
    endpoint::presigned::{self, Presigned},
    estate::{
        credential::{AccessKey, AccessKeyId},
        principal::Caller,
    },
    lang::message,
};

use super::{
    super::{Cx, ServiceError, form::Parameters},
    SERVICE,
};

pub(super) fn presign(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let (bucket, key) = (parameters.text("Bucket"), parameters.text("Key"));
    let found = cx.world.estate.access_keys.iter().find(|(_, access_key)| access_key.caller == cx.caller);
    let Some((id, AccessKey { secret, session_token, .. })) = found else {
        let message = format!("{} has no access key to sign with.", cx.caller);
        return Err(ServiceError::new("CredentialsError", 400, message));
    };
    let signed = Presigned {
        host: format!("{bucket}.s3.{}.amazonaws.com", cx.region),
        path: format!("/{}", presigned::escape(key)),
        access_key_id: id.to_string(),
        region: cx.region.to_string(),
        moment: presigned::basic(cx.now()),
        expires: parameters.number("ExpiresIn").unwrap_or_default(),
        token: session_token.as_ref().map(|token| token.expose().to_owned()),
    };
    let url = signed.url(secret.expose());
    cx.tell_of(
        "The signer",
        message!(
            "signs with the secret access key. Neither S3 nor KMS is asked, not even whether the signer may read."
        ),
    );
    Ok(json!({ "Url": url }))
}

pub(super) fn get(cx: &mut Cx<'_>, parameters: &Parameters) -> Result<Value, ServiceError> {
    let refused = |code, message: &str| Err(ServiceError::new(code, 403, message));
    let Some((asked, signature)) = Presigned::read(parameters.text("Url")) else {
        return Err(ServiceError::new(
            "AuthorizationQueryParametersError",
            400,
            "Not a URL with a signature of version 4.",
        ));
    };
    let signer = asked.access_key_id.parse::<AccessKeyId>().ok();
    let signer = signer.and_then(|id| cx.world.estate.access_keys.get(&id).cloned());
    let Some(AccessKey { caller, secret, session_token }) = signer else {
        return refused("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
    };
    if asked.token.as_deref() != session_token.as_ref().map(|token| token.expose()) {
        return refused("InvalidToken", "The provided token is malformed or otherwise not valid.");
    }
    if !asked.is_signed_with(secret.expose(), &signature) {
        let message = "The request signature we calculated does not match the signature you provided.";
        return refused("SignatureDoesNotMatch", message);
    }
    let Some(signed_at) = presigned::from_basic(&asked.moment) else {
        return refused("AccessDenied", "X-Amz-Date must be formatted ISO8601.");
    };
    let expiry: Timestamp = signed_at.after(Span::from_millis(i64::try_from(asked.expires).unwrap_or(0) * 1000));
    if cx.now() >= expiry {
        return refused("AccessDenied", "Request has expired");
    }
    let suffix = format!(".s3.{}.amazonaws.com", asked.region);
    let region = asked.region.parse::<Region>().ok();
    let Some((bucket, region)) = asked.host.strip_suffix(&suffix).zip(region) else {
        return refused("SignatureDoesNotMatch", "The host is not the one that was signed for.");
    };
    let key = presigned::unescape(asked.path.strip_prefix('/').unwrap_or_default());
    cx.tell(message!(
        "The signature is that of {who}, and good until {expiry}. From here on, they ask.",
        who = name(&caller),
        expiry
    ));
    cx.in_region(region, |cx| {
        cx.acting_as(caller, |cx| {
            cx.through(&SERVICE, |cx| {
                let (body, object) = cx.read_object(bucket, &key, None, true)?;
                Ok(object.answer(&body))
            })
        })
    })
}

fn name(caller: &Caller) -> String {
    caller.short_name()
}
