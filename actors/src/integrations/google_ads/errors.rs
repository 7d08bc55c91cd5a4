//! What Google's errors mean. `error.details` holds a `GoogleAdsFailure`, in it one error of one family:
//! `{"quotaError": "RESOURCE_EXHAUSTED"}`. Its message is not repeated: it may quote what was asked, or who asks.
//! <https://developers.google.com/google-ads/api/docs/common-errors>

use std::time::Duration;

use ::rows::Micros;
use jiff::Timestamp;

use super::{
    endpoint,
    wire::{Detail, Envelope, GoogleAdsError, QuotaErrorDetails},
};
use crate::{
    failure::{Wait, is_web_page},
    reading::names::name,
    session::{Meaning, Response, Verdict, quota::Scope},
};

/// After "too fast", where Google does not say how long.
const PACE_WAIT: Duration = Duration::from_secs(5);
/// After too much work within minutes.
const SHORT_TERM_WAIT: Duration = Duration::from_mins(5);
/// After too much work within hours.
const LONG_TERM_WAIT: Duration = Duration::from_hours(1);

/// Errors are short; what is longer is rows.
const ERROR_LENGTH_MAX: usize = 64 << 10;

/// An error as Google names it.
struct Said<'a> {
    family: &'a str,
    code: &'a str,
    quota: Option<&'a QuotaErrorDetails>,
    retry_delay: Option<Duration>,
    response: &'a Response,
}

/// Reads one answer.
pub fn classify(response: &Response) -> Verdict {
    let is_good = response.is_success() && !holds_error(response);
    if is_good { Meaning::Ok.into() } else { meaning(response).into() }
}

/// An error under a good status has no rows, and would be taken for a customer who has none.
fn holds_error(response: &Response) -> bool {
    response.body.len() <= ERROR_LENGTH_MAX && serde_json::from_slice::<Envelope<'_>>(&response.body).is_ok()
}

fn meaning(response: &Response) -> Meaning {
    let Ok(Envelope { error }) = serde_json::from_slice::<Envelope<'_>>(&response.body) else {
        return of_status(response, "without an error that Google has made");
    };
    let details: Vec<Detail> =
        error.details.iter().filter_map(|raw| serde_json::from_str(raw.get()).ok()).collect();
    let delay = |text: &Option<String>| text.as_deref().and_then(duration);
    let retry_info = details.iter().find_map(|detail| delay(&detail.retry_delay));
    let named = details
        .iter()
        .flat_map(|detail| &detail.errors)
        .find_map(|error| Some((error, family_and_code(error)?)));
    let Some((error, (family, code))) = named else { return of_front_end(response, retry_info) };
    let quota = error.details.as_ref().and_then(|details| details.quota_error_details.as_ref());
    let retry_delay = quota.and_then(|quota| delay(&quota.retry_delay)).or(retry_info);
    Said { family, code, quota, retry_delay, response }.meaning()
}

/// Family and code, if they look like such: `quotaError` and `RESOURCE_EXHAUSTED`.
fn family_and_code(error: &GoogleAdsError) -> Option<(&str, &str)> {
    let (family, code) = error.error_code.first_key_value()?;
    let is_loud = |code: &&str| !code.contains(char::is_lowercase);
    let family = name(family, "").filter(|family| family.ends_with("Error"))?;
    Some((family, name(code, "_").filter(is_loud)?))
}

/// A protobuf `Duration`: `60s`, `1.5s`.
fn duration(text: &str) -> Option<Duration> {
    let Micros(micros) = Micros::parse(text.strip_suffix('s')?).ok()?;
    u64::try_from(micros).ok().map(Duration::from_micros)
}

// === impl Said ===

