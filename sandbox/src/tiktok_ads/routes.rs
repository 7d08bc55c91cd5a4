//! Who may ask what, and which path does what.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::errors::TikTokError;
use super::params::Params;
use super::report::decimal;
use super::world::{Advertiser, Level, Subject};
use super::{APP_ID, APP_SECRET, FORBIDDEN, Surface, TOKEN, TikTokAds};
use crate::exchange::Request;
use crate::stage::Standing;

/// Ids in one question for advertisers.
const ADVERTISERS_MAX: usize = 100;
/// Rows of a page unless the request says otherwise.
const PAGE_SIZE: usize = 10;
/// The two buying types that come unless a request says otherwise.
const BUYING_TYPES: [&str; 2] = ["AUCTION", "RESERVATION_RF"];

/// Why there is no data.
pub(super) enum Refusal {
    Error(TikTokError),
    /// 404: no such path, or one without its last slash.
    NoSuchPath,
}

/// `filtering` of a list.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Filtering {
    campaign_ids: Option<Vec<String>>,
    primary_status: Option<String>,
    secondary_status: Option<String>,
    buying_types: Option<Vec<String>>,
}

impl From<TikTokError> for Refusal {
    fn from(error: TikTokError) -> Self {
        Self::Error(error)
    }
}

impl TikTokAds {
    /// `data` of the answer.
    pub(super) fn respond(&mut self, request: &Request) -> Result<Value, Refusal> {
        if let Some(error) = self.script.error(&request.path) {
            return Err(error.into());
        }
        let path = request.path.strip_prefix("/open_api/").and_then(|path| path.strip_suffix('/'));
        let (version, path) = path.and_then(|path| path.split_once('/')).ok_or(Refusal::NoSuchPath)?;
        if version != "v1.3" {
            return Err(TikTokError::new(40_006, "API version is wrong").into());
        }
        if path == "oauth2/access_token" {
            return Ok(self.exchanged(request)?);
        }
        let level = match path {
            "campaign/get" | "advertiser/info" | "oauth2/advertiser/get" => Level::Campaign,
            "adgroup/get" => Level::AdGroup,
            "ad/get" | "report/integrated/get" => Level::Ad,
            _ => return Err(Refusal::NoSuchPath),
        };
        self.admit(request)?;
        let params = Params(request);
        match path {
            "oauth2/advertiser/get" => Ok(self.authorised(&params)?),
            "advertiser/info" => Ok(self.information(&params)?),
            "report/integrated/get" => {
                let advertiser = self.permitted(&params, Surface::Reports)?;
                let rows = self.report(advertiser, &params)?;
                Ok(self.page(rows, &params)?)
            }
            _ => {
                let surface = match level {
                    Level::Campaign => Surface::Campaigns,
                    Level::AdGroup => Surface::AdGroups,
                    Level::Ad => Surface::Ads,
                };
                let advertiser = self.permitted(&params, surface)?;
                let objects = objects(advertiser, level, self.top_view_refused, &params)?;
                Ok(self.page(objects, &params)?)
            }
        }
    }

    /// A token for the code of an authorisation, which is good once.
    fn exchanged(&mut self, request: &Request) -> Result<Value, TikTokError> {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        if request.method != "POST" || body["app_id"] != APP_ID || body["secret"] != APP_SECRET {
            return Err(TikTokError::new(40_101, "The app id or the secret is incorrect"));
        }
        let code = body["auth_code"].as_str().unwrap_or_default();
        if !self.consent.redeem(code, None, None, request.now) {
            return Err(TikTokError::new(40_110, "Auth_code is used or expired"));
        }
        let ids: Vec<_> = self.world.advertisers.iter().map(|it| it.id).collect();
        Ok(json!({ "access_token": TOKEN, "advertiser_ids": ids, "scope": [4] }))
    }

