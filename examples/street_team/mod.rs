//! An integration of the host's own: posters that a street team puts up, known to the host and to nobody else. It sends no
//! request; one that does asks its [`Session`] (docs/adding-an-integration.md).

use std::{sync::Arc, time::Duration};

use dynamoi::{
    actors::{
        failure::Failure,
        integration::{Account, Accounts, Integration, Manifest, NoSettings, Setup, SetupError, Source},
        page::Page,
        reader::StreamOf,
        session::{Auth, Meaning, Response, Session, Verdict},
        stream::Snapshot,
    },
    rows::{Row, Table, ads::AdCampaign},
};
use futures::future::{BoxFuture, ready};

/// The campaigns on paper, by name.
#[derive(Debug, Clone)]
pub struct StreetTeam(pub Arc<[String]>);

/// Its entry in the catalogue.
const MANIFEST: Manifest = Manifest {
    id: "street_team",
    base_url: "http://localhost",
    sample: "[connections.posters]\nintegration = \"street_team\"\n",
    ..Manifest::BLANK
};

impl Integration for StreetTeam {
    type Settings = NoSettings;
    type Source = Self;

    fn manifest(&self) -> Manifest {
        MANIFEST
    }

    fn streams(&self, _: &NoSettings) -> Vec<StreamOf<Self>> {
        let policy = Snapshot { every: Duration::from_mins(1), vanishing: Some(Table::AdCampaigns) };
        vec![StreamOf::snapshot("campaigns", &[Table::AdCampaigns], policy, |team: &Self, _, request| {
            let rows = team.campaigns(&request.account.id);
            Box::pin(ready(Ok(Page { rows, ..Page::default() }.into())))
        })]
    }

    fn connect(&self, _: Setup<'_, NoSettings>) -> Result<Self, SetupError> {
        Ok(self.clone())
    }
}

impl StreetTeam {
    fn campaigns(&self, account_id: &str) -> Vec<Row> {
        let campaign = |(number, name): (usize, &String)| {
            Row::AdCampaign(AdCampaign {
                account_id: account_id.to_owned(),
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
        };
        self.0.iter().enumerate().map(campaign).collect()
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
}
