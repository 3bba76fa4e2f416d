//! What every `JobStore`, `CorpusStore` and `AcceptanceStore` must do, as tests over the traits:
//! `job_store_contract!(make_store)`, `corpus_store_contract!(make_store)` and
//! `acceptance_store_contract!(make_store)`.
//!
//! `make_store(clock, policy)` is an async function that gives an empty store and whatever must live as
//! long as it (a temporary directory). A new store joins with these three lines and no new test.
//! Never: knowledge of a particular store.

pub mod acceptance;
pub mod accounts;
pub mod audit;
pub mod calibrations;
pub mod corpus_desk;
pub mod corpus_faq;
pub mod corpus_groups;
pub mod corpus_imports;
pub mod corpus_items;
pub mod corpus_office;
pub mod corpus_own;
pub mod corpus_texts;
pub mod directory_accounts;
pub mod documents;
pub mod fences;
pub mod isolation;
pub mod lists;
pub mod meeting_figures;
pub mod office;
pub mod office_forms;
pub mod people;
pub mod practice;
pub mod queue;
pub mod retention;
pub mod retention_questions;
pub mod review_figures;
pub mod reviews;
pub mod sortings;
pub mod submissions;
pub mod transcripts;
pub mod work;

pub use acceptance::AcceptanceOffice;
pub use corpus_office::CorpusOffice;
pub use office::Office;

/// Makes one test per behaviour for the store that `$make_store` gives.
#[macro_export]
macro_rules! job_store_contract {
    ($make_store:path) => {
        $crate::job_store_contract!(@tests $make_store;
            people:
                names_are_unique,
                people_are_listed_by_name,
                a_token_works_until_it_expires_or_is_revoked;
            accounts:
                a_session_ends_by_itself,
                guessing_is_stopped,
                a_person_of_two_departments_acts_as_one,
                a_new_password_ends_every_session;
            directory_accounts:
                a_person_is_where_the_directory_says,
                who_comes_back_is_the_same_person,
                a_name_of_one_source_is_not_that_of_another,
                namesakes_are_not_taken_for_each_other,
                an_account_that_is_out_of_use_opens_no_session;
            documents:
                a_document_comes_back,
                deletion_takes_everything_along,
                a_shared_blob_stays,
                deletion_voids_the_fences,
                a_replay_does_not_revive_the_deleted;
            submissions:
                a_key_gives_the_same_job_again,
                a_key_is_bound_to_its_request,
                a_key_belongs_to_its_user,
                a_batch_is_one_submission,
                requests_at_once_make_one_job;
            isolation:
                another_department_sees_nothing,
                the_audit_log_is_per_department,
                an_artifact_belongs_to_its_job;
            work:
                a_stack_becomes_an_outcome,
                a_failed_page_is_counted_and_the_rest_goes_on,
                finished_pages_show_before_the_job_ends,
                a_failed_plan_or_assembly_fails_the_job,
                a_plan_of_nothing_is_assembled_at_once,
                a_plan_that_is_claimed_twice_is_one_event,
                cancel_stops_what_waits_and_what_runs,
                the_largest_plan_is_one_commit;
            fences:
                a_stale_worker_never_overwrites,
                an_invented_fence_is_void,
                a_commit_of_another_step_is_refused,
                a_heartbeat_keeps_the_lease,
                a_late_commit_before_the_reaper_counts,
                release_weighs_nothing,
                retries_back_off_and_end,
                two_deaths_park_a_unit,
                a_poisonous_plan_fails_its_job,
                a_new_incarnation_collects_the_old_ones_leases;
            queue:
                the_longest_waiting_goes_first,
                units_are_let_in_one_by_one,
                the_depth_follows,
                changes_wake_the_waiting,
                many_workers_claim_each_unit_once,
                writers_take_turns;
            lists:
                pages_of_jobs_join,
                jobs_are_filtered,
                events_resume_after_a_position,
                pages_of_the_audit_log_join,
                the_audit_log_is_searched;
            transcripts:
                corrections_are_numbered_and_the_slower_one_hears_of_it,
                only_a_job_that_has_succeeded_takes_corrections,
                corrections_go_with_their_document,
                time_on_task_is_the_sum_of_short_gaps,
                drafts_of_minutes_are_kept_by_item,
                a_meeting_goes_on_in_further_recordings,
                a_plan_is_seen_before_the_end,
                voice_prints_are_a_departments_own;
            reviews:
                a_sheet_is_with_one_person,
                the_second_writer_is_somebody_else,
                no_update_is_lost_between_reviewers;
            sortings:
                a_page_is_read_again_as_somebody_says,
                what_stands_already_changes_nothing,
                what_people_decided_is_not_lost,
                a_page_read_anew_is_another_sheet,
                a_page_read_anew_has_another_version,
                sorting_is_a_departments_own;
            review_figures:
                finished_sheets_are_counted_by_period,
                counts_stay_when_the_document_goes,
                time_goes_to_the_form_that_was_worked_on,
                a_sign_of_life_keeps_the_own_sheet,
                a_row_without_a_lease_takes_no_sheet;
            meeting_figures:
                meetings_are_counted_while_they_are_done,
                counts_of_meetings_stay_when_the_recording_goes;
            office_forms:
                a_form_is_worked_on_and_published,
                an_earlier_version_is_used_again,
                a_form_is_its_departments,
                an_unpublished_form_is_deleted,
                a_shared_form_is_used_and_not_changed;
            practice:
                practice_is_in_no_figure;
            retention:
                nothing_is_due_without_a_period,
                what_is_not_finished_or_held_stays,
                a_run_takes_what_is_due_then,
                what_is_deleted_by_hand_is_recorded,
                retention_is_a_departments_own;
            audit:
                every_effect_has_its_row,
                the_rows_are_chained;
        );
    };
    (@tests $make_store:path; $($group:ident: $($test:ident),+ $(,)?;)+) => {
        $(mod $group {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() {
                let clock = $crate::contract::office::clock();
                let (store, _keep) = $make_store(clock.clone(), $crate::contract::office::POLICY).await;
                let office = $crate::contract::Office::open(std::sync::Arc::new(store), clock).await;
                $crate::contract::$group::$test(&office).await;
            }
        )+})+
    };
}