    /// Whether the request's token holds.
    fn admit(&self, request: &Request) -> Result<(), TikTokError> {
        let Some(token) = request.header("access-token") else {
            return Err(TikTokError::new(
                40_104,
                "Access token is empty, please put it in the header: Access-Token",
            ));
        };
        match self.token.standing(token) {
            Standing::Valid => Ok(()),
            Standing::Expired => Err(TikTokError::token_expired()),
            Standing::Unknown => {
                Err(TikTokError::new(40_105, "Access token is incorrect or has been revoked."))
            }
        }
    }

    /// The advertiser that the request names, if the token may do this with it.
    fn permitted(&self, params: &Params<'_>, surface: Surface) -> Result<&Advertiser, TikTokError> {
        let id = params.required("advertiser_id")?;
        let advertiser = self.known(id)?;
        if self.token.permits(&surface) { Ok(advertiser) } else { Err(TikTokError::permission(id)) }
    }

    fn known(&self, id: &str) -> Result<&Advertiser, TikTokError> {
        let missing = || TikTokError::new(40_300, format!("The advertiser {id} doesn't exist"));
        let advertiser = self.world.advertiser(id).ok_or_else(missing)?;
        match self.world.refused.get(id) {
            Some(error) => Err(error.clone()),
            None => Ok(advertiser),
        }
    }

    /// The advertisers that the token is for.
    fn authorised(&self, params: &Params<'_>) -> Result<Value, TikTokError> {
        if params.required("app_id")? != APP_ID || params.required("secret")? != APP_SECRET {
            return Err(TikTokError::new(40_101, "The app id or the secret is incorrect"));
        }
        let listed = self
            .world
            .advertisers
            .iter()
            .filter(|it| it.id != FORBIDDEN || self.world.refused.contains_key(it.id));
        let entry = |it: &Advertiser| json!({ "advertiser_id": it.id, "advertiser_name": it.name });
        Ok(json!({ "list": listed.map(entry).collect::<Vec<_>>() }))
    }

    /// One id that is not for us fails all of them.
    fn information(&self, params: &Params<'_>) -> Result<Value, TikTokError> {
        let ids = params.list("advertiser_ids")?.unwrap_or_default();
        if ids.is_empty() || ids.len() > ADVERTISERS_MAX {
            return Err(TikTokError::new(40_011, "advertiser_ids: Length must be between 1 and 100."));
        }
        let fields = params.list("fields")?;
        let list = ids.iter().map(|id| {
            let it = self.known(id)?;
            let told = json!({
                "advertiser_id": it.id, "name": it.name, "company": "Night Shift Records", "currency": it.currency,
                "country": "US", "timezone": it.zone_name, "display_timezone": it.display_zone,
                "status": "STATUS_ENABLE", "role": "ROLE_ADVERTISER", "balance": 10.5, "create_time": 1_630_335_591,
            });
            chosen(told, fields.as_deref())
        });
        Ok(json!({ "list": list.collect::<Result<Vec<_>, _>>()? }))
    }

    /// One page. Every page is computed anew: what moved since the first is seen.
    fn page(&mut self, mut rows: Vec<Value>, params: &Params<'_>) -> Result<Value, TikTokError> {
        let page = params.number("page", 1, 1..=usize::MAX)?;
        let size = params.number("page_size", PAGE_SIZE, 1..=1_000)?.min(self.page_rows);
        if page > 1 && self.pages_to_shift > 0 && !rows.is_empty() {
            self.pages_to_shift -= 1;
            rows.rotate_right(1);
        }
        let (total, pages) = (rows.len(), rows.len().div_ceil(size));
        let list: Vec<Value> = rows.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
        let info = json!({ "page": page, "page_size": size, "total_number": total, "total_page": pages });
        Ok(json!({ "list": list, "page_info": info }))
    }
}

/// The fields that were asked for, or all.
fn chosen(mut told: Value, fields: Option<&[String]>) -> Result<Value, TikTokError> {
    let (Some(fields), Some(all)) = (fields, told.as_object_mut()) else { return Ok(told) };
    if let Some(unknown) = fields.iter().find(|field| !all.contains_key(*field)) {
        return Err(TikTokError::invalid(format!("fields: Invalid field: {unknown}")));
    }
    let mut left = Map::new();
    for field in fields {
        left.extend(all.remove_entry(field));
    }
    Ok(left.into())
}

