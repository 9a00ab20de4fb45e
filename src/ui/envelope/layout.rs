//! Where things stand in the picture: one arrangement side by side, one from top to bottom.

use crate::{
    lang::msg,
    story::{Arrow, Place},
};

/// In units of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rect {
    pub x: i32,
    pub y: i32,
    pub w: i32,
    pub h: i32,
}

/// One of the three lanes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lane {
    pub rect: Rect,
    pub title: &'static str,
    pub under: &'static str,
    /// Where its title begins.
    pub text: (i32, i32),
}

/// An arrangement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub class: &'static str,
    pub size: (i32, i32),
    pub lanes: [Lane; 3],
    pub divider: Option<(i32, i32, i32)>,
    pub key_label: (i32, i32),
    pub nonce: (i32, i32),
    pub footnote: (i32, i32),
    versions: [Rect; 3],
    rects: [Rect; 12],
    arrows: [Drawn; 14],
}

/// An arrow's paths, each with whether it ends in a head.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Drawn {
    pub paths: &'static [(&'static str, bool)],
    pub dashed: bool,
    /// Whether its label stands outside KMS.
    pub outside: bool,
    pub label: Option<(&'static str, i32, i32)>,
}

impl Layout {
    pub(super) fn rect(&self, place: Place) -> Rect {
        let [
            request,
            permission,
            state,
            plain,
            call_key,
            sealed,
            context,
            app_plain,
            app_key,
            app_wrapped,
            app_sealed,
            stored,
        ] = self.rects;
        match place {
            Place::Request => request,
            Place::Permission => permission,
            Place::KeyState => state,
            Place::KmsPlain => plain,
            Place::KmsCallKey => call_key,
            Place::KmsSealed => sealed,
            Place::KmsContext => context,
            Place::AppPlain => app_plain,
            Place::AppKey => app_key,
            Place::AppWrapped => app_wrapped,
            Place::AppSealed => app_sealed,
            Place::Stored => stored,
        }
    }

    /// The box of the key material at `index`; there are at most three.
    pub(super) fn version(&self, index: usize) -> Rect {
        let [first, second, third] = self.versions;
        match index {
            0 => first,
            1 => second,
            _ => third,
        }
    }

    /// The path from the key material at `index` to the per-call key.
    pub(super) fn derivation(&self, index: usize) -> String {
        let (from, to) = (self.version(index), self.rect(Place::KmsCallKey));
        let (x, y) = (from.x + from.w / 2, from.y + from.h);
        let (end_x, end_y) = (to.x + to.w / 2, to.y - 4);
        if x == end_x { format!("M{x} {y} V{end_y}") } else { format!("M{x} {y} V{} H{end_x} V{end_y}", y + 14) }
    }

    pub(super) fn arrow(&self, arrow: Arrow) -> &Drawn {
        let [
            ask,
            derive,
            call_key,
            wrap,
            unwrap,
            bind,
            plain_out,
            sealed_out,
            plain_in,
            sealed_in,
            seal,
            open,
            keep,
            fetch,
        ] = &self.arrows;
        match arrow {
            Arrow::Ask => ask,
            Arrow::Derive => derive,
            Arrow::CallKey => call_key,
            Arrow::WrapUp => wrap,
            Arrow::UnwrapUp => unwrap,
            Arrow::Bind => bind,
            Arrow::PlainOut => plain_out,
            Arrow::SealedOut => sealed_out,
            Arrow::PlainIn => plain_in,
            Arrow::SealedIn => sealed_in,
            Arrow::SealHere => seal,
            Arrow::OpenHere => open,
            Arrow::Keep => keep,
            Arrow::Fetch => fetch,
        }
    }
}

const fn rect(x: i32, y: i32, w: i32, h: i32) -> Rect {
    Rect { x, y, w, h }
}

const fn drawn(paths: &'static [(&'static str, bool)]) -> Drawn {
    Drawn { paths, dashed: false, outside: false, label: None }
}

const fn labelled(paths: &'static [(&'static str, bool)], words: &'static str, x: i32, y: i32) -> Drawn {
    Drawn { paths, dashed: false, outside: x > 300, label: Some((words, x, y)) }
}