/// Makes one test per behaviour of the law desk for the store that `$make_store` gives.
#[macro_export]
macro_rules! corpus_store_contract {
    ($make_store:path) => {
        $crate::corpus_store_contract!(@tests $make_store;
            corpus_texts:
                a_text_comes_back,
                only_what_changed_makes_a_revision,
                revisions_follow_each_other,
                a_stated_end_holds,
                changes_only_grow,
                the_last_change_tells_an_old_picture,
                visibility_is_the_importers_decision;
            corpus_items:
                items_are_found_by_name,
                references_are_found_from_both_ends,
                what_binds_most_is_given_first,
                the_bank_is_changed_and_changed_back;
            corpus_imports:
                an_inconsistent_import_leaves_nothing,
                an_import_job_ends_once,
                deletion_takes_the_texts_along,
                vectors_are_kept_for_what_is_there,
                imports_are_audited;
            corpus_desk:
                synonyms_have_versions,
                a_history_is_the_askers_own,
                feedback_says_where_the_basis_was,
                figures_are_counted_per_department,
                an_answer_follows_the_amendments,
                favourites_are_a_persons_own;
            corpus_faq:
                an_entry_keeps_what_it_said,
                a_practice_question_counts_nowhere;
            corpus_groups:
                groups_are_taken_in_once;
            corpus_own:
                a_section_learns_from_itself,
                sources_come_in_pages;
            retention_questions:
                a_question_is_erased_and_stays_counted;
        );
    };
    (@tests $make_store:path; $($group:ident: $($test:ident),+ $(,)?;)+) => {
        $(mod $group {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let clock = $crate::contract::office::clock();
                let (store, _keep) = $make_store(clock.clone(), $crate::contract::office::POLICY).await;
                let store = std::sync::Arc::new(store);
                let office = $crate::contract::Office::open(store.clone(), clock).await;
                let office = $crate::contract::CorpusOffice { office, corpus: store };
                $crate::contract::$group::$test(&office).await;
            }
        )+})+
    };
}

/// Makes one test per behaviour of auto-accept for the store that `$make_store` gives.
#[macro_export]
macro_rules! acceptance_store_contract {
    ($make_store:path) => {
        $crate::acceptance_store_contract!(@tests $make_store;
            acceptance:
                an_audit_is_with_one_person,
                whoever_has_the_readings_cannot_audit,
                errors_switch_a_field_off_and_a_person_switches_it_on,
                clean_audits_prove_a_field,
                audits_that_pile_up_switch_a_field_off,
                results_outlive_the_document,
                an_open_sheet_is_planned_anew;
            calibrations:
                a_calibration_is_kept_and_taken_back;
        );
    };
    (@tests $make_store:path; $($group:ident: $($test:ident),+ $(,)?;)+) => {
        $(mod $group {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let clock = $crate::contract::office::clock();
                let (store, _keep) = $make_store(clock.clone(), $crate::contract::office::POLICY).await;
                let store = std::sync::Arc::new(store);
                let office = $crate::contract::Office::open(store.clone(), clock).await;
                let office = $crate::contract::AcceptanceOffice { office, acceptance: store };
                $crate::contract::$group::$test(&office).await;
            }
        )+})+
    };
}
