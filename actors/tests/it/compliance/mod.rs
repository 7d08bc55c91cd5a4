//! The compliance suite: one list of rules that every integration passes against its imitation. See `README.md`.

pub mod bench;
pub mod case;
pub mod cases;
pub mod fact;
pub mod files;
mod rules;
mod seeds;
mod skew;

/// Every rule for one provider: `meta_ads` = the file in `cases` and the module of its tests.
macro_rules! every_rule {
    ($provider:ident) => {
        mod $provider {
            every_rule! { $provider:
                reading::everything_is_read_once,
                reading::a_second_run_changes_nothing,
                lookback::a_restated_value_overwrites,
                lookback::an_added_row_appears,
                lookback::what_vanished_goes,
                deletes::an_empty_window_is_not_believed_at_once,
                deletes::beside_an_unreadable_row_nothing_is_deleted,
                deletes::a_page_cut_short_deletes_nothing,
                limits::a_refusal_is_obeyed,
                limits::words_to_wait_are_heard_on_every_answer,
                limits::a_limit_is_kept_and_used,
                trouble::passing_errors_are_retried,
                trouble::a_bad_line_loses_nothing,
                trouble::a_provider_that_is_down_is_backed_off_from,
                credentials::refused_credentials_are_terminal_visible_and_recover,
                credentials::a_single_run_with_refused_credentials_ends,
                credentials::a_forbidden_stream_does_not_stop_its_siblings,
                surprises::unknown_fields_are_accepted,
                surprises::unknown_values_and_large_numbers_are_kept,
                surprises::too_much_data_is_split,
                kills::a_kill_loses_nothing_and_costs_a_page,
                zones::an_accounts_days_are_its_own,
                secrets::no_secret_and_no_person_leaves,
            }
        }
    };
    ($provider:ident: $($file:ident :: $rule:ident,)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $rule() {
            super::rules::$file::$rule(&super::cases::$provider::CASE).await;
        }
    )*};
}

every_rule!(apple_music);
every_rule!(busboards);
every_rule!(deezer);
every_rule!(feature_fm);
every_rule!(google_ads);
every_rule!(google_analytics);
every_rule!(meta_ads);
every_rule!(posthog);
every_rule!(soundcharts);
every_rule!(spotify);
every_rule!(spotify_ads);
every_rule!(spotify_development);
every_rule!(stripe);
every_rule!(stripe_plain);
every_rule!(tiktok_ads);
every_rule!(youtube);
