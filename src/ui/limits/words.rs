//! What a lab shows, in words and figures.

use crate::{
    kms::{rate::RequestQuota, throttle::Payer},
    lang::{figure, grouped, tr},
    load::{Lab, meter::Line},
};

/// Millionths of a dollar, to the cent; what is less than one and not nothing shows as that.
pub(in crate::ui) fn dollars(micro: u64) -> String {
    match micro {
        1..5_000 => tr!("under {least}", least = "$0.01"),
        _ => {
            let cents = micro.saturating_add(5_000) / 10_000;
            format!("${}", figure(&format!("{}.{:02}", cents / 100, cents % 100)))
        }
    }
}

/// For example `1 h 02 min`.
pub(in crate::ui) fn duration(seconds: u64) -> String {
    match (seconds / 3_600, seconds % 3_600 / 60, seconds % 60) {
        (0, 0, seconds) => tr!("{seconds} s", seconds),
        (0, minutes, 0) => tr!("{minutes} min", minutes),
        (0, minutes, seconds) => tr!("{minutes} min {seconds} s", minutes, seconds = format_args!("{seconds:02}")),
        (hours, 0, _) => tr!("{hours} h", hours),
        (hours, minutes, _) => tr!("{hours} h {minutes} min", hours, minutes = format_args!("{minutes:02}")),
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
        Payer::Account { account, .. } => tr!("account {account}", account),
        Payer::Store { store, .. } => tr!("key store {store}", store),
    }
}

/// The same with where.
pub(super) fn payer_in(lab: &Lab, line: &Line) -> String {
    let (Payer::Account { region, .. } | Payer::Store { region, .. }) = line.payer;
    if region == lab.region { payer(line) } else { tr!("{payer} in {region}", payer = payer(line), region) }
}

/// What happened, in a line.
pub(in crate::ui) fn verdict(line: &Line) -> String {
    let totals = &line.totals;
    let sent = totals.served.saturating_add(totals.throttled);
    match line.first_throttled {
        None => tr!("All {sent} requests are served", sent = grouped(sent)),
        Some(second) => {
            let hundredths = totals.throttled.saturating_mul(1000) / sent.max(1);
            let after = match second {
                0 => tr!("from the first second on").to_owned(),
                second => tr!("for the first time after {second}", second = duration(second.into())),
            };
            tr!(
                "{throttled} of {sent} requests are refused, {percent} %, {after}",
                throttled = grouped(totals.throttled),
                sent = grouped(sent),
                percent = figure(&format!("{}.{}", hundredths / 10, hundredths % 10)),
                after
            )
        }
    }
}

/// Which quota it is, of whom, and why they count in it.
pub(super) fn why(lab: &Lab, line: &Line) -> String {
    let shared = match line.quota {
        RequestQuota::SYMMETRIC => {
            tr!(
                "are shared by Encrypt, Decrypt, ReEncrypt, GenerateDataKey, GenerateMac, VerifyMac and GenerateRandom with \
             all symmetric keys"
            )
        }
        RequestQuota::RSA => tr!("are shared by Encrypt, Decrypt, ReEncrypt, Sign and Verify with all RSA keys"),
        RequestQuota::ECC => tr!("are shared by Sign, Verify and DeriveSharedSecret with all elliptic curve keys"),
        RequestQuota::ML_DSA => tr!("are shared by Sign and Verify with all ML-DSA keys"),
        RequestQuota::KEY_STORE => {
            tr!("are shared by all accounts for the keys in that store, beside each account's own quota")
        }
        _ => tr!("are for these requests alone"),
    };
    let (Payer::Account { region, .. } | Payer::Store { region, .. }) = line.payer;
    let mut text = tr!(
        "{per_second} requests a second {shared}, in {region}, for {payer}.",
        per_second = figure(&line.per_second),
        shared,
        region,
        payer = payer(line)
    );
    let elsewhere = line.totals.throttled.saturating_sub(line.exceeded);
    if elsewhere > 0 {
        text.push_str(&tr!(" This quota had room for {elsewhere} of the refused ones; they count in another as well, and that had none.", elsewhere = grouped(elsewhere)));
    }
    if let Some(raised) = &line.raised {
        text.push_str(&tr!(
            " After {second} AWS has raised that to {per_second}.",
            second = duration(raised.second.into()),
            per_second = figure(&raised.per_second)
        ));
    }
    let Payer::Account { account, .. } = line.payer else { return text };
    let mine = || lab.mix.iter().filter(|flow| flow.account == account);
    if let Some(owner) = mine().filter_map(|flow| flow.key_account).find(|owner| *owner != account) {
        text.push_str(&tr!(
            " The key belongs to account {owner}, but a request counts for the account that sends it.",
            owner
        ));
    }
    if mine().any(|flow| flow.operation.starts_with("s3:")) {
        text.push_str(tr!(" S3 asks KMS in the name of whoever asks S3: each object is a request of this account."));
    }
    text
}

/// What clients make of being refused.
pub(super) fn clients(lab: &Lab, line: &Line) -> String {
    let totals = &line.totals;
    if totals.throttled == 0 {
        return match line.peak {
            0 => tr!("Nothing reaches KMS.").to_owned(),
            peak => tr!("At most {peak} are sent in one second.", peak = grouped(peak)),
        };
    }
    if lab.attempts < 2 {
        return tr!("Each refusal is a ThrottlingException, and clients do not try again.").to_owned();
    }
    let mut text = tr!(
        "Each refusal is a ThrottlingException. Clients wait and try again, which makes {retried} requests more. {lost} are given up \
         after {attempts} attempts.",
        retried = grouped(totals.retried),
        lost = grouped(totals.lost),
        attempts = lab.attempts
    );
    if totals.lost > 0 && totals.retried > totals.calls / 2 {
        text.push_str(tr!(" Trying again helps over a burst; against a lasting excess it only adds requests."));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_for_people() {
        assert_eq!(["0", "999", "1000", "1234567", "0.25"].map(figure), ["0", "999", "1,000", "1,234,567", "0.25"]);
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
