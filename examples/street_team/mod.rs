//! An integration of the host's own: posters that a street team puts up, known to the host and to nobody else. It sends no
//! request; one that does asks its [`Session`] (docs/adding-an-integration.md).

use std::{sync::Arc, time::Duration};

use dynamoi::{
    actors::{
        failure::Failure,
        integration::{
            Account, Accounts, ConnectionSpec, CredentialSpec, Integration, Services, SetupError, Source,
        },
        page::{Page, PageRequest, Reply},
        session::{Auth, Meaning, Response, Session, Verdict, quota::QuotaRule},
        stream::{Kind, Snapshot, Stream},
    },
    rows::{Row, Table, ads::AdCampaign},
};
use futures::future::{BoxFuture, ready};

/// The campaigns on paper, by name.
#[derive(Debug, Clone)]
pub struct StreetTeam(pub Arc<[String]>);

impl Integration for StreetTeam {
    fn id(&self) -> &'static str {
        "street_team"
    }

    fn base_url(&self) -> &'static str {
        "http://localhost"
    }

    fn streams(&self) -> Vec<Stream> {
        let policy = Snapshot { every: Duration::from_mins(1), vanishing: Some(Table::AdCampaigns) };
        vec![Stream {
            name: "campaigns",
            tables: &[Table::AdCampaigns],
            enabled: true,
            kind: Kind::Snapshot(policy),
        }]
    }

    fn quotas(&self) -> Vec<QuotaRule> {
        Vec::new()
    }

    fn credentials(&self) -> &'static [CredentialSpec] {
        &[]
    }

    fn settings_schema(&self) -> schemars::Schema {
        schemars::json_schema!({ "type": "object", "additionalProperties": false })
    }

    fn sample(&self) -> &'static str {
        "[connections.posters]\nintegration = \"street_team\"\n"
    }

    fn connect(&self, _: &ConnectionSpec, _: &Services) -> Result<Arc<dyn Source>, SetupError> {
        Ok(Arc::new(self.clone()))
    }
}

impl Source for StreetTeam {
    fn auth(&self) -> Auth {
        Auth::None
    }

    fn classify(&self, _: &Response) -> Verdict {
        Meaning::Ok.into()
    }

    fn check<'a>(&'a self, _: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        let (id, name) = ("street".to_owned(), "Street team".to_owned());
        let account = Account { id, name, currency: None, time_zone: "Europe/Berlin".to_owned() };
        Box::pin(ready(Ok(Accounts::one(account))))
    }

    fn page<'a>(&'a self, _: &'a Session, request: PageRequest<'a>) -> BoxFuture<'a, Result<Reply, Failure>> {
        let campaigns = self.0.iter().enumerate().map(|(number, name)| {
            Row::AdCampaign(AdCampaign {
                account_id: request.account.id.clone(),
                campaign_id: number.to_string(),
                name: Some(name.clone()),
                status: Some("active".to_owned()),
                effective_status: None,
                objective: None,
                daily_budget: None,
                lifetime_budget: None,
                currency: None,
                start_at: None,
                end_at: None,
                created_at: None,
                updated_at: None,
                learning: None,
            })
        });
        let page = Page { rows: campaigns.collect(), ..Page::default() };
        Box::pin(ready(Ok(Reply::Page(page))))
    }
}
