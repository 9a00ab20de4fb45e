//! A policy that is put in place or taken away, in words.

use crate::{
    estate::attachment::{Attachment, Place},
    lang::tr,
};

/// What is done to which policy, and whose it is.
pub fn phrase(attachment: &Attachment) -> (String, String) {
    let Attachment { place, name, document } = attachment;
    let kind = match place {
        Place::User(..) | Place::Role(..) | Place::Group(..) => tr!("Policy"),
        Place::UserBoundary(..) | Place::RoleBoundary(..) => tr!("Permissions boundary"),
        Place::Session(..) => tr!("Session policy"),
        Place::Endpoint(_) => tr!("VPC endpoint policy"),
        Place::ServiceControl(_) => tr!("Service control policy (SCP)"),
        Place::ResourceControl(_) => tr!("Resource control policy (RCP)"),
    };
    let title = match document {
        Some(_) => tr!("{kind} {name} is put in place", kind, name),
        None => tr!("{kind} {name} is taken away", kind, name),
    };
    let whose = match place {
        Place::User(account, name) | Place::UserBoundary(account, name) => {
            tr!("for the user {name} of account {account}", name, account)
        }
        Place::Role(account, name) | Place::RoleBoundary(account, name) | Place::Session(account, name) => {
            tr!("for the role {name} of account {account}", name, account)
        }
        Place::Group(account, name) => tr!("for the group {name} of account {account}", name, account),
        Place::Endpoint(account) | Place::ServiceControl(Some(account)) | Place::ResourceControl(Some(account)) => {
            tr!("for account {account}", account)
        }
        Place::ServiceControl(None) | Place::ResourceControl(None) => tr!("for the whole organization").to_owned(),
    };
    (title, whose)
}