/// Side by side.
pub(super) static WIDE: Layout = Layout {
    class: "wide",
    size: (752, 618),
    lanes: [
        Lane { rect: rect(14, 14, 266, 590), title: "KMS", under: msg!("inside the HSM boundary"), text: (32, 44) },
        Lane {
            rect: rect(300, 14, 232, 590),
            title: msg!("Your application"),
            under: msg!("in memory, for a moment"),
            text: (326, 44),
        },
        Lane {
            rect: rect(548, 14, 190, 590),
            title: msg!("Storage"),
            under: msg!("disk, bucket, table"),
            text: (562, 44),
        },
    ],
    divider: Some((543, 14, 604)),
    key_label: (32, 128),
    nonce: (98, 210),
    footnote: (32, 568),
    versions: [rect(32, 138, 70, 42), rect(110, 138, 70, 42), rect(188, 138, 74, 42)],
    rects: [
        rect(326, 76, 192, 28),
        rect(32, 78, 110, 26),
        rect(150, 78, 112, 26),
        rect(162, 250, 100, 42),
        rect(32, 250, 110, 42),
        rect(52, 354, 210, 46),
        rect(32, 474, 230, 66),
        rect(326, 124, 192, 62),
        rect(326, 240, 192, 62),
        rect(326, 346, 192, 62),
        rect(326, 474, 192, 66),
        rect(562, 224, 174, 200),
    ],
    arrows: [
        drawn(&[("M326 90 H284", true)]),
        drawn(&[("M67 180 V246", true)]),
        drawn(&[("M87 292 V350", true)]),
        labelled(&[("M212 292 V350", true)], "AES-256-GCM", 150, 326),
        labelled(&[("M212 354 V296", true)], "AES-256-GCM", 150, 326),
        Drawn {
            paths: &[("M157 474 V404", true)],
            dashed: true,
            outside: false,
            label: Some((msg!("bound in"), 190, 444)),
        },
        drawn(&[("M262 271 H321", true)]),
        drawn(&[("M262 377 H321", true)]),
        drawn(&[("M326 155 H296 Q290 155 290 161 V265 Q290 271 284 271 H267", true)]),
        drawn(&[("M326 377 H267", true)]),
        labelled(
            &[("M518 155 H525 Q531 155 531 161 V501 Q531 507 525 507 H523", true), ("M518 271 H531", false)],
            msg!("AES-256-GCM, here"),
            422,
            446,
        ),
        labelled(
            &[("M518 507 H525 Q531 507 531 501 V161 Q531 155 525 155 H523", true), ("M518 271 H531", false)],
            msg!("AES-256-GCM, here"),
            422,
            446,
        ),
        drawn(&[("M518 377 H557", true), ("M518 524 H643 Q649 524 649 518 V429", true)]),
        drawn(&[("M562 377 H523", true), ("M649 424 V518 Q649 524 643 524 H523", true)]),
    ],
};

/// From top to bottom.
pub(super) static NARROW: Layout = Layout {
    class: "narrow",
    size: (312, 1126),
    lanes: [
        Lane { rect: rect(2, 2, 308, 514), title: "KMS", under: msg!("inside the HSM boundary"), text: (20, 30) },
        Lane {
            rect: rect(2, 532, 308, 330),
            title: msg!("Your application"),
            under: msg!("in memory"),
            text: (20, 560),
        },
        Lane {
            rect: rect(2, 878, 308, 246),
            title: msg!("Storage"),
            under: msg!("disk, bucket, table"),
            text: (20, 906),
        },
    ],
    divider: None,
    key_label: (24, 116),
    nonce: (84, 200),
    footnote: (24, 480),
    versions: [rect(24, 126, 80, 42), rect(114, 126, 80, 42), rect(204, 126, 84, 42)],
    rects: [
        rect(154, 544, 134, 30),
        rect(24, 64, 124, 28),
        rect(158, 64, 130, 28),
        rect(168, 236, 120, 42),
        rect(24, 236, 124, 42),
        rect(54, 316, 220, 44),
        rect(24, 392, 264, 60),
        rect(24, 596, 264, 56),
        rect(24, 662, 264, 56),
        rect(24, 728, 264, 56),
        rect(24, 794, 264, 56),
        rect(24, 938, 264, 176),
    ],
    arrows: [
        drawn(&[("M221 544 V519", true)]),
        drawn(&[("M64 168 V232", true)]),
        drawn(&[("M90 278 V312", true)]),
        labelled(&[("M228 278 V312", true)], "AES-GCM", 158, 301),
        labelled(&[("M228 316 V282", true)], "AES-GCM", 158, 301),
        Drawn {
            paths: &[("M164 392 V364", true)],
            dashed: true,
            outside: false,
            label: Some((msg!("bound in"), 200, 382)),
        },
        drawn(&[("M288 257 H293 Q297 257 297 261 V686 Q297 690 293 690 H292", true)]),
        drawn(&[("M54 338 H17 Q13 338 13 342 V752 Q13 756 17 756 H20", true)]),
        drawn(&[("M288 624 H293 Q297 624 297 620 V261 Q297 257 293 257 H292", true)]),
        drawn(&[("M24 756 H17 Q13 756 13 752 V342 Q13 338 17 338 H50", true)]),
        drawn(&[("M288 624 H299 Q303 624 303 628 V818 Q303 822 299 822 H292", true), ("M288 698 H303", false)]),
        drawn(&[("M288 822 H299 Q303 822 303 818 V628 Q303 624 299 624 H292", true), ("M288 698 H303", false)]),
        drawn(&[("M156 850 V934", true), ("M24 770 H17 Q13 770 13 774 V1010 Q13 1014 17 1014 H20", true)]),
        drawn(&[("M156 938 V854", true), ("M24 1014 H17 Q13 1014 13 1010 V774 Q13 770 17 770 H20", true)]),
    ],
};

/// At most `room` characters, the middle left out.
pub(super) fn fit(text: &str, room: usize) -> String {
    let count = text.chars().count();
    if count <= room {
        return text.to_owned();
    }
    let tail = room / 3;
    let head = room.saturating_sub(tail + 1);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - tail).collect();
    format!("{start}…{end}")
}
