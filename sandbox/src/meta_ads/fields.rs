//! The names the provider knows.

/// Fields of an ad account.
pub(crate) const ACCOUNT_FIELDS: &[&str] = &[
    "id",
    "account_id",
    "name",
    "account_status",
    "disable_reason",
    "currency",
    "timezone_id",
    "timezone_name",
    "timezone_offset_hours_utc",
    "amount_spent",
    "balance",
    "spend_cap",
    "business",
    "created_time",
];

/// Fields of a campaign.
pub(crate) const CAMPAIGN_FIELDS: &[&str] = &[
    "id",
    "account_id",
    "name",
    "objective",
    "status",
    "configured_status",
    "effective_status",
    "buying_type",
    "bid_strategy",
    "daily_budget",
    "lifetime_budget",
    "budget_remaining",
    "spend_cap",
    "start_time",
    "stop_time",
    "created_time",
    "updated_time",
    "smart_promotion_type",
    "special_ad_categories",
];

/// Fields of an ad set.
pub(crate) const AD_SET_FIELDS: &[&str] = &[
    "id",
    "name",
    "campaign_id",
    "account_id",
    "status",
    "configured_status",
    "effective_status",
    "optimization_goal",
    "billing_event",
    "bid_strategy",
    "bid_amount",
    "daily_budget",
    "lifetime_budget",
    "budget_remaining",
    "attribution_spec",
    "destination_type",
    "promoted_object",
    "targeting",
    "start_time",
    "end_time",
    "created_time",
    "updated_time",
    "learning_stage_info",
];

/// Fields of an ad.
pub(crate) const AD_FIELDS: &[&str] = &[
    "id",
    "name",
    "adset_id",
    "campaign_id",
    "account_id",
    "status",
    "configured_status",
    "effective_status",
    "creative",
    "created_time",
    "updated_time",
];

/// Effective statuses that a campaign list can be filtered by.
pub(crate) const CAMPAIGN_STATUSES: &[&str] =
    &["ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "IN_PROCESS", "WITH_ISSUES"];

/// Those of an ad set list.
pub(crate) const AD_SET_STATUSES: &[&str] =
    &["ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "IN_PROCESS", "WITH_ISSUES", "CAMPAIGN_PAUSED"];

/// Those of an ad list.
pub(crate) const AD_STATUSES: &[&str] = &[
    "ACTIVE",
    "PAUSED",
    "DELETED",
    "ARCHIVED",
    "IN_PROCESS",
    "WITH_ISSUES",
    "CAMPAIGN_PAUSED",
    "ADSET_PAUSED",
    "PENDING_REVIEW",
    "DISAPPROVED",
    "PREAPPROVED",
    "PENDING_BILLING_INFO",
];

/// Breakdowns: parameters, never fields.
pub(crate) const BREAKDOWNS: &[&str] = &[
    "age",
    "gender",
    "country",
    "region",
    "dma",
    "publisher_platform",
    "platform_position",
    "impression_device",
    "device_platform",
    "frequency_value",
    "product_id",
    "media_type",
];

/// Attribution windows that a request may name. The last two have returned nothing since January 2026.
pub(crate) const WINDOWS: &[&str] = &[
    "1d_click",
    "7d_click",
    "28d_click",
    "1d_view",
    "1d_ev",
    "default",
    "dda",
    "skan_click",
    "skan_view",
    "7d_view",
    "28d_view",
];

/// Fields of an insights row.
pub(crate) const INSIGHTS_FIELDS: &[&str] = &[
    "account_id",
    "account_name",
    "account_currency",
    "campaign_id",
    "campaign_name",
    "adset_id",
    "adset_name",
    "ad_id",
    "ad_name",
    "objective",
    "optimization_goal",
    "attribution_setting",
    "date_start",
    "date_stop",
    "impressions",
    "reach",
    "frequency",
    "spend",
    "social_spend",
    "clicks",
    "inline_link_clicks",
    "unique_clicks",
    "cpm",
    "cpc",
    "ctr",
    "cpp",
    "inline_link_click_ctr",
    "cost_per_inline_link_click",
    "outbound_clicks",
    "actions",
    "action_values",
    "conversions",
    "conversion_values",
    "results",
    "objective_results",
    "cost_per_action_type",
    "purchase_roas",
    "website_purchase_roas",
    "video_play_actions",
    "video_thruplay_watched_actions",
    "video_p25_watched_actions",
    "video_p50_watched_actions",
    "video_p75_watched_actions",
    "video_p95_watched_actions",
    "video_p100_watched_actions",
    "video_30_sec_watched_actions",
    "video_avg_time_watched_actions",
    "video_continuous_2_sec_watched_actions",
    "instagram_profile_visits",
    "landing_page_view_per_link_click",
];
