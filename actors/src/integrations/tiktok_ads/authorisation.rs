//! How an advertiser authorises the developer app, and what that gives: a long-term token.
//! <https://business-api.tiktok.com/portal/docs?id=1738373141733378>

use futures::future::{BoxFuture, FutureExt as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{ACCESS_TOKEN, APP_ID, APP_SECRET, endpoint, wire};
use crate::{
    consent::{Code, Consent, Exchange, Given},
    failure::Failure,
    limits,
    session::{Call, Session, Signature, oauth::AUTHORIZE_HOST},
    spec::HostSpec,
};

/// Where an advertiser authorises the app.
pub const AUTHORIZE: HostSpec = HostSpec {
    name: AUTHORIZE_HOST,
    url: "https://business-api.tiktok.com/portal/auth",
    help: "the page on which an advertiser authorises the developer app; a browser opens it",
};

/// TikTok redirects to the https address only that is registered with the app.
pub const fn consent() -> Consent {
    Consent {
        application: [&APP_ID, &APP_SECRET],
        gives: &ACCESS_TOKEN,
        id_parameter: "app_id",
        code_parameter: "auth_code",
        parameters: &[],
        pkce: false,
        loopback: false,
        exchange: Exchange::Own(|session, code| exchange(session, code)),
    }
}

/// Exchanges a code for a token. Both go in a JSON body, and the application's secret with them.
fn exchange(session: &Session, code: Code) -> BoxFuture<'_, Result<Given, Failure>> {
    async move {
        let path = ["open_api", &*session.spec().api_version, "oauth2", "access_token", ""];
        let mut call = Call::post_at(&path, endpoint::AUTHORISATION);
        call.body = Some(json!({}));
        let Code { client, code, .. } = code;
        let app_id = SecretString::from(client.id);
        let signature = Signature {
            body: vec![("app_id", app_id), ("secret", client.secret), ("auth_code", code)],
            ..Signature::default()
        };
        let response = session.send_signed(call, &signature).await?;
        let wire::Authorised { data } = response.json(endpoint::AUTHORISATION)?;
        let token = data.access_token;
        let is_sendable = (1..=limits::TOKEN_LENGTH_MAX).contains(&token.expose_secret().len())
            && token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic());
        if is_sendable {
            return Ok(Given { credential: token, scopes: None });
        }
        Err(Failure::Transient { reason: "TikTok gives a token that no request can carry".to_owned() })
    }
    .boxed()
}
