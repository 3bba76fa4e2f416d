//! What every `JobStore` must do, as tests over the trait: `job_store_contract!(make_store)`.
//!
//! `make_store(clock, policy)` is an async function that gives an empty store and whatever must live as
//! long as it (a temporary directory). A new store joins with that one line and no new test.
//! Never: knowledge of a particular store.

pub mod office;
pub mod work;

pub use office::Office;

/// Makes one test per behaviour for the store that `$make_store` gives.
#[macro_export]
macro_rules! job_store_contract {
    ($make_store:path) => {
        $crate::job_store_contract!(@tests $make_store;
            work: a_stack_becomes_an_outcome;
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
