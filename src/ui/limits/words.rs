//! What a lab shows, in words and figures.

use crate::{
    kms::{rate::RequestQuota, throttle::Payer},
    load::{Lab, meter::Line},
};

/// For example `36,180,000`.
pub(in crate::ui) fn grouped(number: u64) -> String {
    written(&number.to_string())
}

/// The same of digits, which may have a fraction.
pub(in crate::ui) fn written(digits: &str) -> String {
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut text = String::with_capacity(digits.len() + 4);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text.push_str(fraction);
    text
}

/// Millionths of a dollar, to the cent; what is less than one and not nothing shows as that.
pub(in crate::ui) fn dollars(micro: u64) -> String {
    match micro {
        1..5_000 => "under $0.01".to_owned(),
        _ => {
            let cents = micro.saturating_add(5_000) / 10_000;
            format!("${}.{:02}", grouped(cents / 100), cents % 100)
        }
    }
}

/// For example `1 h 02 min`.
pub(in crate::ui) fn duration(seconds: u64) -> String {
    match (seconds / 3_600, seconds % 3_600 / 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min"),
    }
}

/// Without the words that all names of quotas end with.
pub(in crate::ui) fn quota_name(line: &Line) -> String {
    let name = line.quota.to_string();
    name.strip_suffix(" request rate").unwrap_or(&name).to_owned()
}

/// Whose quota it is, for example `account 111122223333`.
pub(in crate::ui) fn payer(line: &Line) -> String {
    match line.payer {
        Payer::Account { account, .. } => format!("account {account}"),
        Payer::Store { store, .. } => format!("key store {store}"),
    }
}

/// The same with where.
pub(super) fn payer_in(lab: &Lab, line: &Line) -> String {
    let (Payer::Account { region, .. } | Payer::Store { region, .. }) = line.payer;
    if region == lab.region { payer(line) } else { format!("{} in {region}", payer(line)) }
}

/// What happened, in a line.
pub(in crate::ui) fn verdict(line: &Line) -> String {
    let totals = &line.totals;
    let sent = totals.served.saturating_add(totals.throttled);
    match line.first_throttled {
        None => format!("All {} requests are served", grouped(sent)),
        Some(second) => {
            let hundredths = totals.throttled.saturating_mul(1000) / sent.max(1);
            let after = match second {
                0 => "from the first second on".to_owned(),
                second => format!("for the first time after {}", duration(second.into())),
            };
            format!(
                "{} of {} requests are refused, {}.{} %, {after}",
                grouped(totals.throttled),
                grouped(sent),
                hundredths / 10,
                hundredths % 10
            )
        }
    }
}

/// Which quota it is, of whom, and why they count in it.
pub(super) fn why(lab: &Lab, line: &Line) -> String {
    let shared = match line.quota {
        RequestQuota::SYMMETRIC => {
            "are shared by Encrypt, Decrypt, ReEncrypt, GenerateDataKey, GenerateMac, VerifyMac and GenerateRandom with \
             all symmetric keys"
        }
        RequestQuota::RSA => "are shared by Encrypt, Decrypt, ReEncrypt, Sign and Verify with all RSA keys",
        RequestQuota::ECC => "are shared by Sign, Verify and DeriveSharedSecret with all elliptic curve keys",
        RequestQuota::ML_DSA => "are shared by Sign and Verify with all ML-DSA keys",
        RequestQuota::KEY_STORE => {
            "are shared by all accounts for the keys in that store, beside each account's own quota"
        }
        _ => "are for these requests alone",
    };
    let (Payer::Account { region, .. } | Payer::Store { region, .. }) = line.payer;
    let mut text =
        format!("{} requests a second {shared}, in {region}, for {}.", written(&line.per_second), payer(line));
    let elsewhere = line.totals.throttled.saturating_sub(line.exceeded);
    if elsewhere > 0 {
        text.push_str(&format!(
            " This quota had room for {} of the refused ones; they count in another as well, and that had none.",
            grouped(elsewhere)
        ));
    }
    if let Some(raised) = &line.raised {
        text.push_str(&format!(
            " After {} AWS has raised that to {}.",
            duration(raised.second.into()),
            written(&raised.per_second)
        ));
    }
    let Payer::Account { account, .. } = line.payer else { return text };
    let mine = || lab.mix.iter().filter(|flow| flow.account == account);
    if let Some(owner) = mine().filter_map(|flow| flow.key_account).find(|owner| *owner != account) {
        text.push_str(&format!(
            " The key belongs to account {owner}, but a request counts for the account that sends it."
        ));
    }
    if mine().any(|flow| flow.operation.starts_with("s3:")) {
        text.push_str(" S3 asks KMS in the name of whoever asks S3: each object is a request of this account.");
    }
    text
}

/// What clients make of being refused.
pub(super) fn clients(lab: &Lab, line: &Line) -> String {
    let totals = &line.totals;
    if totals.throttled == 0 {
        return match line.peak {
            0 => "Nothing reaches KMS.".to_owned(),
            peak => format!("At most {} are sent in one second.", grouped(peak)),
        };
    }
    if lab.attempts < 2 {
        return "Each refusal is a ThrottlingException, and clients do not try again.".to_owned();
    }
    let mut text = format!(
        "Each refusal is a ThrottlingException. Clients wait and try again, which makes {} requests more. {} are given up \
         after {} attempts.",
        grouped(totals.retried),
        grouped(totals.lost),
        lab.attempts,
    );
    if totals.lost > 0 && totals.retried > totals.calls / 2 {
        text.push_str(" Trying again helps over a burst; against a lasting excess it only adds requests.");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_for_people() {
        assert_eq!(["0", "999", "1000", "1234567", "0.25"].map(written), ["0", "999", "1,000", "1,234,567", "0.25"]);
        for (micro, text) in [
            (0, "$0.00"),
            (1, "under $0.01"),
            (5_000, "$0.01"),
            (1_000_000, "$1.00"),
            (78_839_940_000, "$78,839.94"),
            (u64::MAX, "$18,446,744,073,709.55"),
        ] {
            assert_eq!(dollars(micro), text);
        }
        assert_eq!([5, 60, 61, 3_600, 3_720].map(duration), ["5 s", "1 min", "1 min 01 s", "1 h", "1 h 02 min"]);
    }
}
