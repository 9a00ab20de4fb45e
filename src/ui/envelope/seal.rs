//! The application's half: sealing and opening a file in this tab, chunk by chunk, with the browser's own AES.
//!
//! The format is [`crate::envelope`]'s; here are only reading, the browser's AES-GCM and collecting the parts. The data
//! key is wiped when its holder is dropped, however the work ends.

use std::{cell::Cell, rc::Rc};

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, ArrayBuffer, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, CryptoKey, SubtleCrypto};
use yew::Callback;
use zeroize::Zeroizing;

use crate::{
    envelope::{Chunk, DamagedEnvelope, Header},
    lang::tr,
    story::facts::LocalFault,
};

/// How many bytes of a file or an envelope are kept for looking at.
const START: u64 = 1536;

/// Why the work did not end well.
pub(super) enum Stopped {
    Cancelled { done: u64 },
    Fault(LocalFault),
}

/// What is under way, and how to stop it.
#[derive(Clone)]
pub(super) struct Work {
    pub cancelled: Rc<Cell<bool>>,
    /// Bytes of plaintext done so far.
    pub progress: Callback<u64>,
}

/// 32 bytes that are overwritten when they are dropped.
pub(super) type DataKey = Zeroizing<[u8; 32]>;

/// Whether this page may use the browser's AES; without it the program's own is slower.
pub(super) fn has_fast_aes() -> bool {
    subtle().is_some()
}

/// The envelope of `plaintext`, and its first bytes.
pub(super) async fn seal(
    header: &Header,
    plaintext: &Blob,
    key: DataKey,
    work: &Work,
) -> Result<(Blob, Vec<u8>), Stopped> {
    let cipher = Cipher::new(key, "encrypt").await;
    let parts = Array::of1(&Uint8Array::from(header.prefix()).into());
    let mut start = header.prefix().to_vec();
    let mut pace = Pace::new(header, work);
    for chunk in header.chunks() {
        let bytes = read(plaintext, chunk.plaintext.start, chunk.plaintext.end).await?;
        let sealed = cipher.seal(header, &chunk, &bytes).await?;
        keep_start(&mut start, &sealed);
        parts.push(blob_of(&Array::of1(&sealed), "")?.as_ref());
        pace.after(&chunk)?;
        cipher.breathe().await;
    }
    Ok((blob_of(&parts, "application/octet-stream")?, start))
}

/// The file in an envelope, and its first bytes.
pub(super) async fn open(header: &Header, file: &Blob, key: DataKey, work: &Work) -> Result<(Blob, Vec<u8>), Stopped> {
    let cipher = Cipher::new(key, "decrypt").await;
    let parts = Array::new();
    let mut start = Vec::new();
    let mut pace = Pace::new(header, work);
    for chunk in header.chunks() {
        let bytes = read(file, chunk.sealed.start, chunk.sealed.end).await?;
        let opened = cipher.open(header, &chunk, &bytes).await?;
        keep_start(&mut start, &opened);
        parts.push(blob_of(&Array::of1(&opened), "")?.as_ref());
        pace.after(&chunk)?;
        cipher.breathe().await;
    }
    // The type stays what it is for a download: nothing a stranger's file says about itself is run.
    Ok((blob_of(&parts, "application/octet-stream")?, start))
}

/// The first bytes of a file, at most `length`.
pub(super) async fn read_start(blob: &Blob, length: u64) -> Result<Vec<u8>, String> {
    let end = length.min(size_of(blob));
    read(blob, 0, end).await.map(|buffer| Uint8Array::new(&buffer).to_vec()).map_err(|stopped| match stopped {
        Stopped::Fault(LocalFault::Unreadable(words)) => words,
        Stopped::Fault(_) | Stopped::Cancelled { .. } => tr!("it could not be read").to_owned(),
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size is a whole number from 0 to 2^53")]
pub(super) fn size_of(blob: &Blob) -> u64 {
    blob.size() as u64
}

/// A blob of the given parts.
pub(super) fn blob_of(parts: &Array, media_type: &str) -> Result<Blob, Stopped> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    Blob::new_with_blob_sequence_and_options(parts, &options).map_err(|error| Stopped::Fault(unreadable(&error)))
}

/// The same file with one bit of one byte the other way, and the byte before and after.
pub(super) async fn flipped(blob: &Blob, at: u64) -> Result<(Blob, u8, u8), String> {
    let length = size_of(blob);
    let byte = read(blob, at, (at + 1).min(length)).await.ok();
    let before = byte.map(|buffer| Uint8Array::new(&buffer)).filter(|bytes| bytes.length() == 1);
    let before = before.map(|bytes| bytes.get_index(0)).ok_or(tr!("there is no such byte"))?;
    let after = before ^ 1;
    let failed = |_| tr!("the browser could not copy the file").to_owned();
    let parts = Array::of3(
        slice(blob, 0, at).map_err(failed)?.as_ref(),
        &Uint8Array::from([after].as_slice()),
        slice(blob, at + 1, length).map_err(failed)?.as_ref(),
    );
    let changed = blob_of(&parts, "").map_err(|_| tr!("the browser could not copy the file").to_owned())?;
    Ok((changed, before, after))
}

/// 7 bytes of the browser's chance. The world's own would repeat after an undo, and a nonce must not.
#[expect(clippy::disallowed_methods, reason = "the world's chance repeats after an undo; a nonce must never")]
pub(super) fn nonce_prefix() -> Result<[u8; 7], LocalFault> {
    let mut bytes = [0; 7];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(LocalFault::Unwritable(tr!("the browser gives no random bytes: {error}", error))),
    }
}

/// Tells of progress about a hundred times in all, and stops when asked.
struct Pace<'a> {
    work: &'a Work,
    every: u64,
    told: u64,
}

