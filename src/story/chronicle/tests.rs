use expect_test::{Expect, expect};

use super::{
    axis::{FIRST_ZOOM, Window, last_zoom, ticks},
    picture::{self, Tense},
    start::STARTS,
    *,
};
use crate::{clock::Span, entropy::Seed};

fn timeline() -> Timeline {
    Timeline::ready_to_play("2030-01-01T00:00:00Z".parse().unwrap(), Seed::from_number(7))
}

fn begun(title: &str) -> Timeline {
    let mut timeline = timeline();
    let start = STARTS.iter().find(|start| start.title == title).unwrap();
    let caller = "arn:aws:sts::111122223333:assumed-role/OrdersApp/session".parse().unwrap();
    start.make(&mut timeline, &caller, Region::US_EAST_1);
    timeline
}

fn administrator() -> Caller {
    "arn:aws:iam::111122223333:user/Administrator".parse().unwrap()
}

/// A picture as lines of text.
fn drawn(timeline: &Timeline, zoom: usize) -> String {
    let chronicle = Chronicle::read(timeline);
    let window = Window::around(chronicle.now, zoom);
    let mut text = String::new();
    for life in &chronicle.lives {
        let row = picture::row(&chronicle, life, window);
        text += &format!("{} ({})\n", life.name, life.about);
        for bar in row.bars {
            let tense = match bar.tense {
                Tense::Kept => "",
                Tense::Current => " current",
                Tense::Ahead => " ahead",
            };
            text += &format!("  {}-{} {}{tense}: {}\n", bar.from, bar.to, bar.label, bar.title);
        }
        for shade in row.phases {
            text += &format!("  {}-{} {}\n", shade.from, shade.to, shade.title);
        }
        for flag in row.flags {
            text += &format!("  {} flag: {}\n", flag.place, flag.words);
        }
        for dot in row.dots {
            text += &format!("  {} dot: {}\n", dot.place, dot.title);
        }
        for name in &life.names {
            let row = picture::name_row(&chronicle, name, window);
            let pieces = row.pieces.iter().map(|piece| format!(" {}-{} {}", piece.from, piece.to, piece.target));
            text += &format!("  {}:{}; moves {:?}\n", name.alias.name, pieces.collect::<String>(), row.moves);
        }
    }
    text
}

#[track_caller]
fn check(timeline: &Timeline, zoom: usize, expected: Expect) {
    expected.assert_eq(&drawn(timeline, zoom));
}

