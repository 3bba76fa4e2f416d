//! Where voice prints are kept on this machine, and how sure a proposed name must be.

use std::collections::HashMap;

use shoki_api::Voices;
use shoki_core::audio::Millis;
use shoki_core::digest::Sha256;
use shoki_core::manifest::ModelTask;
use shoki_core::voice_print::PrintRules;
use shoki_engine::{Catalogue, ModelStore};
use shoki_store::voice_seal::VoiceSeal;

use crate::config::Config;
use crate::place;

/// Nobody is named by less speech than this: the mean of a few windows is more the sentence than the voice.
const LEAST_HEARD: Millis = Millis(5_000);

/// The lock in the data directory, and the rules of every speaker encoder that is here: meetings and prints
/// stay when another one comes.
#[must_use]
pub fn of(config: &Config) -> Voices {
    Voices {
        seal: VoiceSeal::at(place::voice_key_file(config)),
        rules: rules(config).unwrap_or_default(),
    }
}

fn rules(config: &Config) -> Option<HashMap<Sha256, PrintRules>> {
    let catalogue = Catalogue::load(&place::catalogue_dir(config).ok()?).ok()?;
    let store = ModelStore::open(&place::model_store_dir(config));
    let encoders = catalogue.manifests().iter();
    let encoders = encoders.filter(|manifest| manifest.task == ModelTask::SpeakerEmbedding);
    let known = encoders.filter_map(|manifest| {
        let settings = manifest.speaker.as_ref()?;
        let rules = PrintRules {
            threshold: settings.print_threshold,
            margin: settings.print_margin,
            least: LEAST_HEARD,
        };
        Some((store.fingerprint(manifest)?, rules))
    });
    Some(known.collect())
}