impl Said<'_> {
    fn meaning(&self) -> Meaning {
        let reason = self.reason();
        match self.family {
            "authenticationError" => {
                Meaning::NeedsReauth { advice: format!("{} ({reason})", self.sign_in()) }
            }
            "authorizationError" => self.authorization(),
            "quotaError" => self.quota(),
            "internalError" => Meaning::Transient { reason, wait: self.wait() },
            "queryError" if self.code == "REQUESTED_METRICS_FOR_MANAGER" => Meaning::Forbidden {
                advice: format!(
                    "it is a manager account, which has no numbers: name the customers below it in `accounts`, or this one \
                     in `accounts_exclude` ({reason})"
                ),
            },
            "requestError" if matches!(self.code, "INVALID_PAGE_TOKEN" | "EXPIRED_PAGE_TOKEN") => {
                Meaning::Gone { reason }
            }
            // It would have taken longer than whoever stands between allows.
            "requestError" if self.code == "RPC_DEADLINE_TOO_SHORT" => Meaning::TooMuch { reason },
            "requestError" if self.code == "UNSUPPORTED_VERSION" => Meaning::Permanent {
                reason: format!("set api_version to a version that Google still serves ({reason})"),
            },
            "queryError" | "requestError" | "headerError" | "dateRangeError" | "fieldError"
            | "rangeError" => Meaning::Permanent { reason },
            // A family that is not known here.
            _ => of_status(self.response, &format!("and {}.{}", self.family, self.code)),
        }
    }

    fn reason(&self) -> String {
        let Self { family, code, response, .. } = self;
        let Response { endpoint, account, .. } = response;
        let of = if account.is_empty() { String::new() } else { format!(" of customer {account}") };
        format!("Google Ads answers {family}.{code} to {endpoint}{of}")
    }

    fn sign_in(&self) -> &'static str {
        match self.code {
            "OAUTH_TOKEN_REVOKED" | "OAUTH_TOKEN_DISABLED" => {
                "access was withdrawn: authorise anew and set credentials again"
            }
            "NOT_ADS_USER" | "CUSTOMER_NOT_FOUND" => {
                "whoever the credentials stand for is no user of Google Ads: add the service account's e-mail address (or \
                 the person) to the manager account under Admin > Access and security, or set credentials of another"
            }
            "DEVELOPER_TOKEN_INVALID" => {
                "the developer token is refused: take it out, it is not needed any more, or set credentials again"
            }
            "TWO_STEP_VERIFICATION_NOT_ENROLLED" | "ADVANCED_PROTECTION_NOT_ENROLLED" => {
                "the person must switch on two-step verification and authorise anew; better: set credentials of a service \
                 account, which needs none"
            }
            "GOOGLE_ACCOUNT_DELETED" => {
                "the Google account is deleted: authorise with another and set credentials again"
            }
            _ => "the credentials are refused: authorise anew and set credentials again",
        }
    }

    fn authorization(&self) -> Meaning {
        let reason = self.reason();
        let forbidden = |what: &str| Meaning::Forbidden { advice: format!("{what} ({reason})") };
        match self.code {
            // Its own list of customers: who is not enabled has none.
            "CUSTOMER_NOT_ENABLED" if self.response.endpoint == endpoint::HIERARCHY => {
                Meaning::Gone { reason }
            }
            "CUSTOMER_NOT_ENABLED" | "ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT" => forbidden(
                "the customer is cancelled, suspended or not set up to its end: reactivate it in Google Ads, or name it in \
                 `accounts_exclude`",
            ),
            "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION"
            | "ACTION_NOT_PERMITTED"
            | "DEVELOPER_TOKEN_NOT_APPROVED"
            | "DEVELOPER_TOKEN_PROHIBITED"
            | "PROJECT_DISABLED"
            | "METRIC_ACCESS_DENIED" => Meaning::NeedsReauth {
                advice: format!(
                    "the Google Cloud project of the credentials may not read Google Ads: enable the Google Ads API and \
                     apply for access to production accounts there, or set credentials of another project ({reason})"
                ),
            },
            _ => forbidden(
                "grant the credentials' user read access to the customer or to its manager (Admin > Access and security), \
                 or set `login_customer_id` to the manager above it",
            ),
        }
    }

    fn quota(&self) -> Meaning {
        let said = self.quota.and_then(|quota| quota.rate_scope.as_deref());
        let (of_account, of_all) = (Scope::Account, Scope::App);
        let (unless_said, wait) = match self.code {
            // The day's operations are used up: they come back as they get older than a day.
            "RESOURCE_EXHAUSTED" => (of_all, next_hour(self.response.received_at)),
            "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION" => (of_account, Wait::For(SHORT_TERM_WAIT)),
            "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION" => (of_account, Wait::For(LONG_TERM_WAIT)),
            _ => (of_account, Wait::For(PACE_WAIT)),
        };
        let scope = match said {
            Some("ACCOUNT") => of_account,
            Some("DEVELOPER") => of_all,
            _ => unless_said,
        };
        Meaning::RateLimited { scope, wait: self.retry_delay.map_or(wait, Wait::For) }
    }

    fn wait(&self) -> Wait {
        self.retry_delay.map_or(Wait::Unsaid, Wait::For)
    }
}

fn next_hour(now: Timestamp) -> Wait {
    const HOUR: i64 = 3_600;
    let next = (now.as_second().div_euclid(HOUR) + 1) * HOUR;
    Timestamp::from_second(next).map_or(Wait::Unsaid, Wait::Until)
}

/// An error of Google's front end: it came before Google Ads was asked.
fn of_front_end(response: &Response, retry_delay: Option<Duration>) -> Meaning {
    match (of_status(response, "before Google Ads is asked"), retry_delay) {
        (Meaning::RateLimited { scope, .. }, Some(wait)) => {
            Meaning::RateLimited { scope, wait: Wait::For(wait) }
        }
        (Meaning::Transient { reason, .. }, Some(wait)) => {
            Meaning::Transient { reason, wait: Wait::For(wait) }
        }
        // Permissions of a customer are told by Google Ads itself: this is the API's, or the scope's.
        (Meaning::Forbidden { advice }, _) => Meaning::NeedsReauth {
            advice: format!(
                "enable the Google Ads API for the Google Cloud project of the credentials, and set credentials that have \
                 the scope adwords ({advice})"
            ),
        },
        (meaning, _) => meaning,
    }
}

/// What is left: the status alone.
fn of_status(response: &Response, what: &str) -> Meaning {
    let Response { status, endpoint, .. } = response;
    let reason = format!("{endpoint}: status {status} {what}");
    match status {
        // Neither of them is what a proxy's page is about.
        404 | 405 | 410 | 429 => {}
        _ if is_web_page(&response.body) => {
            let reason = format!(
                "{reason}: a web page came: a login page or a proxy answers in Google's place. Look at base_url, and at \
                 what stands between here and there"
            );
            return Meaning::Transient { reason, wait: Wait::Unsaid };
        }
        _ => {}
    }
    let advice = match status {
        401 => "the credentials are refused: authorise anew and set credentials again",
        403 => "access is refused",
        404 | 405 | 410 => "look at base_url and api_version",
        _ => "",
    };
    let reason = if advice.is_empty() { reason } else { format!("{advice} ({reason})") };
    Meaning::of_status(*status, Scope::Account, reason)
}

#[cfg(test)]
mod tests;