#[test]
fn a_rotated_key_has_a_bar_for_each_version_and_a_dot_for_each_ciphertext() {
    check(
        &begun("A key gets older"),
        FIRST_ZOOM,
        expect![[r#"
            orders (yearly, automatic)
              86-1753 v1: version 1, made with the key, 2030-01-01; sealed until 2031-01-01, and is kept
              1753-3420 v2: version 2, automatic rotation, 2031-01-01; sealed until 2032-01-01, and is kept
              3420-5086 v3: version 3, automatic rotation, 2032-01-01; sealed until 2032-12-31, and is kept
              5086-6000 v4 current: version 4, automatic rotation, 2032-12-31; seals now
              6000-6753 v4 ahead: version 4, until 2033-12-31
              6753-8420 v5 ahead: version 5, from 2033-12-31
              8420-10000 v6 ahead: version 6, from 2034-12-31
              86 dot: GenerateDataKey, step 6 of orders, sealed by v1, on 2030-01-01
              1000 dot: GenerateDataKey, step 8 of orders, sealed by v1, on 2030-07-20
              2666 dot: GenerateDataKey, step 10 of orders, sealed by v2, on 2031-07-20
              4333 dot: GenerateDataKey, step 12 of orders, sealed by v3, on 2032-07-19
              6000 dot: GenerateDataKey, step 14 of orders, sealed by v4, on 2033-07-19
            invoices (does not rotate)
              86-6000 v1 current: version 1, made with the key, 2030-01-01; seals now
              6000-10000 v1 ahead: version 1 stays the current one
        "#]],
    );
}

#[test]
fn an_alias_that_moved_has_a_row() {
    check(
        &begun("An alias moves"),
        FIRST_ZOOM,
        expect![[r#"
            orders (does not rotate)
              3255-6000 v1 current: version 1, made with the key, 2030-01-01; seals now
              6000-10000 v1 ahead: version 1 stays the current one
            invoices (does not rotate)
              3255-6000 v1 current: version 1, made with the key, 2030-01-01; seals now
              6000-10000 v1 ahead: version 1 stays the current one
            ledger, before (does not rotate)
              3255-6000 v1 current: version 1, made with the key, 2030-01-01; seals now
              6000-10000 v1 ahead: version 1 stays the current one
              3255 dot: Encrypt, step 7 of ledger, before, sealed by v1, on 2030-01-01
            ledger (does not rotate)
              5082-6000 v1 current: version 1, made with the key, 2031-02-05; seals now
              6000-10000 v1 ahead: version 1 stays the current one
              5086 dot: Encrypt, step 12 of ledger, sealed by v1, on 2031-02-06
              alias/ledger: 3255-5082 ledger, before 5082-6000 ledger 6000-10000 ledger; moves [5082]
        "#]],
    );
}

#[test]
fn a_deletion_is_a_flag_ahead_and_then_behind() {
    let mut timeline = begun("A deletion, slowly");
    check(
        &timeline,
        5,
        expect![[r#"
            orders (does not rotate)
              1041-6000 v1 current: version 1, made with the key, 2030-01-01; seals now
              6000-10000 v1 ahead: version 1 stays the current one
            invoices (does not rotate)
              1041-6000 v1 current: version 1, made with the key, 2030-01-01; seals now
              6000-10000 v1 ahead: version 1 stays the current one
            reports (does not rotate)
              1041-6000 v1 current: version 1, made with the key, 2030-01-01; the current one
              6000-6794 v1 ahead: version 1 is destroyed with the key on 2030-07-30
              5972-6000 pending deletion from 2030-06-30 to now
              6794 flag: gone in 29 d, with 2 ciphertexts
              1041 dot: Encrypt, step 7 of reports, sealed by v1, on 2030-01-01
              3506 dot: Encrypt, step 9 of reports, sealed by v1, on 2030-04-01
        "#]],
    );
    timeline.advance(Span::days(40));
    check(
        &timeline,
        5,
        expect![[r#"
            orders (does not rotate)
              0-6000 v1 current: version 1, made with the key, 2030-01-01; seals now
              6000-10000 v1 ahead: version 1 stays the current one
            invoices (does not rotate)
              0-6000 v1 current: version 1, made with the key, 2030-01-01; seals now
              6000-10000 v1 ahead: version 1 stays the current one
            reports (does not rotate)
              0-5698 v1: version 1, made with the key, 2030-01-01; destroyed with the key on 2030-07-30
              4876-5698 pending deletion from 2030-06-30 to 2030-07-30
              5698 flag: deleted, with 2 ciphertexts
              2410 dot: Encrypt, step 9 of reports, sealed by v1, on 2030-04-01
        "#]],
    );
}

#[test]
fn a_key_that_was_disabled_shows_when() {
    let mut timeline = timeline();
    let key = timeline.world().keys().next().unwrap().arn.id;
    for (operation, days) in [("DisableKey", 10), ("EnableKey", 20)] {
        timeline.call(administrator(), Region::US_EAST_1, operation, format!(r#"{{"KeyId": "{key}"}}"#));
        timeline.advance(Span::days(days));
    }
    check(
        &timeline,
        3,
        expect![[r#"
            orders (does not rotate)
              1000-6000 v1 current: version 1, made with the key, 2030-01-01; seals now
              6000-10000 v1 ahead: version 1 stays the current one
            invoices (does not rotate)
              1000-6000 v1 current: version 1, made with the key, 2030-01-01; seals now
              6000-10000 v1 ahead: version 1 stays the current one
              1000-2666 disabled from 2030-01-01 to 2030-01-11
        "#]],
    );
}

#[test]
fn every_start_goes_through() {
    for start in STARTS {
        let timeline = begun(start.title);
        assert!(timeline.steps().iter().all(|step| !step.refused()), "{}", start.title);
    }
}

#[test]
fn a_hundred_years_of_rotation_are_few_bars() {
    let mut timeline = begun("A key gets older");
    timeline.advance(Span::days(36_525));
    for zoom in 0..=last_zoom() {
        let chronicle = Chronicle::read(&timeline);
        for back in 0..40 {
            let window = Window::around(chronicle.now, zoom).moved(-back * 5);
            for life in &chronicle.lives {
                let row = picture::row(&chronicle, life, window);
                assert!(row.bars.len() < 240, "{} bars", row.bars.len());
                assert!(row.bars.iter().all(|bar| bar.from <= bar.to && bar.to <= axis::WIDTH));
                assert!(row.bars.is_sorted_by_key(|bar| bar.from));
            }
        }
    }
}

#[test]
fn ciphertexts_open_by_the_version_that_sealed_them_until_their_key_cannot() {
    let mut timeline = begun("A key gets older");
    let told = |timeline: &Timeline| {
        let chronicle = Chronicle::read(timeline);
        let tell = |ciphertext: &Ciphertext| {
            let life = chronicle.lives.iter().find(|life| life.key.arn == ciphertext.key).unwrap();
            match ciphertext.opening(timeline, life) {
                Opening::Opens { version } => format!("v{version}"),
                Opening::Closed { kind, .. } => kind.to_owned(),
            }
        };
        chronicle.ciphertexts.iter().map(tell).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(told(&timeline), "v1 v1 v2 v3 v4");
    let key = Chronicle::read(&timeline).ciphertexts[0].key.id;
    let before = timeline.snapshot();
    for (operation, answer) in
        [("DisableKey", "DisabledException"), ("ScheduleKeyDeletion", "KMSInvalidStateException")]
    {
        timeline.call(administrator(), Region::US_EAST_1, operation, format!(r#"{{"KeyId": "{key}"}}"#));
        assert_eq!(told(&timeline), [answer; 5].join(" "));
    }
    timeline.advance(Span::days(30));
    assert_eq!(told(&timeline), ["AccessDeniedException"; 5].join(" "));
    timeline.go_to(timeline.cursor() - 3);
    assert_eq!(timeline.snapshot(), before, "asking changes nothing");
}

#[test]
fn every_zoom_has_a_few_marks_in_order() {
    let mut told = String::new();
    for zoom in 0..=last_zoom() {
        for start in ["2030-03-14T09:26:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"] {
            let window = Window::around(start.parse().unwrap(), zoom);
            let ticks = ticks(window, zoom);
            assert!(ticks.is_sorted_by_key(|tick| tick.place), "{start} {zoom}");
            assert!((1..=14).contains(&ticks.len()) || start.starts_with("9999"), "{start} {zoom}: {ticks:?}");
            if start.starts_with("2030") {
                let labels: Vec<&str> = ticks.iter().map(|tick| tick.label.as_str()).collect();
                told += &format!("{}: {}\n", axis::zoom_name(zoom), labels.join(", "));
            }
        }
    }
    expect![[r#"
        6 hours: 06:00, 07:00, 08:00, 09:00, 10:00, 11:00
        2 days: 12:00, 14 Mar, 12:00, 15 Mar
        2 weeks: 7 Mar, 9 Mar, 11 Mar, 13 Mar, 15 Mar, 17 Mar, 19 Mar
        2 months: 15 Feb, 25 Feb, 7 Mar, 17 Mar, 27 Mar, 6 Apr
        6 months: Dec, 2030, Feb, Mar, Apr, May
        1 year: Sep, Nov, 2030, Mar, May, Jul
        3 years: Jul, 2029, Jul, 2030, Jul, 2031
        6 years: 2027, 2028, 2029, 2030, 2031, 2032
        15 years: 2022, 2024, 2026, 2028, 2030, 2032, 2034, 2036
        40 years: 2010, 2015, 2020, 2025, 2030, 2035, 2040, 2045
        120 years: 1970, 1980, 2000, 2020, 2040, 2060, 2080
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_still_is_an_svg_of_the_same() {
    let timeline = begun("An alias moves");
    let chronicle = Chronicle::read(&timeline);
    let lives: Vec<&Life> = chronicle.lives.iter().collect();
    let window = Window::around(chronicle.now, FIRST_ZOOM);
    let text = still::svg(&chronicle, &lives, window, FIRST_ZOOM);
    for part in ["<svg xmlns", "alias/ledger", "class=\"moved\"", "class=\"now\"", "class=\"sealed\"", "</svg>"] {
        assert!(text.contains(part), "{part}");
    }
    assert_eq!(text.matches("class=\"current\"").count(), chronicle.lives.len());
}
