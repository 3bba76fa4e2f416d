//! Where voice prints are kept on this machine, and how sure a proposed name must be.

use shoki_api::Voices;
use shoki_core::audio::Millis;
use shoki_core::manifest::ModelTask;
use shoki_core::voice_print::PrintRules;
use shoki_engine::Catalogue;
use shoki_store::voice_seal::VoiceSeal;

use crate::config::Config;
use crate::place;

/// Nobody is named by less speech than this: the mean of a few windows is more the sentence than the voice.
const LEAST_HEARD: Millis = Millis(5_000);

/// The lock in the data directory, and the rules of the catalogue's speaker encoder.
#[must_use]
pub fn of(config: &Config) -> Voices {
    Voices {
        seal: VoiceSeal::at(place::voice_key_file(config)),
        rules: rules(config),
    }
}

fn rules(config: &Config) -> Option<PrintRules> {
    let catalogue = Catalogue::load(&place::catalogue_dir(config).ok()?).ok()?;
    let encoder = catalogue.by_task(ModelTask::SpeakerEmbedding).ok()?;
    encoder.speaker.map(|settings| PrintRules {
        threshold: settings.print_threshold,
        margin: settings.print_margin,
        least: LEAST_HEARD,
    })
}
