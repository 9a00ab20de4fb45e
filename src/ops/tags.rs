//! TagResource, UntagResource, ListResourceTags.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::{
    arn::KeyArn,
    kms::{EventKind, Key, KmsError, Quota, Rules, quota::Holder},
    ops::{
        call::{Call, Operation, Subject},
        members::{Member, Members},
        page::{Limits, Page},
        refusal::Refusal,
        spec::{Demand, Spec, States},
        wire::Empty,
    },
};

/// A name and a value on a key; not secret, and seen in cost reports.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    tag_key: String,
    tag_value: String,
}

impl From<(&String, &String)> for Tag {
    fn from((name, value): (&String, &String)) -> Self {
        Self { tag_key: name.clone(), tag_value: value.clone() }
    }
}

impl Member for Tag {
    fn read(value: Option<Value>) -> Option<Self> {
        let Some(Value::Object(members)) = value else { return None };
        let mut members = Members::new(members);
        let tag = Self { tag_key: members.take("TagKey"), tag_value: members.take("TagValue") };
        members.finish().ok().map(|()| tag)
    }
}

/// Adds tags, or replaces the values of tags that are there (API reference, TagResource).
pub struct TagResource {
    key_id: String,
    tags: Vec<Tag>,
}

impl Operation for TagResource {
    const SPEC: Spec =
        Spec { name: "TagResource", demands: &[Demand::own("kms:TagResource", States::Edit)], accepts_alias: false };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), tags: members.take("Tags") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        let rules = call.world.rules();
        call.change(|key, _, _| {
            let before = key.tags.clone();
            key.tags = merge(key.arn, &before, self.tags, rules)?;
            Ok(if key.tags == before { Vec::new() } else { vec![EventKind::TagsChanged] })
        })?;
        Ok(Empty)
    }
}

/// Takes tags away; names that are not there do no harm (API reference, UntagResource).
pub struct UntagResource {
    key_id: String,
    tag_keys: Vec<String>,
}

impl Operation for UntagResource {
    const SPEC: Spec = Spec {
        name: "UntagResource",
        demands: &[Demand::own("kms:UntagResource", States::Edit)],
        accepts_alias: false,
    };
    type Output = Empty;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), tag_keys: members.take("TagKeys") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn run(self, call: &mut Call<'_>) -> Result<Empty, Refusal> {
        call.change(|key, _, _| {
            let before = key.tags.len();
            key.tags.retain(|name, _| !self.tag_keys.contains(name));
            Ok(if key.tags.len() == before { Vec::new() } else { vec![EventKind::TagsChanged] })
        })?;
        Ok(Empty)
    }
}

/// A key's tags by name (API reference, ListResourceTags).
pub struct ListResourceTags {
    key_id: String,
    limit: Option<u32>,
    marker: Option<String>,
}

impl Operation for ListResourceTags {
    const SPEC: Spec = Spec {
        name: "ListResourceTags",
        demands: &[Demand::own("kms:ListResourceTags", States::Any)],
        accepts_alias: false,
    };
    type Output = TagList;

    fn read(members: &mut Members) -> Self {
        Self { key_id: members.take("KeyId"), limit: members.take("Limit"), marker: members.take("Marker") }
    }

    fn subjects(&self) -> Vec<Subject<'_>> {
        vec![Subject::Key(&self.key_id)]
    }

    fn run(self, call: &mut Call<'_>) -> Result<TagList, Refusal> {
        let page: Page<String> = Page::parse(self.limit, self.marker.as_deref(), &Limits { default: 50, most: 50 })?;
        let tags = call.key(0)?.tags.iter().filter(|(name, _)| page.after.as_ref().is_none_or(|after| *name > after));
        let listed = page.take(tags, |(name, _)| (*name).clone());
        Ok(TagList {
            tags: listed.items.into_iter().map(Tag::from).collect(),
            truncated: listed.next_marker.is_some(),
            next_marker: listed.next_marker,
        })
    }
}

/// Every tag of a key, by name.
pub fn all_of(key: &Key) -> Vec<Tag> {
    key.tags.iter().map(Tag::from).collect()
}

/// `present` with `added` on top, if the result is one a key may have.
pub fn merge(
    key: KeyArn,
    present: &BTreeMap<String, String>,
    added: Vec<Tag>,
    rules: Rules,
) -> Result<BTreeMap<String, String>, KmsError> {
    let mut names: Vec<&str> = added.iter().map(|tag| tag.tag_key.as_str()).collect();
    names.sort_unstable();
    if let Some([name, _]) = names.array_windows().find(|[one, next]| one == next) {
        return Err(KmsError::TagTwice((*name).to_owned()));
    }
    if let Some(name) = names.iter().find(|name| name.to_ascii_lowercase().starts_with("aws:")) {
        return Err(KmsError::TagReserved((*name).to_owned()));
    }
    let mut merged = present.clone();
    merged.extend(added.into_iter().map(|tag| (tag.tag_key, tag.tag_value)));
    Quota::TagsPerKey.check(rules, Holder::Key(key), merged.len())?;
    Ok(merged)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagList {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
    tags: Vec<Tag>,
    truncated: bool,
}