impl<'a> Pace<'a> {
    fn new(header: &Header, work: &'a Work) -> Self {
        Self { work, every: header.members().plaintext_length / 100, told: 0 }
    }

    fn after(&mut self, chunk: &Chunk) -> Result<(), Stopped> {
        let done = chunk.plaintext.end;
        if self.work.cancelled.get() {
            return Err(Stopped::Cancelled { done });
        }
        if done - self.told >= self.every.max(1) {
            self.told = done;
            self.work.progress.emit(done);
        }
        Ok(())
    }
}

/// The browser's AES-GCM, or the program's own where a page may not use that.
enum Cipher {
    Browser(SubtleCrypto, CryptoKey),
    Own(DataKey),
}

impl Cipher {
    async fn new(key: DataKey, usage: &str) -> Self {
        if let Some(subtle) = subtle() {
            // A copy that can be overwritten once the browser has the key.
            let raw = Uint8Array::from(key.as_slice());
            let usages = Array::of1(&usage.into());
            let imported = subtle.import_key_with_str("raw", &raw, "AES-GCM", false, &usages).map(JsFuture::from);
            let imported = match imported {
                Ok(promise) => promise.await.ok(),
                Err(_) => None,
            };
            raw.fill(0, 0, 32);
            if let Some(imported) = imported {
                return Self::Browser(subtle, imported.unchecked_into());
            }
        }
        Self::Own(key)
    }

    async fn seal(&self, header: &Header, chunk: &Chunk, bytes: &ArrayBuffer) -> Result<ArrayBuffer, Stopped> {
        match self {
            Self::Browser(subtle, key) => {
                let promise = subtle.encrypt_with_object_and_buffer_source(&algorithm(header, chunk), key, bytes);
                let sealed = JsFuture::from(promise.map_err(|error| Stopped::Fault(unreadable(&error)))?).await;
                sealed.map(JsCast::unchecked_into).map_err(|error| Stopped::Fault(unreadable(&error)))
            }
            Self::Own(key) => {
                let plaintext = Zeroizing::new(Uint8Array::new(bytes).to_vec());
                Ok(Uint8Array::from(header.seal_chunk(chunk, key, &plaintext).as_slice()).buffer())
            }
        }
    }

    async fn open(&self, header: &Header, chunk: &Chunk, bytes: &ArrayBuffer) -> Result<ArrayBuffer, Stopped> {
        let damaged = |damage: DamagedEnvelope| Stopped::Fault(LocalFault::Damaged(damage));
        match self {
            Self::Browser(subtle, key) => {
                let promise = subtle.decrypt_with_object_and_buffer_source(&algorithm(header, chunk), key, bytes);
                let opened = JsFuture::from(promise.map_err(|error| Stopped::Fault(unreadable(&error)))?).await;
                opened.map(JsCast::unchecked_into).map_err(|_| damaged(chunk.not_authentic()))
            }
            Self::Own(key) => {
                let sealed = Uint8Array::new(bytes).to_vec();
                let opened = header.open_chunk(chunk, key, &sealed).map_err(damaged)?;
                Ok(Uint8Array::from(opened.expose()).buffer())
            }
        }
    }

    /// Lets the page draw, where the work does not do so by itself.
    async fn breathe(&self) {
        match self {
            Self::Browser(..) => {}
            Self::Own(_) => TimeoutFuture::new(0).await,
        }
    }
}

fn algorithm(header: &Header, chunk: &Chunk) -> Object {
    let algorithm = Object::new();
    let members: [(&str, JsValue); 3] = [
        ("name", "AES-GCM".into()),
        ("iv", Uint8Array::from(chunk.nonce.as_slice()).into()),
        ("additionalData", Uint8Array::from(header.prefix()).into()),
    ];
    for (name, value) in members {
        // Setting a member of a plain object does not fail.
        let _ = Reflect::set(&algorithm, &name.into(), &value);
    }
    algorithm
}

fn subtle() -> Option<SubtleCrypto> {
    let crypto = web_sys::window()?.crypto().ok()?;
    // Undefined where the page did not come over https or from this machine.
    let subtle = Reflect::get(&crypto, &"subtle".into()).ok()?;
    subtle.dyn_into().ok()
}

#[expect(clippy::cast_precision_loss, reason = "a file is far below 2^53 bytes")]
fn slice(blob: &Blob, start: u64, end: u64) -> Result<Blob, JsValue> {
    blob.slice_with_f64_and_f64(start as f64, end as f64)
}

async fn read(blob: &Blob, start: u64, end: u64) -> Result<ArrayBuffer, Stopped> {
    let part = slice(blob, start, end).map_err(|error| Stopped::Fault(unreadable(&error)))?;
    let read = JsFuture::from(part.array_buffer()).await;
    read.map(JsCast::unchecked_into).map_err(|error| Stopped::Fault(unreadable(&error)))
}

fn keep_start(start: &mut Vec<u8>, part: &ArrayBuffer) {
    let missing = START.saturating_sub(start.len() as u64);
    let missing = u32::try_from(missing).unwrap_or(0).min(part.byte_length());
    start.extend(Uint8Array::new_with_byte_offset_and_length(part, 0, missing).to_vec());
}

/// In the browser's words.
fn unreadable(error: &JsValue) -> LocalFault {
    let message = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    let named = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    LocalFault::Unreadable(message.or(named).unwrap_or_else(|| tr!("the browser does not say why").to_owned()))
}