/// A list of campaigns, ad groups or ads. What is deleted comes only to those who ask for all statuses of the level.
fn objects(
    advertiser: &Advertiser,
    level: Level,
    top_view_refused: bool,
    params: &Params<'_>,
) -> Result<Vec<Value>, TikTokError> {
    let filtering: Filtering = params.json("filtering")?.unwrap_or_default();
    let all = match level {
        Level::Campaign => "CAMPAIGN_STATUS_ALL",
        Level::AdGroup => "ADGROUP_STATUS_ALL",
        Level::Ad => "AD_STATUS_ALL",
    };
    let with_deleted = match (&filtering.secondary_status, &filtering.primary_status) {
        (Some(status), _) if status == all => true,
        (None, Some(status)) if status == "STATUS_ALL" => true,
        (None, None) => false,
        _ => return Err(TikTokError::invalid("filtering: only all statuses are imitated")),
    };
    let buying_types = filtering.buying_types.unwrap_or_else(|| BUYING_TYPES.map(str::to_owned).into());
    if (top_view_refused || buying_types.len() > 1)
        && buying_types.iter().any(|it| it == "RESERVATION_TOP_VIEW")
    {
        return Err(TikTokError::invalid("buying_types: RESERVATION_TOP_VIEW cannot be used with others"));
    }
    let fields = params.list("fields")?;
    let mut subjects = advertiser.subjects(level);
    subjects.retain(|subject| {
        let id = subject.campaign.id.to_string();
        (with_deleted || !subject.is_deleted())
            && buying_types.iter().any(|it| it == subject.campaign.buying_type)
            && filtering.campaign_ids.as_ref().is_none_or(|ids| ids.contains(&id))
    });
    subjects.iter().map(|subject| chosen(object(subject), fields.as_deref())).collect()
}

fn object(subject: &Subject<'_>) -> Value {
    let Subject { advertiser, campaign, group, ad } = subject;
    let mut told = json!({
        "advertiser_id": advertiser.id, "campaign_id": campaign.id.to_string(), "campaign_name": campaign.name,
        "operation_status": subject.status().word(), "secondary_status": subject.secondary_status(),
        "create_time": "2026-10-01 08:00:00", "modify_time": "2026-11-20 12:00:00",
    });
    if let Some(group) = group {
        told["adgroup_id"] = group.id.to_string().into();
        told["adgroup_name"] = group.name.into();
    }
    match (group, ad) {
        (_, Some(ad)) => {
            told["ad_id"] = ad.id.to_string().into();
            told["ad_name"] = ad.name.into();
            told["ad_format"] = "SINGLE_VIDEO".into();
            told["video_id"] = "v10033g50000ck".into();
            told["tiktok_item_id"] = ad.post.map(|post| post.to_string()).into();
            told["identity_type"] = if ad.post.is_some() { "TT_USER" } else { "CUSTOMIZED_USER" }.into();
            told["music_id"] = "7128840398432668673".into();
            // Smart ones never say when they were changed.
            told["modify_time"] = Value::Null;
        }
        (Some(_), None) => {
            told["budget"] = number(1_500, advertiser.exponent);
            told["budget_mode"] = "BUDGET_MODE_DAY".into();
            told["billing_event"] = "OCPM".into();
            told["optimization_goal"] = "CLICK".into();
        }
        (None, None) => {
            let (mode, minor) = campaign.budget.mode();
            told["budget"] = number(minor, advertiser.exponent);
            told["budget_mode"] = mode.into();
            told["objective_type"] = campaign.objective.into();
            told["campaign_type"] = "REGULAR_CAMPAIGN".into();
            told["is_new_structure"] = true.into();
        }
    }
    told
}

/// An amount as a JSON number.
fn number(minor: u64, exponent: u8) -> Value {
    serde_json::from_str(&decimal(minor, exponent)).unwrap_or_default()
}
